"""Augmentation of whole batches of digits by tensor operations.

One matrix product computes where every pixel of every digit comes from (affine and elastic part
together), one bilinear lookup warps the batch, and a dilation or erosion changes its strokes. The
random numbers of the whole batch are drawn first, so that a process that works on a slice of the
batch augments it as one process would.
"""

import dataclasses

import torch
from torch import Tensor
from torch.nn import functional as F

from model.errors import ConfigError

# Control points a side of the elastic field: one every five pixels is about Simard's sigma of 4.
_CONTROL = 6
_AFFINE_NUMBERS = 7  # rotation, shear, scale x and y, shift x and y, stroke


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """Limits of augmentation. Every amount is drawn uniformly from [-limit, limit]."""

    rotation: float = 12.0
    """Degrees."""
    shear: float = 0.2
    """Sideways pixels for each pixel of height."""
    scale: float = 0.15
    """Natural logarithm of the factor, drawn for width and height separately."""
    shift: float = 2.0
    """Pixels, along each axis."""
    elastic: float = 0.9
    """Standard deviation of the displacement, pixels."""
    stroke: float = 0.5
    """Share of the way to the digit dilated (thicker) or eroded (thinner) by one pixel."""
    gain: float = 0.3
    """Natural logarithm of the factor on brightness, which is then clipped at white."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if not getattr(self, field.name) >= 0:
                raise ConfigError(f"{field.name}: expected a number of at least 0")
        if self.stroke > 1:
            raise ConfigError(f"stroke: expected a share of at most 1, got {self.stroke}")


def draw_random_numbers(count: int, generator: torch.Generator) -> Tensor:
    """Draws the random numbers of ``count`` digits: (count, numbers), on the CPU."""
    uniform = torch.rand(count, _AFFINE_NUMBERS + 1, generator=generator) * 2 - 1
    normal = torch.randn(count, 2 * _CONTROL**2, generator=generator)
    return torch.cat((uniform, normal), dim=1)


def augment(digits: Tensor, numbers: Tensor, amounts: Augmentation, strength: float) -> Tensor:
    """Augments each digit by its own random numbers.

    Args:
        digits: (M, S, S), float in [0, 1], ink bright on dark.
        numbers: (M, numbers), from ``draw_random_numbers``, on the device of the digits.
        amounts: The limits.
        strength: Factor on all limits, 0 (no augmentation) to 1.

    Returns:
        (M, S, S), float in [0, 1].

    Reference: Simard, Steinkraus & Platt, "Best Practices for Convolutional Neural Networks
    Applied to Visual Document Analysis", 2003 (elastic distortion).
    """
    if strength == 0:
        return digits
    rotation, shear, scale_x, scale_y, shift_x, shift_y, stroke, gain = numbers[
        :, : _AFFINE_NUMBERS + 1
    ].unbind(dim=1)
    size = digits.shape[-1]
    angle = torch.deg2rad(rotation * amounts.rotation * strength)
    slant = shear * amounts.shear * strength
    zoom_x = torch.exp(-scale_x * amounts.scale * strength)
    zoom_y = torch.exp(-scale_y * amounts.scale * strength)
    pixel = 2 / size  # grid_sample measures the picture from -1 to 1
    # From (x, y, 1) of an output pixel to the x and y that it comes from.
    affine = torch.stack(
        (
            torch.stack((angle.cos(), slant - angle.sin(), shift_x * amounts.shift * pixel), 1)
            * zoom_x[:, None],
            torch.stack((angle.sin(), angle.cos(), shift_y * amounts.shift * pixel), 1)
            * zoom_y[:, None],
        ),
        dim=1,
    )  # (M, 2, 3)
    elastic = numbers[:, _AFFINE_NUMBERS + 1 :].unflatten(1, (2, -1))
    coefficients = torch.cat((affine, elastic * (amounts.elastic * strength * pixel)), dim=2)
    places = coefficients @ _basis(size, digits)  # (M, 2, S * S)
    warped = F.grid_sample(
        digits[:, None],
        places.transpose(1, 2).unflatten(1, (size, size)),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=False,
    )
    inked = _change_stroke_width(warped[:, 0], stroke * amounts.stroke * strength)
    return (inked * torch.exp(gain * amounts.gain * strength)[:, None, None]).clamp_(0, 1)


def _change_stroke_width(digits: Tensor, amount: Tensor) -> Tensor:
    """Blends (M, S, S) with its dilation where amount (M,) > 0, with its erosion where < 0."""
    sign = torch.where(amount < 0, -1.0, 1.0)[:, None, None]  # erosion dilates the background
    signed = digits * sign
    return signed.lerp(_dilate(signed), amount.abs()[:, None, None]) * sign


def _dilate(pictures: Tensor) -> Tensor:
    """The maximum of each pixel's 3x3 neighbourhood: 5 times as fast as max pooling on a CPU."""
    for axis in (1, 2):
        inner = pictures.shape[axis] - 1
        ahead, behind = pictures.narrow(axis, 1, inner), pictures.narrow(axis, 0, inner)
        greatest = pictures.clone()
        torch.maximum(behind, ahead, out=greatest.narrow(axis, 0, inner))
        later = greatest.narrow(axis, 1, inner)
        torch.maximum(later, behind, out=later)
        pictures = greatest
    return pictures


def _basis(size: int, like: Tensor) -> Tensor:
    """Basis functions of the displacement: x, y, 1, and a bicubic bump for each control point."""
    centres = (torch.arange(size, device=like.device, dtype=like.dtype) * 2 + 1) / size - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    bumps = torch.eye(_CONTROL**2, device=like.device, dtype=like.dtype)
    fields = F.interpolate(
        bumps.unflatten(1, (1, _CONTROL, _CONTROL)), size, mode="bicubic", align_corners=True
    )
    return torch.cat((torch.stack((x, y, torch.ones_like(x))), fields[:, 0])).flatten(1)
