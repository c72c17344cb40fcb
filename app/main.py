"""Puts the service together."""

import gc
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import numpy as np
from fastapi import FastAPI
from starlette.types import ASGIApp

from app import __version__
from app.api.fast_path import PredictFastPath
from app.api.predictions import add_prediction_routes
from app.api.problems import install_handlers
from app.api.service import add_service_routes
from app.logs import configure_logs
from app.metrics import Metrics
from app.reading.engine import load_engine
from app.reading.example import EXAMPLE_PNG
from app.reading.pipeline import Pipeline
from app.serving.admission import AdmissionControl
from app.serving.draining import draining
from app.serving.middleware import (
    AccessLogMiddleware,
    ErrorHandlingMiddleware,
    ProblemCORSMiddleware,
)
from app.serving.pages import add_documentation_routes, add_page_routes, check_page
from app.settings import Settings
from app.state import Lifecycle, Service, State


def create_app(settings: Settings) -> ASGIApp:
    """Makes the app; the reader is loaded when it starts.

    Args:
        settings: Limits and paths.
    """
    metrics = Metrics()
    lifecycle = Lifecycle()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[State, None]:
        check_page(settings)
        engine = load_engine(settings)
        config = engine.header.config
        for size in (1, settings.network_batch):  # the first batches of a size are slow
            engine.read(np.zeros((size, config.height, config.width), np.uint8))
        with (
            ThreadPoolExecutor(settings.decode_threads, "decode") as executor,
            draining(lifecycle, settings.drain_seconds),
        ):
            service = Service(
                settings=settings,
                engine=engine,
                pipeline=Pipeline(settings, engine, executor, metrics.observe_batch),
                executor=executor,
                metrics=metrics,
                lifecycle=lifecycle,
                model={"name": engine.header.name, "sha256": engine.sha256},
            )
            await service.pipeline.read(EXAMPLE_PNG)  # Pillow looks for its readers at the first
            with _collecting_seldom():
                yield State(service=service)

    app = FastAPI(
        title="Digit grid reader",
        description="Reads a picture of a 2x2 grid of handwritten digits: which digits stand in "
        "it, how sure the reader is, and where it looked. Errors are problem details (RFC 9457).",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    install_handlers(app)
    add_prediction_routes(app, settings)
    add_service_routes(app)
    add_page_routes(app, settings)
    add_documentation_routes(app)

    routes = frozenset(path for route in app.routes if (path := getattr(route, "path", None)))

    # Each stands around those before it.
    served: ASGIApp = ErrorHandlingMiddleware(PredictFastPath(app))
    if settings.allowed_origins:
        served = ProblemCORSMiddleware(
            served,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    return AccessLogMiddleware(
        served,
        metrics=metrics,
        admission=AdmissionControl(settings, metrics),
        lifecycle=lifecycle,
        routes=routes,
    )


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Spares requests the pauses of the garbage collector: they leave hardly any cycles."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()  # what is loaded stays: never look through it again
    gc.set_threshold(20_000, 50, 100)  # Python's own is 700, 10, 10
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def application() -> ASGIApp:
    """Makes the app from the environment: ``uvicorn --factory app.main:application``."""
    settings = Settings.load()
    configure_logs(settings)
    return create_app(settings)
