"""What the service counts, for Prometheus."""

import os
from collections.abc import Sequence
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from app.reading.pipeline import Timing

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Set for ``WORKERS`` processes: any of them can then answer for all.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one process; their labels have few values, whatever is asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        requests = Counter(
            "requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        seconds = self._histogram(
            "request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
        )
        self._in_flight = Gauge(
            "predictions_in_flight",
            "Predictions being worked on.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        stages = self._histogram(
            "stage_seconds", "Time that a picture spends in each stage.", ("stage",)
        )
        self._batches = self._histogram(
            "batch_pictures",
            "Pictures read by the network in one batch, without those of test-time augmentation.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
        )
        self._decode, self._ink, self._network = map(stages.labels, ("decode", "ink", "network"))
        # Looking a child up by its labels costs more than counting with it.
        self._requests_of = cache(requests.labels)
        self._seconds_of = cache(seconds.labels)

    def _histogram(
        self, name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = _SECONDS
    ) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self._registry)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests_of(route, str(status)).inc()
        self._seconds_of(route).observe(seconds)

    def observe_picture(self, timing: Timing) -> None:
        """Counts a picture that was read."""
        self._decode.observe(timing.decode / 1000)
        self._ink.observe(timing.ink / 1000)
        self._network.observe(timing.network / 1000)

    def observe_batch(self, size: int) -> None:
        """Counts a batch that the network read."""
        self._batches.observe(size)

    def set_in_flight(self, count: int) -> None:
        """Says how many predictions are being worked on."""
        self._in_flight.set(count)

    def render(self) -> bytes:
        """Returns all of it in the text format of Prometheus."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def forget_worker(pid: int | None) -> None:
    """Drops the gauges of a dead worker; its counters stay."""
    if pid is not None:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
