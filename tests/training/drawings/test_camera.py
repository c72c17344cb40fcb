"""The made-up camera: what it does to a page, and that it says where the page went."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.errors import ConfigError
from training.drawings.camera import Camera, Photograph, photograph

# No effect at all: what is switched on in a test is then alone.
PLAIN = Camera(
    paper_tone=(240, 240),
    paper_texture=(0, 0),
    ink_tone=(0, 0),
    ink_unevenness=(0, 0),
    pencil_share=0,
    ruled_share=0,
    divider_share=0,
    frame_share=0,
    light_gradient=(0, 0),
    vignette=(0, 0),
    shadow_share=0,
    max_rotation=0,
    corner_jitter=0,
    tight_share=1,
    blur=(0, 0),
    noise=(0, 0),
    jpeg_quality=(95, 95),
)


@pytest.fixture
def page() -> NDArray[np.uint8]:
    """Ink in the middle of three cells of four."""
    page = np.zeros((224, 224), np.uint8)
    for y, x in ((56, 56), (56, 168), (168, 56)):
        page[y - 25 : y + 25, x - 4 : x + 4] = 255
    return page


def take(page: NDArray[np.uint8], camera: Camera, seed: int = 0) -> Photograph:
    return photograph(page, np.random.default_rng(seed), camera=camera)


def plain_but(**changes: object) -> Camera:
    return dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]


def as_seen(page: NDArray[np.uint8], taken: Photograph) -> NDArray[np.uint8]:
    """The page where the corners say that it is, found without the camera's own arithmetic."""
    height, width = page.shape
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, right = [], []
    for (x, y), (u, v) in zip(taken.corners.tolist(), source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(right)).tolist()
    image = Image.fromarray(page).transform(
        (width, height), Image.Transform.PERSPECTIVE, coefficients
    )
    return np.asarray(image)


def test_without_effects_a_page_is_dark_ink_on_paper(page: NDArray[np.uint8]) -> None:
    taken = take(page, PLAIN)
    assert taken.picture.shape == page.shape
    assert taken.picture.dtype == np.uint8
    assert taken.corners.tolist() == [[0, 0], [224, 0], [224, 224], [0, 224]]
    difference = taken.picture.astype(int) - np.where(page == 255, 0, 240)
    assert abs(difference).max() < 25  # JPEG, at the edges of ink
    assert abs(difference).mean() < 0.5


def test_the_same_chance_gives_the_same_picture(page: NDArray[np.uint8]) -> None:
    first, again, other = (take(page, Camera(), seed).picture for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(10))
def test_the_corners_say_where_the_grid_is(page: NDArray[np.uint8], seed: int) -> None:
    camera = plain_but(max_rotation=4, corner_jitter=0.04, tight_share=0)
    taken = take(page, camera, seed)
    expected = 240 - 240 / 255 * as_seen(page, taken)
    assert abs(taken.picture - expected).mean() < 2
    assert taken.corners.dtype == np.float32
    assert taken.corners.min() >= -1e-3
    assert taken.corners.max() <= 224 + 1e-3
    sides = np.ptp(taken.corners, axis=0) / 224
    assert 0.75 - 1e-5 <= sides.max() <= 1 + 1e-5


def test_a_tight_picture_holds_the_whole_grid(page: NDArray[np.uint8]) -> None:
    for seed in range(10):
        corners = take(page, plain_but(max_rotation=4, corner_jitter=0.04), seed).corners
        assert corners.min() >= -1e-3
        assert np.ptp(corners, axis=0).max() == pytest.approx(224, abs=0.01)


def test_ink_stays_darker_than_the_paper_around_it(page: NDArray[np.uint8]) -> None:
    for seed in range(40):
        taken = take(page, Camera(), seed)
        coverage = as_seen(page, taken)
        # One cell at a time: light may differ across the picture.
        for rows, columns in ((slice(112), slice(112)), (slice(112), slice(112, 224))):
            cell, ink = taken.picture[rows, columns].astype(float), coverage[rows, columns]
            around = cell[(ink == 0)]
            assert cell[ink == 255].mean() < np.median(around) - 10, seed


