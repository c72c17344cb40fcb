"""A grid to try the service with: a 7, a 1, an empty cell and a 4; ``docs/grid.png`` is the same."""

from importlib.resources import files

EXAMPLE_PNG = files("app.reading").joinpath("example.png").read_bytes()
