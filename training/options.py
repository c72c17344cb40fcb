"""The recipe: every number that training depends on; the defaults are for random weights."""

import dataclasses
import math
from typing import Any

from model.errors import ConfigError
from training.augment import Augmentation
from training.drawings.pool import PoolOptions


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How a reader is trained; the model card has the values of the released weights."""

    steps: int = 50_000
    """Optimizer steps."""
    batch_size: int = 128
    """Grids a step, over all processes together."""
    learning_rate: float = 3e-3
    """Peak, reached after the warm-up."""
    warmup_steps: int = 1000
    """Steps in which the learning rate rises in a straight line."""
    weight_decay: float = 0.05
    """Of matrices; biases, norms and embeddings have none."""
    momentum: float = 0.95
    """Of Muon, which trains the matrices inside the blocks."""
    clip_norm: float = 1.0
    """Gradients with a greater norm are clipped to it."""
    average_decay: float = 0.999
    """Of the moving average of the weights, which is what is evaluated and released."""
    label_smoothing: float = 0.0
    """Share of the target spread over all symbols."""
    blank_grids: float = 0.1
    """Share of the training grids that have blank cells."""
    calm_share: float = 0.25
    """Share of the run, at its end, over which augmentation decreases."""
    calm_strength: float = 0.35
    """Strength of augmentation at the very end, a share of its limits."""
    drawn_share: float = 0.5
    """Share of the grids of a batch whose digits come from the pool of drawings."""
    pool: PoolOptions = dataclasses.field(default_factory=PoolOptions)
    """What that pool is made of."""
    seed: int = 0
    evaluate_every: int = 2000
    """Steps between validations."""
    save_every: int = 500
    """Steps between saves."""
    augmentation: Augmentation = dataclasses.field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "evaluate_every", "save_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected at least 1, got {getattr(self, name)}")
        for name in ("learning_rate", "clip_norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected a positive number, got {getattr(self, name)}")
        for name in ("warmup_steps", "weight_decay", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected at least 0, got {getattr(self, name)}")
        for name in ("momentum", "average_decay", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected a number in [0, 1), got {getattr(self, name)}")
        for name in ("drawn_share", "blank_grids", "calm_share", "calm_strength"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}: expected a number in [0, 1], got {getattr(self, name)}")

    @property
    def num_drawn_grids(self) -> int:
        """Number of grids of a batch, over all processes together, that come from the pool."""
        return round(self.drawn_share * self.batch_size)

    def learning_rate_at(self, step: int) -> float:
        """Warm-up in a straight line, then half a cosine down to zero."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def augmentation_strength_at(self, step: int) -> float:
        """Full augmentation, then a straight line down to ``calm_strength`` at the last step."""
        calm_steps = self.calm_share * self.steps
        left = self.steps - step
        if left >= calm_steps:
            return 1.0
        return self.calm_strength + (1 - self.calm_strength) * left / calm_steps

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as plain JSON values."""
        return dataclasses.asdict(self)


QUICK = TrainOptions(
    steps=3500,
    learning_rate=4e-3,
    warmup_steps=200,
    average_decay=0.998,
    pool=PoolOptions(grids=8000),
    evaluate_every=500,
    save_every=250,
)
"""Ten minutes on two cores instead of an hour and a half; less accurate."""
