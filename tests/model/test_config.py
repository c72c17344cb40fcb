"""Config and vocabulary: checked when they are made."""

import pytest

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": 0}, "rows: expected a whole number of at least 1, got 0"),
        ({"columns": 2.0}, "columns: expected a whole number"),
        ({"encoder_layers": True}, "encoder_layers: expected a whole number"),
        ({"dropout": 1.0}, r"dropout: expected a number in \[0, 1\), got 1.0"),
        ({"dropout": float("nan")}, "dropout"),
        ({"num_heads": 5}, "num_heads: expected a divisor of d_model 64, got 5"),
        ({"patch_size": 13}, "patch_size: expected a divisor of cell_size 28, got 13"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReaderConfig(**changes)


def test_a_config_survives_json() -> None:
    config = ReaderConfig(rows=4, columns=4, dropout=0.1)
    assert ReaderConfig.from_dict(config.to_dict()) == config


def test_symbols_stand_for_digits_or_for_none() -> None:
    assert [vocabulary.digit_of(symbol) for symbol in range(14)] == [*range(10)] + [None] * 4
