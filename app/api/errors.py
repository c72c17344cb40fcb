"""Requests that cannot be answered; those whose pictures cannot be read are PictureError."""

from functools import partial

from model.errors import ReaderError


class RequestError(ReaderError):
    """A request that cannot be answered; ``problems.toml`` gives the status of its kind."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


malformed = partial(RequestError, "body-malformed")
"""The body is not what its Content-Type says."""
unexpected = partial(RequestError, "body-content")
"""The body is well formed, but a field is missing, unknown or of another type."""
too_large = partial(RequestError, "body-too-large")
"""The body has more bytes than the settings allow."""
