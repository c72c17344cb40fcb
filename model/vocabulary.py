"""The fourteen symbols that the decoder reads and writes."""

BLANK = 10  # a cell with no ink
OTHER = 11  # a cell with ink that is no digit
START = 12  # fed to the decoder before the first cell
FINISH = 13  # follows the last cell, and ends decoding

NUM_CLASSES = 12  # of a cell: ten digits, a blank, or something else
NUM_SYMBOLS = 14

NAMES: tuple[str, ...] = (*"0123456789", "<blank>", "<other>", "<start>", "<finish>")
# As they are written in the text of a reading.
SIGNS: tuple[str, ...] = (*"0123456789_?", "<start>", "<finish>")


def digit_of(symbol: int) -> int | None:
    """Returns the digit that a symbol stands for, or None where it stands for none."""
    return symbol if 0 <= symbol < BLANK else None
