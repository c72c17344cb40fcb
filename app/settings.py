"""Every limit and path, from the environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.errors import ConfigError

ROOT = Path(__file__).parent.parent
RELEASED_WEIGHTS = ROOT / "model" / "weights" / "reader.safetensors"


class Settings(BaseSettings):
    """Settings of the service and the command line; the README's table lists them all."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    weights: Path = Field(
        RELEASED_WEIGHTS,
        description="The reader to serve: a .safetensors file, with its .onnx graph beside it.",
    )
    engine: Literal["onnx", "torch"] = Field(
        "onnx",
        description="What computes: ONNX Runtime, or torch where it is installed (the reference).",
    )
    static_dir: Path = Field(ROOT / "static", description="Folder of the page.")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        1, ge=1, le=256, description="Processes that answer requests; each uses one core."
    )
    cors_origins: str = Field(
        "",
        description="Origins whose pages may call the service, separated by commas; none by "
        "default.",
    )

    max_picture_bytes: int = Field(
        10_000_000, gt=0, description="Largest picture accepted, in bytes."
    )
    max_picture_pixels: int = Field(
        25_000_000, gt=0, description="Largest picture accepted, in pixels, before it is decoded."
    )
    max_request_bytes: int = Field(
        32_000_000, gt=0, description="Largest request body accepted, in bytes."
    )
    max_held_bytes: int = Field(
        256_000_000,
        gt=0,
        description="Request bodies held in memory at once, in bytes; more are answered 503.",
    )
    max_batch_pictures: int = Field(
        64, gt=0, le=1024, description="Most pictures in one request to /predict/batch."
    )
    max_alternatives: int = Field(
        20, ge=0, le=1000, description="Most alternative readings that a request may ask for."
    )
    max_concurrent_requests: int = Field(
        512, gt=0, description="Predictions worked on at once; more are answered 503."
    )
    network_batch: int = Field(
        32, gt=0, le=1024, description="Most waiting pictures that the network reads together."
    )
    decode_threads: int = Field(
        2, gt=0, le=64, description="Threads that decode large pictures beside the event loop."
    )

    receive_timeout_seconds: float = Field(
        20.0, gt=0, description="Time within which a request's head, and then its body, must come."
    )
    keep_alive_seconds: int = Field(
        5, gt=0, description="Time for which an idle connection is kept open."
    )
    drain_seconds: float = Field(
        1.0, ge=0, description="Time between SIGTERM, from when /readyz answers 503, and closing."
    )
    shutdown_timeout_seconds: int = Field(
        30, gt=0, description="Time that requests in flight have to be answered after closing."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged; each request is one line of level info."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="Form of a log line: a JSON object, or text for people."
    )

    @classmethod
    def load(cls) -> Self:
        """Reads the environment.

        Raises:
            ConfigError: A variable has a value that its setting cannot take.
        """
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError(
                "; ".join(
                    f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}, got {one['input']!r}"
                    for one in error.errors()
                )
            ) from error

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins of ``cors_origins``, one by one."""
        return tuple(origin for part in self.cors_origins.split(",") if (origin := part.strip()))
