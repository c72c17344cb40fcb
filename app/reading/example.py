"""A grid to try the service with: a 7, a 1, an empty cell, a 4; the same as ``docs/grid.png``."""

from importlib.resources import files

EXAMPLE_PNG = files("app.reading").joinpath("example.png").read_bytes()
