"""How a surface becomes a picture: a camera over it, light, lens, sensor, a turn."""

import dataclasses
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.drawings.camera import Camera, Range, light_field
from training.drawings.surroundings.surfaces import Box, Surface

Matrix = NDArray[np.float64]

# Light and shadows are smooth: computed at this size and enlarged.
_LIGHT_PX = 192
_NOISE_PX = 768

LIGHT = Camera(light_gradient=(0.02, 0.35), shadow_depth=(0.1, 0.4), shadow_share=0.25)
"""Gradient, vignette and shadow of an ordinary room; no other field of it is used."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pose:
    """How a camera is held over a surface. Values are drawn uniformly between limits.

    Attributes:
        share: Longer side of what is photographed, as a share of the picture's shorter side.
        tilt: Between the optical axis and the surface's normal, degrees.
        turn: Largest rotation either way, degrees.
        centring: 0 where it stands anywhere in the picture, 1 in the middle.
    """

    share: Range
    tilt: Range = (0, 8)
    turn: float = 4.0
    centring: float = 0.4


def find_view(
    target: Box, width: int, height: int, pose: Pose, random: np.random.Generator
) -> Matrix:
    """Returns the homography (3, 3) from a surface to a picture of it by a pinhole camera.

    Args:
        target: What is photographed; all of it is in the picture.
        width: Of the picture.
        height: Of the picture.
        pose: How the camera is held.
        random: Draws it.
    """
    middle = np.array([(target.left + target.right) / 2, (target.top + target.bottom) / 2])
    to_middle = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, 1.0]])
    view = _tilted(max(width, height), pose, random) @ to_middle
    seen = project(view, np.array(target.corners()))
    extent = np.ptp(seen, axis=0)
    wanted = random.uniform(*pose.share) * min(width, height) / extent.max()
    wanted = min(wanted, 0.97 * float((np.array([width, height]) / extent).min()))
    free = np.array([width, height]) - wanted * extent
    spread = 0.5 + 0.48 * (1 - pose.centring) * random.uniform(-1, 1, 2)
    shift = free * spread - wanted * seen.min(axis=0)
    placed: Matrix = np.array([[wanted, 0, shift[0]], [0, wanted, shift[1]], [0, 0, 1.0]]) @ view
    return placed


def _tilted(focus: float, pose: Pose, random: np.random.Generator) -> Matrix:
    """Returns the homography of a camera over the origin: turned, then tilted about any axis."""
    turn = np.deg2rad(random.uniform(-pose.turn, pose.turn))
    tilt = np.deg2rad(random.uniform(*pose.tilt))
    about = random.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(about), np.sin(about)
    in_plane = np.array([[cosine, sine], [-sine, cosine]])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shorten = np.diag([np.cos(tilt), 1.0]) @ in_plane
    flat = in_plane.T @ shorten @ spin
    depth = np.sin(tilt) * (in_plane @ spin)[0] / (1.15 * focus)
    return np.vstack([np.column_stack([flat, [0, 0]]), [*depth, 1.0]])


def project(view: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns where a homography takes points (P, 2)."""
    placed = np.column_stack([points, np.ones(len(points))]) @ view.T
    found: NDArray[np.float64] = placed[:, :2] / placed[:, 2:]
    return found


def see(surface: Surface, view: Matrix, ground: Surface) -> Surface:
    """Returns a surface as it lies on the ground, seen by a camera.

    Args:
        surface: What lies there.
        view: From the surface to the picture.
        ground: What is around it, of the picture's size.
    """
    back = np.linalg.inv(view)
    back /= back[2, 2]
    coefficients = back.ravel()[:8].tolist()
    perspective = Image.Transform.PERSPECTIVE
    corners = project(view, np.array(Box(0, 0, surface.width, surface.height).corners()))
    seen = surface.image.transform(
        ground.image.size, perspective, coefficients, Image.Resampling.BICUBIC
    )
    is_there = Image.new("L", surface.image.size, 255).transform(
        ground.image.size, perspective, coefficients, Image.Resampling.BILINEAR
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    if (low > 0).any() or (high < ground.image.size).any():
        _cast_shadow(ground, is_there)
    ground.image.paste(seen, (0, 0), is_there)
    return ground


def _cast_shadow(ground: Surface, is_there: Image.Image) -> None:
    """Darkens the ground beside a sheet, by an eighth."""
    small = is_there.reduce(8)
    radius = 0.006 * max(small.size)
    moved = Image.new("L", small.size)
    moved.paste(small, (round(radius), round(radius)))
    soft = np.asarray(moved.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
    ground.dim(1 - 0.3 * soft)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """What light, lens and sensor do. Values are drawn uniformly between limits.

    Attributes:
        light: Gradient, vignette and shadow, as ``camera`` has them; None for even light.
        tint: Largest change of red and blue, as a share: lamps and white balance.
        brightness: Of the whole picture, as a share.
        blur: Standard deviation, as a share of the shorter side.
        noise: Standard deviation, grey levels.
        jpeg_quality: Pillow's quality.
        grey_share: Probability of a picture without colour.
    """

    light: Camera | None = LIGHT
    tint: float = 0.06
    brightness: Range = (0.75, 1.0)
    blur: Range = (0.0003, 0.0022)
    noise: Range = (0.5, 4.0)
    jpeg_quality: Range = (55, 95)
    grey_share: float = 0.15


def expose(
    surface: Surface, random: np.random.Generator, exposure: Exposure | None = None
) -> NDArray[np.uint8]:
    """Returns the picture, (H, W) or (H, W, 3), uint8, of what is in view."""
    exposure = exposure or Exposure()
    short = min(surface.image.size)
    if exposure.light is not None:
        scale = _LIGHT_PX / max(surface.image.size)
        small = (round(surface.height * scale), round(surface.width * scale))
        light = light_field(*small, random, exposure.light)
        light *= np.float32(random.uniform(*exposure.brightness))
        tint = 1 - random.uniform(0, exposure.tint, 3).astype(np.float32)
        surface.dim(light[..., None] * tint)
    image = surface.image
    if random.random() < exposure.grey_share:
        image = image.convert("L")
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(*exposure.blur) * short))
    pixels = add_noise(np.asarray(image), random.uniform(*exposure.noise), random)
    return store_as_jpeg(pixels, round(random.uniform(*exposure.jpeg_quality)))


def add_noise(
    pixels: NDArray[np.uint8], deviation: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Adds noise, of one tile that is repeated, as twelve million random numbers take long."""
    height, width = pixels.shape[:2]
    tile_height, tile_width = min(height, _NOISE_PX), min(width, _NOISE_PX)
    shape = (tile_height, tile_width, *pixels.shape[2:])
    tile = np.rint(random.standard_normal(shape, np.float32) * deviation).astype(np.int16)
    noisy = pixels.astype(np.int16)
    for top in range(0, height, tile_height):
        for left in range(0, width, tile_width):
            part = noisy[top : top + tile_height, left : left + tile_width]
            part += np.roll(tile, top * 7 + left, axis=1)[: part.shape[0], : part.shape[1]]
    return np.clip(noisy, 0, 255).astype(np.uint8)


def store_as_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Returns what is left of pixels in a JPEG."""
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=quality)
    with Image.open(stored) as picture:
        return np.array(picture)


def turn(surface: Surface, degrees: float) -> None:
    """Turns what is on a surface about its middle; the corner's colour fills what is left free."""
    corner = surface.image.getpixel((1, 1))
    assert isinstance(corner, tuple)
    surface.image = surface.image.rotate(
        degrees, Image.Resampling.BICUBIC, fillcolor=(corner[0], corner[1], corner[2])
    )
