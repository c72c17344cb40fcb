"""A simulated camera: turns a clean drawing of a grid into a photograph of paper.

The simulated effects are, in this order: paper (texture, ruled lines, a divider, a frame, a pen of
uneven ink), light (a gradient, a vignette, a shadow's edge), perspective (rotation, margins), blur,
noise of the sensor, and JPEG. Smooth random fields are small arrays of bytes that Pillow enlarges,
so that a picture of 320 pixels a side takes a few milliseconds.
"""

import dataclasses
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.errors import ConfigError
from training.drawings.paper import (
    Floats,
    Lines,
    corners_of,
    paper_texture,
    smooth_noise,
    to_unit_range,
)

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """Strengths of the effects; for every picture, values are drawn uniformly from the ranges.

    Attributes:
        paper_tone: Grey level of the paper where it is brightest.
        paper_texture: Standard deviation of the paper's tone, as a share of it.
        ink_tone: Light that full ink reflects, as a share of the paper's: 0.05 is black felt-tip,
            0.3 a blue ballpoint, 0.6 a hard pencil.
        ink_unevenness: Ink that is missing where the pen writes palest, as a share of full ink.
        pencil_share: Probability of a pen that leaves gaps on the paper's grain.
        ruled_share: Probability of ruled or squared paper.
        divider_share: Probability of a drawn or printed cross between the cells.
        frame_share: Probability of a drawn or printed frame around the grid.
        light_gradient: Light lost from one side of the picture to the other, as a share.
        vignette: Light lost in the corners, as a share.
        shadow_share: Probability of a shadow over part of the picture.
        shadow_depth: Light lost in that shadow, as a share.
        max_rotation: Largest rotation either way, in degrees.
        corner_jitter: Largest shift of a corner of the grid in x and in y, as a share of its side.
        tight_share: Probability that the grid reaches the picture's edges.
        grid_share: Side of the grid's bounding box as a share of the picture's, where it does not.
        blur: Standard deviation of the optical blur, as a share of the picture's shorter side.
        noise: Standard deviation of the sensor's noise, in grey levels.
        jpeg_quality: Pillow's quality, 1 to 95.
    """

    paper_tone: Range = (150, 255)
    paper_texture: Range = (0.002, 0.018)
    ink_tone: Range = (0.05, 0.6)
    ink_unevenness: Range = (0.0, 0.3)
    pencil_share: float = 0.2
    ruled_share: float = 0.3
    divider_share: float = 0.25
    frame_share: float = 0.2
    light_gradient: Range = (0.0, 0.35)
    vignette: Range = (0.0, 0.25)
    shadow_share: float = 0.35
    shadow_depth: Range = (0.1, 0.45)
    max_rotation: float = 4.0
    corner_jitter: float = 0.04
    tight_share: float = 0.2
    grid_share: Range = (0.75, 1.0)
    blur: Range = (0.0005, 0.0045)
    noise: Range = (0.5, 5.0)
    jpeg_quality: Range = (40, 95)

    def __post_init__(self) -> None:
        limits = {"paper_tone": 255, "noise": 255, "jpeg_quality": 95, "max_rotation": 45}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            low, high = value if isinstance(value, tuple) else (value, value)
            limit = limits.get(field.name, 1)
            if not 0 <= low <= high <= limit:
                raise ConfigError(
                    f"{field.name}: expected 0 <= low <= high <= {limit}, got {value!r}"
                )
        if self.grid_share[0] < 0.1 or self.jpeg_quality[0] < 1 or self.corner_jitter > 0.2:
            raise ConfigError(
                "expected grid_share of at least 0.1, jpeg_quality of at least 1 and corner_jitter "
                f"of at most 0.2, got {self}"
            )


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Photograph:
    """A picture of a page, and where the page is in it.

    Attributes:
        picture: (H, W), uint8, ink dark on paper.
        corners: (4, 2), float32: x and y of the grid's corners, in pixels from the picture's upper
            left edge, in the order upper left, upper right, lower right, lower left.
    """

    picture: NDArray[np.uint8]
    corners: Floats


def photograph(
    page: NDArray[np.uint8],
    random: np.random.Generator,
    *,
    camera: Camera | None = None,
    rows: int = 2,
    columns: int = 2,
) -> Photograph:
    """Takes a picture of a page.

    Args:
        page: A whole grid, (H, W), uint8: how much ink covers each pixel, 0 none, 255 all of it.
        random: Where all chance comes from.
        camera: How strong each effect is.
        rows: Rows of the grid, for a divider.
        columns: Columns of the grid, for a divider.

    Returns:
        A picture of the page's size. All of the grid is in it.

    Raises:
        ConfigError: The page is no grey picture of at least 16 by 16 pixels.
    """
    if page.dtype != np.uint8 or page.ndim != 2 or min(page.shape) < 16:
        raise ConfigError(
            "expected a page (H, W), uint8, of 16 by 16 pixels or more, got "
            f"{page.shape}, {page.dtype}"
        )
    camera = camera or Camera()
    height, width = page.shape
    corners = _place(height, width, random, camera)
    to_picture = homography(corners_of(height, width), corners)
    from_picture = np.linalg.inv(to_picture)
    from_picture /= from_picture[2, 2]
    askew = Image.fromarray(page).transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        from_picture.ravel()[:8].tolist(),
        Image.Resampling.BILINEAR,
    )
    strength = 1 - random.uniform(*camera.ink_tone)
    reflected = paper_texture(height, width, random.uniform(*camera.paper_texture), random)
    lines = Lines(height, width, to_picture, random)
    if random.random() < camera.ruled_share:
        lines.rule(strength)
    if random.random() < camera.divider_share:
        lines.divide(strength, rows, columns)
    if random.random() < camera.frame_share:
        lines.frame(strength)
    if lines.has_any:
        reflected *= lines.transmittance()
    reflected *= _ink(np.asarray(askew), strength, random, camera)
    reflected *= light_field(height, width, random, camera)
    reflected *= random.uniform(*camera.paper_tone)
    return Photograph(_expose(reflected, random, camera), corners)


