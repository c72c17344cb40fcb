"""Skeletons of MNIST's digits as strokes, to be drawn again ("re-inked") with a round pen.

So training has drawn strokes of MNIST's writers too, not only of those who were recorded.

Reference: Zhang & Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns", CACM 1984.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.drawings.strokes import Strokes

# Thinned at this multiple of MNIST's resolution: strokes of two pixels then have a smooth skeleton.
_FACTOR = 2
_SMOOTHING_ROUNDS = 4


def skeleton_strokes(pictures: NDArray[np.uint8]) -> list[Strokes]:
    """Returns the skeletons of digits.

    Args:
        pictures: (M, 28, 28), uint8, ink bright on dark.

    Returns:
        The skeleton of each digit as many short strokes of two points, in pixels; none for a digit
        without ink.
    """
    is_ink = np.stack([_enlarged(picture) > 100 for picture in pictures])
    skeletons = thin(is_ink)
    return [_segments(mask) for mask in skeletons]


def thin(is_ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thins ink to lines of one pixel: (M, h, w) bool, all pictures at once."""
    ink = np.pad(is_ink, ((0, 0), (1, 1), (1, 1)))
    active = np.arange(len(ink))
    while len(active):
        part = ink[active]
        before = part.copy()
        for is_second in (False, True):
            # Neighbours p2 to p9 of the paper: clockwise from above.
            p2, p3, p4 = part[:, :-2, 1:-1], part[:, :-2, 2:], part[:, 1:-1, 2:]
            p5, p6, p7 = part[:, 2:, 2:], part[:, 2:, 1:-1], part[:, 2:, :-2]
            p8, p9 = part[:, 1:-1, :-2], part[:, :-2, :-2]
            ring = (p2, p3, p4, p5, p6, p7, p8, p9)
            count = np.sum([one.view(np.uint8) for one in ring], axis=0, dtype=np.uint8)
            turns = np.zeros_like(count)
            for one, following in zip(ring, (*ring[1:], ring[0]), strict=True):
                turns += ~one & following
            removable = (count >= 2) & (count <= 6) & (turns == 1)
            if is_second:
                removable &= ~(p2 & p4 & p8) & ~(p2 & p6 & p8)
            else:
                removable &= ~(p2 & p4 & p6) & ~(p4 & p6 & p8)
            part[:, 1:-1, 1:-1] &= ~removable
        ink[active] = part
        active = active[(part != before).any(axis=(1, 2))]
    return ink[:, 1:-1, 1:-1]


def _enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = picture.shape[0] * _FACTOR
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def _segments(mask: NDArray[np.bool_]) -> Strokes:
    """Returns a segment for each pair of adjacent skeleton pixels, their positions smoothed."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return ()
    number = np.full((mask.shape[0] + 2, mask.shape[1] + 2), -1)
    number[rows + 1, columns + 1] = np.arange(len(rows))
    pairs = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = number[rows + 1 + down, columns + 1 + right]
        is_pair = other >= 0
        if down and right:  # no diagonal where both pixels are joined through a corner
            is_pair &= number[rows + 1 + down, columns + 1] < 0
            is_pair &= number[rows + 1, columns + 1 + right] < 0
        pairs.append(np.column_stack((np.flatnonzero(is_pair), other[is_pair])))
    edges = np.concatenate(pairs)
    points = np.column_stack((columns, rows)).astype(np.float64)
    degree = np.bincount(edges.ravel(), minlength=len(points))
    is_free = degree == 2  # ends and branches are not smoothed
    for _ in range(_SMOOTHING_ROUNDS):
        total = np.zeros_like(points)
        np.add.at(total, edges[:, 0], points[edges[:, 1]])
        np.add.at(total, edges[:, 1], points[edges[:, 0]])
        points[is_free] = (points[is_free] + total[is_free] / 2) / 2
    scaled = (points / _FACTOR).astype(np.float32)
    if not len(edges):
        return (scaled[:1],)
    return tuple(scaled[edge] for edge in edges)
