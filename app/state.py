"""What lives as long as the service, made in the lifespan and handed to handlers."""

import dataclasses
from concurrent.futures import Executor
from typing import Annotated, Any, TypedDict

from fastapi import Depends, Request

from app.engine import Engine
from app.metrics import Metrics
from app.pipeline import Pipeline
from app.settings import Settings
from app.traffic import Switchboard


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A loaded reader and all around it."""

    settings: Settings
    engine: Engine
    pipeline: Pipeline
    executor: Executor
    """Where what is large is worked on, beside the event loop."""
    metrics: Metrics
    switchboard: Switchboard
    model: dict[str, str]
    """Name and checksum of the reader, as every answer gives them."""


class State(TypedDict):
    """What the lifespan yields: ``request.state``, where ``app.middleware`` adds the exchange."""

    service: Service


async def get_service(request: Request) -> Service:
    """Returns the service that a request is for."""
    service: Service = request.state.service
    return service


ServiceDependency = Annotated[Service, Depends(get_service)]


def model_name(provenance: Any) -> str:
    """Returns the name that a checkpoint gives itself."""
    name = provenance.get("name") if isinstance(provenance, dict) else None
    return name if isinstance(name, str) else "digit-grid-reader"
