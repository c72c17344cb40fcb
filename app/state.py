"""What lives as long as the service, made in the lifespan and handed to handlers."""

import dataclasses
from concurrent.futures import Executor
from typing import Annotated, TypedDict

from fastapi import Depends, Request

from app.metrics import Metrics
from app.reading.engine import Engine
from app.reading.pipeline import Pipeline
from app.settings import Settings


@dataclasses.dataclass(kw_only=True, slots=True)
class Service:
    """The loaded reader, and what handlers need with it."""

    settings: Settings
    engine: Engine
    pipeline: Pipeline
    executor: Executor
    """Where large bodies and pictures are decoded, beside the event loop."""
    metrics: Metrics
    model: dict[str, str]
    """Name and checksum of the reader, as every answer gives them."""
    is_draining: bool = False
    """SIGTERM came: requests should go elsewhere."""


class State(TypedDict):
    """What the lifespan yields: ``request.state``, where the middleware adds the context."""

    service: Service


async def get_service(request: Request) -> Service:
    """Returns the service that a request is for."""
    service: Service = request.state.service
    return service


ServiceDependency = Annotated[Service, Depends(get_service)]
