"""What the service counts, for Prometheus."""

import os
from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.reading.pipeline import Timing

# Set for ``WORKERS`` processes: any of them can then answer for all.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """Counters of one process; their labels have few values, whatever is asked for."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        times = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
        histogram = partial(Histogram, buckets=times, registry=own)
        requests = Counter("requests", "Requests answered.", ("route", "status"), registry=own)
        seconds = histogram("request_seconds", "Head of request to end of answer.", ("route",))
        stages = histogram("stage_seconds", "Time of a picture in each stage.", ("stage",))
        self._stages = {stage: stages.labels(stage) for stage in Timing._fields}
        sizes = (1, 2, 4, 8, 16, 32, 64)
        batches = histogram("batch_pictures", "Pictures of a batch, not augmented.", buckets=sizes)
        text = "Predictions being worked on."
        in_flight = Gauge("predictions_in_flight", text, multiprocess_mode="livesum", registry=own)
        self.observe_batch, self.set_in_flight = batches.observe, in_flight.set
        # Looking a child up by its labels costs more than counting with it.
        self._requests_of, self._seconds_of = cache(requests.labels), cache(seconds.labels)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests_of(route, str(status)).inc()
        self._seconds_of(route).observe(seconds)

    def observe_picture(self, timing: Timing) -> None:
        """Counts a picture that was read."""
        for stage, milliseconds in timing._asdict().items():
            self._stages[stage].observe(milliseconds / 1000)

    def render(self) -> bytes:
        """Returns all of it in the text format of Prometheus."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def forget_worker(pid: int | None) -> None:
    """Drops the gauges of a dead worker; its counters stay."""
    if pid is not None:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
