"""Waits for what has to come, however busy the machine is."""

import time
from collections.abc import Callable
from typing import TypeVar

# The longest wait for anything, in seconds. Only what never comes takes so long.
PATIENCE = 120.0

Found = TypeVar("Found")


def wait_until(
    look: Callable[[], Found], *, pause: Callable[[float], object] = time.sleep
) -> Found:
    """Looks again and again until there is something, and returns it.

    Args:
        look: Returns what is waited for, or something false while it is not there.
        pause: Waits for some seconds between two looks.
    """
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"never came: {found!r}"
        pause(0.02)
    return found
