"""Structured logs: one line a request, and none of what a request holds."""

import logging
import sys

import orjson
import structlog
from structlog.typing import FilteringBoundLogger, Processor

from app.settings import Settings

# How lines of uvicorn begin that repeat the one before.
_REDUNDANT = (
    "Started server",
    "Finished server",
    "Application ",
    "Waiting for app",
    "Invalid HTTP",
)


def configure_logs(settings: Settings) -> None:
    """Sends what this project and uvicorn log to standard output, in one form."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    add_time = structlog.processors.TimeStamper("iso", utc=True)
    shared: list[Processor] = [structlog.processors.add_log_level, add_time]
    render: list[Processor] = [structlog.processors.format_exc_info]
    if settings.log_format == "json":
        render.append(lambda _, __, event: orjson.dumps(event, default=repr).decode())
    else:
        render.append(structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty()))
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    formatter = structlog.stdlib.ProcessorFormatter
    processors = [formatter.remove_processors_meta, *render]
    handler.setFormatter(formatter(processors=processors, foreign_pre_chain=shared))
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(level)
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: not str(record.msg).startswith(_REDUNDANT)
    )
    for quoting in ("asgi_correlation_id", "python_multipart"):  # what they refuse
        logging.getLogger(quoting).setLevel(logging.ERROR)


def get_log() -> FilteringBoundLogger:
    """Returns the log of the service, as it is configured now."""
    log: FilteringBoundLogger = structlog.get_logger().bind()
    return log
