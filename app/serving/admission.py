"""Admission control: bounds on what all requests together may use of this process."""

import dataclasses

from app.api.errors import RequestError
from app.metrics import Metrics
from app.settings import Settings


@dataclasses.dataclass(slots=True)
class AdmissionControl:
    """Counts the pictures that are being read and the bytes of bodies that are held in memory."""

    settings: Settings
    metrics: Metrics
    num_pictures: int = 0
    num_bytes: int = 0


@dataclasses.dataclass(slots=True)
class Permit:
    """What one request uses of the process, from its admission to its release."""

    control: AdmissionControl
    num_pictures: int = 0
    num_bytes: int = 0

    def admit(self, num_pictures: int) -> None:
        """Sets how many pictures are read for the request.

        A batch counts as one picture until its body has come, and then as many as it holds. One
        that is larger than what is left is admitted; what comes after it is not.

        Raises:
            RequestError: As many as are allowed are read for other requests.
        """
        limit = self.control.settings.max_concurrent_requests
        if self.control.num_pictures - self.num_pictures >= limit:
            raise RequestError("overloaded", f"expected at most {limit} pictures at once")
        self._read(num_pictures)

    def hold(self, num_bytes: int) -> None:
        """Counts bytes of the request's body.

        Raises:
            RequestError: All bodies together are larger than allowed.
        """
        limit = self.control.settings.max_held_bytes
        self.num_bytes += num_bytes
        self.control.num_bytes += num_bytes
        if self.control.num_bytes > limit:
            raise RequestError("overloaded", f"expected at most {limit} bytes of requests at once")

    def release(self) -> None:
        """Gives back what the request used."""
        self.control.num_bytes -= self.num_bytes
        self.num_bytes = 0
        if self.num_pictures:
            self._read(0)

    def _read(self, num_pictures: int) -> None:
        self.control.num_pictures += num_pictures - self.num_pictures
        self.num_pictures = num_pictures
        self.control.metrics.set_in_flight(self.control.num_pictures)
