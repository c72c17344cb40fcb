"""Puts the service together."""

import gc
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.documentation import add_documentation_routes, install_document
from app.draining import draining
from app.engine import load_engine
from app.example import EXAMPLE_PNG
from app.logs import configure_logs
from app.metrics import Metrics
from app.middleware import Cors, Guard, Observe
from app.page import add_page_routes, check_page
from app.pipeline import Pipeline
from app.prediction import PlainPredictions
from app.problems import install_handlers
from app.routes import add_prediction_routes, add_service_routes
from app.settings import Settings
from app.state import Service, State, model_name
from app.traffic import Switchboard

# Allocations between two collections of the youngest objects; Python's own is 700. A request leaves
# hardly any cycles, so looking for them that often is waste.
_COLLECT_EVERY = 20_000


def create_app(settings: Settings) -> ASGIApp:
    """Makes the app; the reader is loaded when it starts.

    Args:
        settings: Limits and paths.
    """
    metrics = Metrics()
    switchboard = Switchboard(settings, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[State, None]:
        check_page(settings)
        engine = load_engine(settings)
        config = engine.header.config
        for size in (1, settings.network_batch):  # the first batches of a size are slow
            engine.read(np.zeros((size, config.height, config.width), np.uint8))
        with (
            ThreadPoolExecutor(settings.decode_threads, "decode") as executor,
            draining(switchboard, settings.drain_seconds),
        ):
            service = Service(
                settings=settings,
                engine=engine,
                pipeline=Pipeline(settings, engine, executor, metrics.observe_batch),
                executor=executor,
                metrics=metrics,
                switchboard=switchboard,
                model={"name": model_name(engine.header.provenance), "sha256": engine.sha256},
            )
            await service.pipeline.read(EXAMPLE_PNG)  # Pillow looks for its readers at the first
            thresholds = gc.get_threshold()
            gc.collect()
            gc.freeze()  # what is loaded stays: never look through it again
            gc.set_threshold(_COLLECT_EVERY, 50, 100)
            try:
                yield State(service=service)
            finally:
                gc.set_threshold(*thresholds)
                gc.unfreeze()

    app = FastAPI(
        title="Digit grid reader",
        description="Reads a picture of a 2x2 grid of handwritten digits: which digits stand in "
        "it, how sure the reader is, and where it looked. Errors are problem details (RFC 9457).",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    install_handlers(app)
    install_document(app)
    add_prediction_routes(app, settings)
    add_service_routes(app)
    add_page_routes(app, settings)
    add_documentation_routes(app)

    routes = frozenset(path for route in app.routes if (path := getattr(route, "path", None)))

    # Each stands around those before it.
    served: ASGIApp = Guard(PlainPredictions(app), switchboard)
    if settings.allowed_origins:
        served = Cors(
            served,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    return Observe(served, metrics, switchboard, routes)


def application() -> ASGIApp:
    """Makes the app from the environment: ``uvicorn --factory app.main:application``."""
    settings = Settings.load()
    configure_logs(settings)
    return create_app(settings)
