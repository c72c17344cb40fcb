"""The network: patches, causality, stepping, learning."""

import pytest
import torch
from torch.nn import functional as F

from model import vocabulary
from model.config import ReaderConfig
from model.decoding import decode_greedily
from model.reader import PIXEL_MEAN, PIXEL_STD, GridReader
from training.batches import GridBatches
from training.data import Digits
from training.loop import add_start_and_finish


def test_the_released_shape_is_the_one_the_project_fixes() -> None:
    config = ReaderConfig()
    assert (config.height, config.width) == (56, 56)
    assert (config.patch_size, config.num_patches, config.d_model) == (14, 16, 64)
    assert config.num_steps == 5
    assert vocabulary.NUM_SYMBOLS == len(vocabulary.NAMES) == 14


def test_patches_are_cut_in_reading_order_and_projected_linearly(reader: GridReader) -> None:
    picture = torch.rand(1, 56, 56)
    seen = []
    reader.patch_embedding.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    reader.encode(picture)
    normal = (picture[0] - PIXEL_MEAN) / PIXEL_STD
    for number in range(16):
        y, x = divmod(number, 4)
        patch = normal[14 * y : 14 * y + 14, 14 * x : 14 * x + 14].flatten()
        torch.testing.assert_close(seen[0][0, number], patch)


def test_the_causal_mask_leaks_nothing(reader: GridReader, pictures: torch.Tensor) -> None:
    state = reader.start(reader.encode(pictures))
    symbols = torch.randint(vocabulary.NUM_SYMBOLS, (3, 5))
    logits = reader.decode(symbols, state).logits
    for step in range(4):
        changed = symbols.clone()
        changed[:, step + 1 :] = (changed[:, step + 1 :] + 1) % vocabulary.NUM_SYMBOLS
        again = reader.decode(changed, state).logits
        assert torch.equal(again[:, : step + 1], logits[:, : step + 1])
        assert not torch.allclose(again[:, step + 1], logits[:, step + 1])


def test_cached_steps_equal_decoding_at_once(reader: GridReader, pictures: torch.Tensor) -> None:
    symbols = torch.randint(vocabulary.NUM_SYMBOLS, (3, 5))
    fresh = reader.start(reader.encode(pictures))
    at_once = reader.decode(symbols, fresh, return_weights=True)
    state, logits, attention = fresh, [], []
    for step in range(5):
        decoded = reader.decode(symbols[:, step : step + 1], state, return_weights=True)
        state = decoded.state
        logits.append(decoded.logits)
        attention.append(decoded.attention)
    torch.testing.assert_close(torch.cat(logits, dim=1), at_once.logits)
    torch.testing.assert_close(torch.cat(attention, dim=1), at_once.attention)


def test_asking_for_attention_changes_no_answer(reader: GridReader, pictures: torch.Tensor) -> None:
    state = reader.start(reader.encode(pictures))
    symbols = torch.randint(vocabulary.NUM_SYMBOLS, (3, 5))
    fused = reader.decode(symbols, state)
    explicit = reader.decode(symbols, state, return_weights=True)
    assert fused.attention is None
    assert explicit.attention.shape == (3, 5, 2, 4, 16)  # (B, T, L, K, N)
    torch.testing.assert_close(explicit.attention.sum(-1), torch.ones(3, 5, 2, 4))
    torch.testing.assert_close(fused.logits, explicit.logits)


def test_pictures_of_a_batch_do_not_see_each_other(
    reader: GridReader, pictures: torch.Tensor
) -> None:
    together = decode_greedily(reader, pictures).probabilities
    apart = torch.cat(
        [decode_greedily(reader, picture[None]).probabilities for picture in pictures]
    )
    torch.testing.assert_close(together, apart)


def test_decoding_refuses_what_makes_no_sense(reader: GridReader, pictures: torch.Tensor) -> None:
    fresh = reader.start(reader.encode(pictures))
    begun = reader.decode(torch.zeros(3, 1, dtype=torch.int64), fresh).state
    with pytest.raises(ValueError, match="one symbol a step"):
        reader.decode(torch.zeros(3, 2, dtype=torch.int64), begun)
    with pytest.raises(ValueError, match="at most 5 steps"):
        reader.decode(torch.zeros(3, 6, dtype=torch.int64), fresh)


def test_one_batch_can_be_overfitted(reader: GridReader, config: ReaderConfig) -> None:
    """Noise with random labels: only a network whose parts all work can learn it by heart."""
    generator = torch.Generator().manual_seed(3)
    pictures = torch.rand(8, 56, 56, generator=generator)
    labels = torch.randint(vocabulary.NUM_CLASSES, (8, 4), generator=generator)
    symbols = add_start_and_finish(labels)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=3e-3)
    for _ in range(150):
        logits = reader(pictures, symbols[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), symbols[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.02
    with torch.inference_mode():
        assert torch.equal(decode_greedily(reader, pictures).symbols, symbols[:, 1:])


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (1, 3), (4, 4)])
def test_other_grids_are_a_setting(rows: int, columns: int, bar_digits: Digits) -> None:
    config = ReaderConfig(rows=rows, columns=columns, encoder_layers=1, decoder_layers=1)
    batches = GridBatches(
        bar_digits, config=config, batch_size=2, blank_grids=0, augmentation=None, seed=0
    )
    with torch.inference_mode():
        greedy = decode_greedily(GridReader(config).eval(), batches.at(0).pictures)
    assert greedy.symbols.shape == (2, rows * columns + 1)
    assert greedy.attention.shape == (2, rows * columns, 1, 4, rows * columns * 4)
