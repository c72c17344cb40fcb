"""Puts the service together."""

import gc
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
from fastapi import FastAPI
from starlette.types import ASGIApp

from app import __version__
from app.api.predictions import add_prediction_routes
from app.api.problems import HANDLERS
from app.api.service import add_service_routes
from app.logs import configure_logs
from app.metrics import Metrics
from app.reading.engine import load_engine
from app.reading.example import EXAMPLE_PNG
from app.reading.pipeline import Pipeline
from app.serving import middleware
from app.serving.admission import AdmissionControl
from app.serving.pages import add_documentation_routes, add_page_routes, check_page
from app.settings import Settings
from app.state import Service, State


def create_app(settings: Settings) -> ASGIApp:
    """Makes the app; the reader is loaded when it starts."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[State, None]:
        check_page(settings)
        engine = load_engine(settings)
        config = engine.header.config
        for size in (1, settings.network_batch):  # the first batches of a size are slow
            engine.read(np.zeros((size, config.height, config.width), np.uint8))
        with (
            ThreadPoolExecutor(settings.decode_threads, "decode") as executor,
            ThreadPoolExecutor(1, "second-look") as second_looks,
        ):
            service = Service(
                settings=settings,
                engine=engine,
                pipeline=Pipeline(settings, engine, executor, second_looks, metrics.observe_batch),
                executor=executor,
                metrics=metrics,
                model={"name": engine.header.name, "sha256": engine.sha256},
            )
            await service.pipeline.read(EXAMPLE_PNG)  # Pillow looks for its readers at the first
            gc.collect()
            gc.freeze()  # what is loaded stays: never look through it again
            gc.set_threshold(20_000, 50, 100)  # not 700, 10, 10: requests leave hardly any cycles
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
        exception_handlers=HANDLERS,
    )
    add_prediction_routes(app, settings)
    add_service_routes(app)
    add_page_routes(app, settings)
    add_documentation_routes(app)

    routes = frozenset(path for route in app.routes if (path := getattr(route, "path", None)))

    # Each stands around those before it.
    served: ASGIApp = middleware.ErrorHandlingMiddleware(app)
    if origins := [one for part in settings.cors_origins.split(",") if (one := part.strip())]:
        served = middleware.ProblemCORSMiddleware(
            served,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    admission = AdmissionControl(settings, metrics)
    return middleware.AccessLogMiddleware(served, metrics, admission, routes)


def application() -> ASGIApp:
    """Makes the app from the environment: ``uvicorn --factory app.main:application``."""
    settings = Settings.load()
    configure_logs(settings)
    return create_app(settings)
