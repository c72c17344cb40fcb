"""What training needs beyond what serving does, and how to install it."""

import importlib.util
from collections.abc import Iterable

PACKAGES = ("matplotlib", "onnx", "onnxscript", "tensorboard", "torch", "torchvision", "tqdm")
"""The extra ``training`` of pyproject.toml."""


def missing_packages(packages: Iterable[str], install: str) -> str | None:
    """Returns a line that says which packages are not installed and which command installs them.

    Args:
        packages: Names as they are imported.
        install: The command.

    Returns:
        The line, or None where nothing is missing.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return (
        f"error: not installed here: {', '.join(missing)}; install what is missing with: {install}"
    )
