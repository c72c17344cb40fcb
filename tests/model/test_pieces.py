"""Connected components that are no ink of digits."""

import cv2
import numpy as np
import pytest

from model.config import ReaderConfig
from model.ink import normalise
from model.ink.pieces import is_box

CONFIG = ReaderConfig()


@pytest.mark.parametrize("degrees", [0, 7, 30])
def test_a_box_has_corners_and_a_zero_has_none(degrees: float) -> None:
    box, zero = np.zeros((2, 80, 80), np.uint8)
    outline = cv2.boxPoints(((40, 40), (50, 44), degrees)).astype(int)
    cv2.polylines(box, [outline], True, (1,), 3)
    cv2.ellipse(zero, (40, 40), (18, 28), degrees, 0, 360, (1,), 3)
    assert is_box(box > 0)
    assert not is_box(zero > 0)
    assert not is_box(cv2.line(np.zeros_like(box), (10, 10), (60, 60), (1,), 3) > 0)


def test_an_empty_form_is_blank() -> None:
    form = np.full((280, 280), 255, np.uint8)
    for left, top in ((20, 20), (150, 20), (20, 150), (150, 150)):
        cv2.rectangle(form, (left, top), (left + 110, top + 110), (0,), 3)
    normal = normalise(form, CONFIG)
    assert normal.ink_boxes == (None,) * 4
    assert normal.warnings == ()
