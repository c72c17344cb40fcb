"""The thirteen symbols that the decoder reads and writes."""

from collections.abc import Iterable, Sequence

from model.errors import ConfigError

DIGITS = tuple(range(10))
BLANK = 10  # a cell with no ink
START = 11  # fed to the decoder before the first cell
FINISH = 12  # the decoder's way to say that it has read the last cell

NUM_ANSWERS = 11  # what a cell can hold: ten digits or a blank
NUM_SYMBOLS = 13

NAMES: tuple[str, ...] = (*map(str, DIGITS), "<blank>", "<start>", "<finish>")


def encode(digits: Iterable[int | None]) -> list[int]:
    """Turns the contents of cells into symbols.

    Args:
        digits: One entry a cell in reading order: 0 to 9, or None for a blank cell.

    Returns:
        One symbol a cell, without ``<start>`` and ``<finish>``.

    Raises:
        ConfigError: An entry is neither None nor a digit.
    """
    symbols = []
    for digit in digits:
        if digit is not None and digit not in DIGITS:
            raise ConfigError(f"expected a digit 0 to 9, or None for a blank cell; got {digit!r}")
        symbols.append(BLANK if digit is None else int(digit))
    return symbols


def decode(symbols: Sequence[int]) -> list[int | None]:
    """Turns symbols of cells back into digits; everything that is no digit becomes None."""
    return [int(symbol) if symbol in DIGITS else None for symbol in symbols]
