"""Distributed data-parallel training: the same loop runs in one process or under ``torchrun``."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from model.errors import ConfigError


@dataclasses.dataclass(frozen=True, slots=True)
class Processes:
    """Which process this is, of how many, and the device it works on."""

    rank: int
    world_size: int
    device: torch.device

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
            distributed.barrier()
        yield
        if self.world_size > 1 and self.is_first:
            distributed.barrier()

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
def join_process_group(device_name: str) -> Iterator[Processes]:
    """Joins the process group that ``torchrun`` describes in the environment, if there is one."""
    device = pick_device(device_name)
    if "RANK" not in os.environ:
        yield Processes(rank=0, world_size=1, device=device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
