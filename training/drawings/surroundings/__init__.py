"""Whole pictures with a grid in them, as people have them: made from strokes, for the scorecard.

``surfaces`` is what is written on, ``writing`` the digits and texts, ``borders`` the lines around
cells, ``optics`` the camera. With these, ``sheets``, ``tables``, ``screens``, ``boards``, ``inks``,
``shades``, ``turned`` and ``captions`` make pictures; ``controls`` makes some without a grid.
``kinds`` names them all.
"""

from training.drawings.surroundings.kinds import CONTROLS, SURROUNDINGS, render_surroundings

__all__ = ["CONTROLS", "SURROUNDINGS", "render_surroundings"]
