"""Admission control: bounds on what all requests together may use of this process."""

from app.api.errors import OverloadedError
from app.metrics import Metrics
from app.settings import Settings


class AdmissionControl:
    """Counts the pictures that are being read and the bytes of bodies that are held in memory."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.num_pictures = 0
        self.num_bytes = 0


class Permit:
    """What one request uses of the process, from its admission to its release."""

    __slots__ = ("_control", "_num_bytes", "_num_pictures")

    def __init__(self, control: AdmissionControl) -> None:
        self._control = control
        self._num_pictures = 0
        self._num_bytes = 0

    def admit(self, num_pictures: int) -> None:
        """Sets how many pictures are read for the request.

        A batch counts as one picture until its body has come, and then as many as it holds. One
        that is larger than what is left is admitted; what comes after it is not.

        Raises:
            OverloadedError: As many as are allowed are read for other requests.
        """
        control, limit = self._control, self._control.settings.max_concurrent_requests
        if control.num_pictures - self._num_pictures >= limit:
            raise OverloadedError(f"expected at most {limit} pictures at once")
        control.num_pictures += num_pictures - self._num_pictures
        self._num_pictures = num_pictures
        control.metrics.set_in_flight(control.num_pictures)

    def hold(self, num_bytes: int) -> None:
        """Counts bytes of the request's body.

        Raises:
            OverloadedError: All bodies together are larger than allowed.
        """
        control, limit = self._control, self._control.settings.max_held_bytes
        self._num_bytes += num_bytes
        control.num_bytes += num_bytes
        if control.num_bytes > limit:
            raise OverloadedError(f"expected at most {limit} bytes of requests at once")

    def release(self) -> None:
        """Gives back what the request used."""
        control = self._control
        control.num_bytes -= self._num_bytes
        if self._num_pictures:
            control.num_pictures -= self._num_pictures
            control.metrics.set_in_flight(control.num_pictures)
        self._num_pictures = self._num_bytes = 0