def test_ruled_paper_is_fainter_than_ink(page: NDArray[np.uint8]) -> None:
    for seed in range(10):
        picture = take(page, plain_but(ruled_share=1), seed).picture
        paper = picture[page == 0]
        assert (paper < 230).mean() > 0.01
        assert np.percentile(paper, 1) > 90
        assert picture[page == 255].max() < 30


def test_a_divider_runs_between_the_cells_and_a_frame_around_them() -> None:
    empty = np.zeros((224, 224), np.uint8)
    for seed in range(5):
        cross = take(empty, plain_but(divider_share=1), seed).picture < 200
        assert cross[100:124].any(0).mean() > 0.95
        assert cross[:, 100:124].any(1).mean() > 0.95
        assert not cross[10:100, 10:100].any()
        frame = take(empty, plain_but(frame_share=1), seed).picture < 200
        assert frame[:12].any(0).mean() > 0.95
        assert frame[:, -12:].any(1).mean() > 0.95
        assert not frame[14:-14, 14:-14].any()


def test_a_grid_of_other_rows_and_columns_has_other_dividers() -> None:
    empty = np.zeros((240, 240), np.uint8)
    camera = plain_but(divider_share=1)
    taken = photograph(empty, np.random.default_rng(0), camera=camera, rows=1, columns=4)
    dark = (taken.picture < 200).mean(0) > 0.3
    assert dark[50:70].any()
    assert dark[110:130].any()
    assert dark[170:190].any()
    assert not dark[70:110].any()


@pytest.mark.parametrize(
    "changes",
    [
        {"light_gradient": (0.3, 0.3)},
        {"vignette": (0.3, 0.3)},
        {"shadow_share": 1, "shadow_depth": (0.4, 0.4)},
    ],
)
def test_light_is_uneven_and_smooth(changes: dict[str, object]) -> None:
    empty = np.zeros((224, 224), np.uint8)
    spans = []
    for seed in range(5):
        picture = take(empty, plain_but(**changes), seed).picture.astype(int)
        assert picture.max() <= 241
        spans.append(np.ptp(picture))
    assert max(spans) > 20


def test_noise_blur_and_texture_show(page: NDArray[np.uint8]) -> None:
    empty = np.zeros_like(page)
    assert take(empty, plain_but(noise=(5, 5))).picture.std() > 3
    assert take(empty, plain_but(paper_texture=(0.02, 0.02))).picture.std() > 2
    sharp, soft = (
        np.abs(np.diff(take(page, camera).picture.astype(int), axis=1)).max()
        for camera in (PLAIN, plain_but(blur=(0.01, 0.01)))
    )
    assert soft < 0.5 * sharp


@pytest.mark.parametrize("shape", [(16, 16), (100, 300), (560, 560)])
def test_pages_of_any_shape_are_taken(shape: tuple[int, int]) -> None:
    for seed in range(3):
        assert take(np.zeros(shape, np.uint8), Camera(), seed).picture.shape == shape


@pytest.mark.parametrize(
    "page",
    [np.zeros((28, 28), np.float32), np.zeros((28, 28, 3), np.uint8), np.zeros((8, 8), np.uint8)],
)
def test_what_is_no_page_is_refused(page: NDArray[np.uint8]) -> None:
    with pytest.raises(ConfigError, match="expected a page"):
        take(page, PLAIN)


@pytest.mark.parametrize(
    "changes",
    [
        {"ink_tone": (0.6, 0.5)},
        {"ruled_share": 1.1},
        {"paper_tone": (150, 256)},
        {"noise": (-1, 1)},
        {"jpeg_quality": (0, 95)},
        {"grid_share": (0, 1)},
        {"corner_jitter": 0.5},
        {"max_rotation": float("nan")},
    ],
)
def test_a_camera_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        plain_but(**changes)
