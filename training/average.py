"""Averages two readers of one shape: the one that a run began with and the one that it made.

A run that learns something new from the weights of another forgets a little of what they knew; the
mean of the two keeps most of both. The share is chosen on validation.

Reference: Wortsman et al., "Robust fine-tuning of zero-shot models", 2022.
"""

import dataclasses
from pathlib import Path

from model import checkpoint
from model.checkpoint import Checkpoint
from model.errors import CheckpointMismatchError, ConfigError
from model.header import Thresholds, sha256


def average(trained: Path, earlier: Path, share: float) -> Checkpoint:
    """Returns the weighted mean of two readers, with the config and provenance of ``trained``.

    Args:
        trained: A checkpoint.
        earlier: Another one, of the same shape.
        share: Weight of ``earlier``, 0 to 1.

    Raises:
        ConfigError: The share is out of range.
        CheckpointError: A checkpoint cannot be used, or the two differ in their shape.
    """
    if not 0 <= share <= 1:
        raise ConfigError(f"share: expected 0 to 1, got {share}")
    first, second = checkpoint.load(trained), checkpoint.load(earlier)
    if first.header.config != second.header.config:
        raise CheckpointMismatchError(
            f"expected readers of one shape, found {first.header.config} in {trained} and "
            f"{second.header.config} in {earlier}"
        )
    weights = {
        name: (1 - share) * tensor + share * second.weights[name]
        for name, tensor in first.weights.items()
    }
    made = dict(first.header.provenance)
    made["averaged_with"] = {"sha256": sha256(earlier), "share": share}
    header = dataclasses.replace(
        first.header, provenance=made, temperature=1.0, thresholds=Thresholds(), scores=None
    )
    return Checkpoint(header, weights)