def _place(height: int, width: int, random: np.random.Generator, camera: Camera) -> Floats:
    """Returns the corners of the grid in the picture: rotated, in perspective, all inside."""
    size = np.array([width, height])
    shape = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    shape += random.uniform(-camera.corner_jitter, camera.corner_jitter, shape.shape)
    shape *= size
    angle = np.deg2rad(random.uniform(-camera.max_rotation, camera.max_rotation))
    cosine, sine = np.cos(angle), np.sin(angle)
    shape = shape @ np.array([[cosine, sine], [-sine, cosine]])
    fill = 1.0
    if random.random() >= camera.tight_share:
        fill = random.uniform(*camera.grid_share)
    shape *= fill * (size / np.ptp(shape, axis=0)).min()
    free = size - np.ptp(shape, axis=0)
    corners: Floats = (shape - shape.min(0) + free * random.random(2)).astype(np.float32)
    return corners


def homography(source: Floats, target: Floats) -> NDArray[np.float64]:
    """Returns the (3, 3) matrix that takes four points (4, 2) to four others."""
    equations, right = [], []
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(equations), np.array(right)), 1).reshape(3, 3)


def _ink(
    coverage: NDArray[np.uint8], strength: float, random: np.random.Generator, camera: Camera
) -> Floats:
    """Returns the light that ink lets pass (H, W), given its coverage and its strength."""
    height, width = coverage.shape
    unevenness = random.uniform(*camera.ink_unevenness)
    flow = smooth_noise(int(random.integers(5, 25)), height, width, random)
    flow *= np.float32(-unevenness)
    flow += 1
    if random.random() < camera.pencil_share:
        # Paper grain of about two pixels, whatever the size of the picture.
        half = (max(height // 2, 1), max(width // 2, 1))
        rough = Image.fromarray(random.integers(256, size=half, dtype=np.uint8))
        grain = to_unit_range(rough.resize((width, height), Image.Resampling.BILINEAR))
        flow *= 1 - np.float32(random.uniform(0.3, 0.8)) * grain * grain
    flow *= coverage
    flow *= np.float32(-strength / 255)
    flow += 1
    return flow


def light_field(height: int, width: int, random: np.random.Generator, camera: Camera) -> Floats:
    """Returns the light that falls on the picture (H, W), float32, 1 where it is brightest."""
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = random.uniform(0, 2 * np.pi)
    gradient = random.uniform(*camera.light_gradient) / 2
    vignette = random.uniform(*camera.vignette) / 2
    middle = random.uniform(-0.3, 0.3, 2).astype(np.float32)
    # Separable: sums of a term in x and a term in y.
    light: Floats = (gradient * np.cos(angle) * x - vignette * (x - middle[0]) ** 2) + (
        gradient * np.sin(angle) * y - vignette * (y - middle[1]) ** 2
    )
    light += 1 - light.max()
    if random.random() < camera.shadow_share:
        angle = random.uniform(0, 2 * np.pi)
        bend, waves, phase = random.uniform(0, 0.15), random.uniform(1, 4), random.uniform(0, 6)
        softness = 10 ** random.uniform(-1.4, 0)  # of half the picture
        shadow: Floats = (
            (np.cos(angle) * x + bend * np.sin(waves * x + phase) + random.uniform(-0.6, 0.6))
            + np.sin(angle) * y
        ) * np.float32(1 / softness)
        np.clip(shadow, 0, 1, out=shadow)
        shadow *= shadow * (3 - 2 * shadow)  # a soft edge on both sides
        shadow *= np.float32(-random.uniform(*camera.shadow_depth))
        shadow += 1
        light *= shadow
    return light


def _expose(light: Floats, random: np.random.Generator, camera: Camera) -> NDArray[np.uint8]:
    """Blurs light (H, W), in grey levels, adds noise, and stores it as JPEG."""
    height, width = light.shape
    sharp = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    radius = random.uniform(*camera.blur) * min(height, width)
    seen: Floats = np.asarray(sharp.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)
    noise = random.standard_normal((height, width), dtype=np.float32)
    noise *= np.float32(random.uniform(*camera.noise))
    noise += seen
    np.clip(noise, 0, 255, out=noise)
    stored = io.BytesIO()
    quality = round(random.uniform(*camera.jpeg_quality))
    Image.fromarray(noise.astype(np.uint8)).save(stored, "JPEG", quality=quality)
    with Image.open(stored) as picture:
        return np.array(picture)
