"""The optimizer: Muon for the matrices inside the blocks, AdamW for all else."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from training.options import TrainOptions

_ADAM_MOMENTS = ("exp_avg", "exp_avg_sq")
_MUON_MOMENT = "momentum_buffer"
# Coefficients of the odd polynomial that, iterated, brings singular values near 1.
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_NEWTON_SCHULZ_TIMES = 5
# Scales updates to the usual size of Adam's, so that one learning rate fits both.
_UPDATE_SIZE = 0.2


class Muon(Optimizer):
    """Gradient descent with momentum, in which the update of a matrix is made orthogonal.

    torch's own computes in bfloat16, for which most CPUs have no instructions; this one computes in
    the precision of the gradients, and all matrices of one size together.

    Reference: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; for
    the size of the update, Liu et al., "Muon is Scalable for LLM Training", 2025.

    Args:
        matrices: Parameters, each (rows, columns).
        lr: Learning rate.
        weight_decay: Decoupled, multiplied by the learning rate.
        momentum: Decay of the mean of past gradients.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        *,
        lr: float,
        weight_decay: float,
        momentum: float,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Updates every matrix that has a gradient.

        Args:
            closure: Not supported.
        """
        assert closure is None, "this optimizer takes no closure"
        for group in self.param_groups:
            by_size: defaultdict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    by_size[matrix.shape[0], matrix.shape[1]].append(matrix)
            for size, matrices in by_size.items():
                updates = torch.stack(
                    [self._with_momentum(matrix, group["momentum"]) for matrix in matrices]
                )
                length = group["lr"] * _UPDATE_SIZE * max(size) ** 0.5
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_sub_(matrices, list(orthogonalise(updates) * length))

    def _with_momentum(self, matrix: Tensor, momentum: float) -> Tensor:
        """The gradient with Nesterov momentum."""
        assert matrix.grad is not None
        state = self.state[matrix]
        if _MUON_MOMENT not in state:
            state[_MUON_MOMENT] = torch.zeros_like(matrix)
        mean: Tensor = state[_MUON_MOMENT].lerp_(matrix.grad, 1 - momentum)
        return matrix.grad.lerp(mean, momentum)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Brings singular values of matrices (M, rows, columns) to about 1, within 0.6 to 1.25.

    Those below about a thousandth of the matrix's norm stay smaller.
    """
    linear, cubic, quintic = _NEWTON_SCHULZ
    is_tall = matrices.shape[1] > matrices.shape[2]
    x: Tensor = matrices.mT if is_tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(_NEWTON_SCHULZ_TIMES):
        squares = x @ x.mT
        x = linear * x + (cubic * squares + quintic * squares @ squares) @ x
    return x.mT if is_tall else x


class ReaderOptimizer:
    """Muon and AdamW, used as one optimizer.

    Weight decay is on matrices; biases, norms, positions and embeddings have none.

    Args:
        reader: The network to train.
        options: Learning rate, weight decay and momentum.
    """

    def __init__(self, reader: nn.Module, options: TrainOptions) -> None:
        hidden: list[nn.Parameter] = []
        outer: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in reader.named_parameters():
            if name in ("patch_embedding.weight", "to_logits.weight"):
                outer.append(parameter)
            elif parameter.ndim == 2 and "embedding" not in name and "position" not in name:
                hidden.append(parameter)
            else:
                others.append(parameter)
        self._reader = reader
        self._muon = Muon(
            hidden,
            lr=options.learning_rate,
            weight_decay=options.weight_decay,
            momentum=options.momentum,
        )
        groups = [
            {"params": outer, "weight_decay": options.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self._adam = AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.99), fused=True)

    def zero_grad(self) -> None:
        """Clears the gradients."""
        self._muon.zero_grad()
        self._adam.zero_grad()

    def step(self, learning_rate: float) -> None:
        """Updates all parameters."""
        for optimizer in (self._muon, self._adam):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()

    def moments(self) -> dict[str, Tensor]:
        """Returns the moments of past gradients, named by kind and parameter."""
        return {
            f"{kind}.{name}": optimizer.state[parameter][kind]
            for name, parameter, optimizer, kinds in self._moment_slots()
            for kind in kinds
            if parameter in optimizer.state
        }

    def restore(self, moments: Mapping[str, Tensor], step: int) -> None:
        """Restores what ``moments`` returned after ``step`` steps.

        Raises:
            KeyError: A moment is missing.
        """
        if step == 0:
            return
        for name, parameter, optimizer, kinds in self._moment_slots():
            optimizer.state[parameter] = {
                kind: moments[f"{kind}.{name}"].to(parameter.device) for kind in kinds
            }
            if optimizer is self._adam:
                optimizer.state[parameter]["step"] = torch.tensor(float(step))

    def _moment_slots(self) -> Iterator[tuple[str, nn.Parameter, Optimizer, tuple[str, ...]]]:
        is_hidden = {id(matrix) for group in self._muon.param_groups for matrix in group["params"]}
        for name, parameter in self._reader.named_parameters():
            if id(parameter) in is_hidden:
                yield name, parameter, self._muon, (_MUON_MOMENT,)
            else:
                yield name, parameter, self._adam, _ADAM_MOMENTS
