"""Every limit and path, from the environment."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings

from model.errors import ConfigError

ROOT = Path(__file__).parent.parent
RELEASED_WEIGHTS = ROOT / "model" / "weights" / "reader.safetensors"


class Settings(BaseSettings, frozen=True, env_ignore_empty=True, use_attribute_docstrings=True):
    """Settings of the service and the command line; the documentation's table lists them all."""

    weights: Path = RELEASED_WEIGHTS
    """The reader to serve: a .safetensors file, with its .onnx graph beside it."""
    engine: Literal["onnx", "torch"] = "onnx"
    """What computes: ONNX Runtime, or torch where it is installed (the reference)."""
    static_dir: Path = ROOT / "static"
    """Folder of the page."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that answer requests; each uses one core."""
    cors_origins: str = ""
    """Origins whose pages may call the service, separated by commas; none by default."""

    max_picture_bytes: PositiveInt = 30_000_000
    """Largest picture accepted, in bytes."""
    max_picture_pixels: PositiveInt = 52_000_000
    """Largest picture accepted, in pixels, before it is decoded."""
    max_request_bytes: PositiveInt = 32_000_000
    """Largest request body accepted, in bytes."""
    max_held_bytes: PositiveInt = 256_000_000
    """Request bodies held in memory at once, in bytes; more are answered 503."""
    max_batch_pictures: Annotated[int, Field(gt=0, le=1024)] = 64
    """Most pictures in one request to /predict/batch."""
    max_alternatives: Annotated[int, Field(ge=0, le=1000)] = 20
    """Most alternative readings that a request may ask for."""
    max_concurrent_requests: PositiveInt = 512
    """Predictions worked on at once; more are answered 503."""
    network_batch: Annotated[int, Field(gt=0, le=1024)] = 32
    """Most waiting pictures that the network reads together."""
    decode_threads: Annotated[int, Field(gt=0, le=64)] = 2
    """Threads that decode large pictures beside the event loop."""

    receive_timeout_seconds: PositiveFloat = 20.0
    """Time within which a request's head, and then its body, must come."""
    keep_alive_seconds: PositiveInt = 5
    """Time for which an idle connection is kept open."""
    drain_seconds: NonNegativeFloat = 1.0
    """Time between SIGTERM, from when /readyz answers 503, and closing."""
    shutdown_timeout_seconds: PositiveInt = 30
    """Time that requests in flight have to be answered after closing."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged; each request is one line of level info."""
    log_format: Literal["json", "text"] = "json"
    """Form of a log line: a JSON object, or text for people."""

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Reads the environment; what is given, and is not None, goes before it.

        Raises:
            ConfigError: A variable has a value that its setting cannot take.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            wrong = (
                f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}, got {one['input']!r}"
                for one in error.errors()
            )
            raise ConfigError("; ".join(wrong)) from error
