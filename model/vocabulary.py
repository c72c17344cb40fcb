"""The thirteen symbols that the decoder reads and writes."""

BLANK = 10  # a cell with no ink
START = 11  # fed to the decoder before the first cell
FINISH = 12  # follows the last cell, and ends decoding

NUM_CLASSES = 11  # of a cell: ten digits or a blank
NUM_SYMBOLS = 13

NAMES: tuple[str, ...] = (*"0123456789", "<blank>", "<start>", "<finish>")


def digit_of(symbol: int) -> int | None:
    """Returns the digit that a symbol stands for, or None where it stands for none."""
    return symbol if 0 <= symbol < BLANK else None
