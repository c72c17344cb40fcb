"""Errors of a request, besides those of its pictures (``app.reading.errors``).

    RequestError                a request that cannot be answered
    ├── BodyMalformedError      the body is not what its Content-Type says
    ├── BodyContentError        well formed, but a field is missing, unknown or of another type
    ├── BodyTooLargeError       more bytes than the settings allow
    ├── MediaTypeError          a Content-Type that is not read here
    ├── ReceiveTimeoutError     the body did not arrive in time
    └── UnavailableError        the service cannot answer now
        ├── OverloadedError     too many requests at once
        └── DrainingError       it is about to stop

A message says what was expected and what came. ``app.api.problems`` gives each its status.
"""

from model.errors import ReaderError


class RequestError(ReaderError):
    """A request that cannot be answered."""


class BodyMalformedError(RequestError):
    """The body is not what its Content-Type says."""


class BodyContentError(RequestError):
    """The body is well formed, but a field is missing, unknown or of another type."""


class BodyTooLargeError(RequestError):
    """The body has more bytes than the settings allow."""


class MediaTypeError(RequestError):
    """The body is of a Content-Type that is not read here."""


class ReceiveTimeoutError(RequestError):
    """The body did not arrive in time."""


class UnavailableError(RequestError):
    """The service cannot answer now; later, or another instance, may."""


class OverloadedError(UnavailableError):
    """Too many requests are being answered already."""


class DrainingError(UnavailableError):
    """The service is about to stop."""
