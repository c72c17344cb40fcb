"""Errors of a request, besides those of its pictures (``app.reading.errors``).

    RequestError                a request that cannot be answered
    ├── BodyMalformedError      the body is not what its Content-Type says
    ├── BodyContentError        well formed, but a field is missing, unknown or of another type
    ├── BodyTooLargeError       more bytes than the settings allow
    ├── MediaTypeError          a Content-Type that is not read here
    ├── ReceiveTimeoutError     the body did not arrive in time
    └── UnavailableError        the service cannot answer now; later, or another instance, may
        ├── OverloadedError     too many requests at once
        └── DrainingError       it is about to stop

A message says what was expected and what came. ``app.api.problems`` gives each its status.
"""

from model.errors import ReaderError


class RequestError(ReaderError): ...


class BodyMalformedError(RequestError): ...


class BodyContentError(RequestError): ...


class BodyTooLargeError(RequestError): ...


class MediaTypeError(RequestError): ...


class ReceiveTimeoutError(RequestError): ...


class UnavailableError(RequestError): ...


class OverloadedError(UnavailableError): ...


class DrainingError(UnavailableError): ...
