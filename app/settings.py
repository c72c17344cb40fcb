"""Every limit and path, from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

RELEASED_WEIGHTS = Path(__file__).parent.parent / "model" / "weights" / "reader.safetensors"


class Settings(BaseSettings):
    """Settings of the service and the command line; the README's table lists them all."""

    model_config = SettingsConfigDict(frozen=True)

    weights: Path = Field(
        RELEASED_WEIGHTS,
        description="The reader to serve: a .safetensors file, with its .onnx graph beside it.",
    )
    engine: Literal["onnx", "torch"] = Field(
        "onnx",
        description="What computes: ONNX Runtime, or torch where it is installed (the reference).",
    )
    max_picture_bytes: int = Field(
        10_000_000, gt=0, description="Largest picture accepted, in bytes."
    )
    max_picture_pixels: int = Field(
        25_000_000, gt=0, description="Largest picture accepted, in pixels, before it is decoded."
    )
