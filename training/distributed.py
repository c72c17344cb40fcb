"""Distributed data-parallel training: the same loop runs in one process or under ``torchrun``."""

import contextlib
import dataclasses
import datetime
import logging
import os
from collections.abc import Iterator

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from model.errors import ConfigError
from training.errors import TrainingError

logger = logging.getLogger(__name__)

# How long a process waits for the others before it ends with an error. Within a step they are
# apart by a validation or a save at most. Before the first, they wait while one draws the pool or
# fetches data; there a process that dies is noticed at once, a machine that vanishes after hours.
_STEP_TIMEOUT = datetime.timedelta(minutes=5)
_PREPARATION_TIMEOUT = datetime.timedelta(hours=3)
# What torchrun sets.
_ENVIRONMENT = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclasses.dataclass(frozen=True, slots=True)
class Processes:
    """Which process this is, of how many, and the device it works on."""

    rank: int
    world_size: int
    device: torch.device
    preparation: distributed.ProcessGroup | None = None
    """The same processes, with more patience: for what is done before the first step."""

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and prints: only the first one does."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Wraps a module so that its gradients are averaged over all processes."""
        if self.world_size == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    @contextlib.contextmanager
    def first_process_first(self) -> Iterator[None]:
        """Lets the other processes enter once the first has left, to find the files it wrote."""
        if self.world_size > 1 and not self.is_first:
            distributed.barrier(self.preparation)
        yield
        if self.world_size > 1 and self.is_first:
            distributed.barrier(self.preparation)

    def all_reduce_mean(self, values: Tensor) -> Tensor:
        """Returns the mean over all processes, the same in each."""
        if self.world_size > 1:
            distributed.all_reduce(values)
            values /= self.world_size
        return values


def pick_device(name: str) -> torch.device:
    """Turns ``auto``, ``cpu``, ``cuda`` or ``mps`` into a device that is there.

    Raises:
        ConfigError: There is no such device on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind, is_there in available.items() if is_there)
    if not available.get(name, False):
        there = [kind for kind, is_there in available.items() if is_there]
        raise ConfigError(f"device: expected auto or one of {there} on this machine, got {name!r}")
    return torch.device(name)


@contextlib.contextmanager
def join_process_group(
    device_name: str, timeout: datetime.timedelta = _STEP_TIMEOUT
) -> Iterator[Processes]:
    """Joins the process group that ``torchrun`` describes in the environment, if there is one.

    Args:
        device_name: See ``pick_device``.
        timeout: How long to wait for other processes, also for all to join.

    Raises:
        ConfigError: There is no such device, or the environment describes no process group.
        TrainingError: The others did not join, or one of them was lost.
    """
    device = pick_device(device_name)
    if "RANK" not in os.environ and "WORLD_SIZE" not in os.environ:
        yield Processes(rank=0, world_size=1, device=device)
        return
    rank, world_size, local_rank = _read_environment()
    if device.type == "cuda":
        if local_rank >= torch.cuda.device_count():
            raise ConfigError(
                f"LOCAL_RANK: expected less than the {torch.cuda.device_count()} GPUs here, "
                f"got {local_rank}"
            )
        device = torch.device("cuda", local_rank)
        torch.cuda.set_device(device)
    try:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=timeout)
        try:
            preparation = distributed.new_group(timeout=_PREPARATION_TIMEOUT, backend="gloo")
            yield Processes(rank, world_size, device, preparation)
        finally:
            distributed.destroy_process_group()
    except RuntimeError as error:  # gloo has no exception of its own
        logger.debug("process %d of %d", rank, world_size, exc_info=error)
        raise TrainingError(
            f"process {rank} of {world_size} failed, or lost the others: "
            f"{(str(error) or type(error).__name__).splitlines()[0]}. LOG_LEVEL=debug shows where"
        ) from error


def _read_environment() -> tuple[int, int, int]:
    """Returns rank, number of processes and rank on this machine, as ``torchrun`` sets them."""
    if missing := [name for name in _ENVIRONMENT if not os.environ.get(name)]:
        there = [name for name in ("RANK", "WORLD_SIZE") if name in os.environ]
        raise ConfigError(
            f"{' and '.join(there)}: expected as torchrun sets them, with {', '.join(missing)}; "
            "start several processes with python -m torch.distributed.run, or unset them for one"
        )
    numbers = []
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_PORT"):
        value = os.environ[name]
        if not (value.isascii() and value.isdecimal()):
            raise ConfigError(f"{name}: expected a number of at least 0, got {value!r}")
        numbers.append(int(value))
    rank, world_size, local_rank, _ = numbers
    if rank >= world_size:
        raise ConfigError(f"RANK: expected less than WORLD_SIZE, {world_size}, got {rank}")
    return rank, world_size, local_rank
