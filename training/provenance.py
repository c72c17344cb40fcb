"""Provenance of weights, which is written into every checkpoint."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from training.data import MNIST_MD5
from training.distributed import Processes
from training.drawings import unipen
from training.state import Progress

_LIBRARIES = ("torch", "torchvision", "numpy", "safetensors", "onnx", "onnxscript", "onnxruntime")


def describe(
    recipe: dict[str, Any], progress: Progress, processes: Processes, commit: str | None
) -> dict[str, Any]:
    """Returns data sources with checksums, recipe, seed, steps, commit and library versions."""
    data: dict[str, Any] = {"MNIST": {"licence": "CC BY-SA 3.0", "md5": MNIST_MD5}}
    if recipe["training"]["drawn_share"] > 0:
        # Of each site's labels and points: raw files differ between copies of the data set.
        data["UNIPEN"] = {
            "licence": "CC BY 4.0",
            "upstream_commit": unipen.COMMIT,
            "sha256": dict(unipen.SITES),
        }
    return {
        "data": data,
        "recipe": recipe,
        "seed": recipe["training"]["seed"],
        "steps": progress.step,
        "best_step": progress.best_step,
        "validation": progress.history[-1] if progress.history else None,
        "minutes": round(progress.seconds / 60, 1),
        "processes": processes.world_size,
        "device": processes.device.type,
        "git_commit": commit,
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def git_commit() -> str | None:
    """The commit of the code, with ``-dirty`` where ``model`` or ``training`` has changes."""
    root = Path(__file__).parent.parent

    def ask(*command: str) -> str:
        return subprocess.run(  # noqa: S603  (fixed commands)
            ("git", "-C", str(root), *command),  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    try:
        is_dirty = bool(ask("status", "--porcelain", "--", "model", "training"))
        return ask("rev-parse", "HEAD") + ("-dirty" if is_dirty else "")
    except (OSError, subprocess.SubprocessError):
        return None
