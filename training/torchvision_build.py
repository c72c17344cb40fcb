"""Makes torchvision importable beside a torch that was built elsewhere.

A torchvision wheel carries compiled operators that load only into the torch build they were
compiled for. Where they do not load (a CPU torch beside torchvision's default wheel), importing
torchvision fails at once, because it registers Python parts for two operators, ``nms`` and
``qnms``, that nobody has defined. This project uses neither: defining their signatures is enough.
Where the builds match, the operators exist and nothing is done.

Import this module before torchvision.
"""

import importlib.util
from pathlib import Path

import torch

_OPERATORS = ("nms", "qnms")
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _load_compiled_operators() -> bool:
    """Tries to load the wheel's own operators, as torchvision itself will."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for library in Path(spec.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
        return True
    return False


# Kept for the life of the process: definitions are removed with the library object.
_definitions: list[torch.library.Library] = []
if not _load_compiled_operators():
    _library = torch.library.Library("torchvision", "DEF")
    for _name in _OPERATORS:
        _library.define(_name + _SIGNATURE)
    _definitions.append(_library)
