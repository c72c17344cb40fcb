import numpy as np
import onnxruntime
import pytest
import torch

from model import vocabulary
from model.config import ReaderConfig
from model.decoding import GreedyDecoding, decode_greedily
from model.reader import GridReader
from training.export import make_graph
from training.onnx_graph import GreedyGraph

CONFIGS = (
    ReaderConfig(),
    ReaderConfig(encoder_layers=1, decoder_layers=1, num_heads=2, mlp_width=96),
    ReaderConfig(rows=4, columns=4, encoder_layers=1),
    ReaderConfig(rows=1, columns=3, patch_size=7, encoder_layers=2, decoder_layers=3, num_heads=8),
)


def random_reader(config: ReaderConfig, finish_bias: float = 0.0) -> GridReader:
    """A reader in which no gain is one and no bias zero, so that each has to be carried over."""
    torch.manual_seed(0)
    reader = GridReader(config).eval()
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter) * (parameter.std(False) + 0.3))
        reader.to_logits.bias[vocabulary.FINISH] += finish_bias
    return reader


def random_pictures(config: ReaderConfig, count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, config.height, config.width), dtype=torch.uint8)


def assert_same(answers: tuple[torch.Tensor, ...], expected: GreedyDecoding) -> None:
    symbols, probabilities, attention = answers
    assert torch.equal(symbols, expected.symbols)
    torch.testing.assert_close(probabilities, expected.probabilities, atol=1e-4, rtol=0)
    torch.testing.assert_close(attention, expected.attention, atol=1e-4, rtol=0)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_graph_reads_as_the_network_does(config: ReaderConfig) -> None:
    reader = random_reader(config)
    pictures = random_pictures(config, 16)
    with torch.inference_mode():
        assert_same(GreedyGraph(reader)(pictures), decode_greedily(reader, pictures.float() / 255))


def test_rows_that_end_early_stay_ended() -> None:
    config = ReaderConfig(encoder_layers=2)
    pictures = random_pictures(config, 64)
    endings = set()
    for finish_bias in (0.0, 1.0, 2.0, 4.0):
        reader = random_reader(config, finish_bias)
        with torch.inference_mode():
            expected = decode_greedily(reader, pictures.float() / 255)
            assert_same(GreedyGraph(reader)(pictures), expected)
        endings |= set((expected.symbols == vocabulary.FINISH).sum(dim=1).tolist())
    assert len(endings) > 1, "all rows ended at the same step"


@pytest.mark.long
@pytest.mark.parametrize("config", CONFIGS)
def test_the_exported_graph_reads_any_batch(config: ReaderConfig) -> None:
    reader = random_reader(config)
    session = onnxruntime.InferenceSession(
        make_graph(reader).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for count in (1, 2, 7, 32):
        pictures = random_pictures(config, count)
        with torch.inference_mode():
            expected = decode_greedily(reader, pictures.float() / 255)
        outputs = session.run(None, {"pictures": pictures.numpy()})
        assert_same(tuple(map(torch.from_numpy, map(np.array, outputs))), expected)
