"""Muon against its definition, and the two optimizers together."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.config import ReaderConfig
from model.reader import GridReader
from training.optimizer import Muon, ReaderOptimizer, orthogonalise
from training.options import TrainOptions


@pytest.mark.parametrize("size", [(64, 64), (128, 64), (64, 256)])
def test_an_orthogonal_update_turns_as_the_gradient_does(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    for _ in range(3):
        u, _, v = torch.linalg.svd(torch.randn(size), full_matrices=False)
        gradient = u @ torch.diag(torch.logspace(-1, 1, len(v))) @ v
        update = orthogonalise(gradient[None])[0]
        values = torch.linalg.svdvals(update)
        assert values.min() > 0.6
        assert values.max() < 1.25
        assert F.cosine_similarity(update.flatten(), (u @ v).flatten(), dim=0) > 0.95


def test_an_update_is_as_long_whatever_the_gradient() -> None:
    moved = []
    for factor in (1e-6, 1.0, 1e6):
        torch.manual_seed(0)
        matrix = nn.Parameter(torch.zeros(64, 64))
        matrix.grad = torch.randn(64, 64) * factor
        Muon([matrix], lr=0.1, weight_decay=0.0, momentum=0.95).step()
        moved.append(matrix.detach().square().mean().sqrt().item())
    # Adam's updates have about this root mean square, times the learning rate.
    assert moved == pytest.approx([0.1 * 0.2] * 3, rel=0.2)


def test_weight_decay_shrinks_and_a_matrix_without_gradient_stays() -> None:
    decayed, still = nn.Parameter(torch.ones(8, 8)), nn.Parameter(torch.ones(8, 8))
    decayed.grad = torch.zeros(8, 8)
    Muon([decayed, still], lr=0.5, weight_decay=0.1, momentum=0.95).step()
    assert torch.allclose(decayed, torch.full((8, 8), 0.95))
    assert torch.equal(still, torch.ones(8, 8))


def test_every_parameter_is_trained_once() -> None:
    torch.manual_seed(0)
    reader = GridReader(ReaderConfig())
    optimizer = ReaderOptimizer(reader, TrainOptions())
    before = {name: parameter.detach().clone() for name, parameter in reader.named_parameters()}
    for parameter in reader.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step(0.01)
    for name, parameter in reader.named_parameters():
        assert not torch.equal(parameter, before[name]), name
    kinds = {name.partition(".")[2]: set() for name in optimizer.moments()}
    for name in optimizer.moments():
        kind, _, parameter_name = name.partition(".")
        kinds[parameter_name].add(kind)
    assert kinds.keys() == before.keys()
    assert kinds["encoder.0.mlp.0.weight"] == {"momentum_buffer"}
    assert kinds["patch_embedding.weight"] == {"exp_avg", "exp_avg_sq"}


def test_what_is_restored_goes_on_the_same_way() -> None:
    def trained(steps: int, handed_over: bool) -> torch.Tensor:
        torch.manual_seed(0)
        reader = GridReader(ReaderConfig(encoder_layers=1))
        optimizer = ReaderOptimizer(reader, TrainOptions())
        for step in range(steps):
            torch.manual_seed(step)
            for parameter in reader.parameters():
                parameter.grad = torch.randn_like(parameter)
            optimizer.step(0.01)
            if handed_over and step == steps // 2:
                moments = {name: value.clone() for name, value in optimizer.moments().items()}
                optimizer = ReaderOptimizer(reader, TrainOptions())
                optimizer.restore(moments, step + 1)
        return nn.utils.parameters_to_vector(reader.parameters()).detach()

    assert torch.equal(trained(4, handed_over=True), trained(4, handed_over=False))


def test_a_moment_that_is_missing_is_an_error() -> None:
    reader = GridReader(ReaderConfig(encoder_layers=1))
    with pytest.raises(KeyError, match="exp_avg"):
        ReaderOptimizer(reader, TrainOptions()).restore({}, 1)
