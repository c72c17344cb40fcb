"""Structured logs: one line a request, and none of what a request holds."""

import logging
import sys

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from app.settings import Settings

# Lines of uvicorn that repeat the one before.
_REDUNDANT = {
    "Started server process [%d]",
    "Finished server process [%d]",
    "Application startup failed. Exiting.",
    "Waiting for application startup.",
    "Waiting for application shutdown.",
    "Application shutdown complete.",
    "Application startup complete.",
    "Invalid HTTP request received.",
}


def configure_logs(settings: Settings) -> None:
    """Sends what this project and uvicorn log to standard output, in one form."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    add_time = structlog.processors.TimeStamper("iso", utc=True)
    shared: list[Processor] = [structlog.processors.add_log_level, add_time]
    render: list[Processor] = [structlog.processors.format_exc_info]
    if settings.log_format == "json":
        render.append(structlog.processors.JSONRenderer(serializer=_to_json))
    else:
        render.append(structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty()))
    drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[drop_meta, *render]
        )
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(level)
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg not in _REDUNDANT)
    for quoting in ("asgi_correlation_id", "python_multipart"):  # what they refuse
        logging.getLogger(quoting).setLevel(logging.ERROR)


def get_log() -> FilteringBoundLogger:
    """Returns the log of the service, as it is configured now."""
    log: FilteringBoundLogger = structlog.get_logger().bind()
    return log


def _to_json(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=repr).decode()
