"""The thirteen symbols that the decoder reads and writes."""

BLANK = 10  # a cell with no ink
START = 11  # fed to the decoder before the first cell
FINISH = 12  # the decoder's way to say that it has read the last cell

NUM_ANSWERS = 11  # what a cell can hold: ten digits or a blank
NUM_SYMBOLS = 13

NAMES: tuple[str, ...] = (*"0123456789", "<blank>", "<start>", "<finish>")


def digit_of(symbol: int) -> int | None:
    """Returns the digit that a symbol stands for, or None where it stands for none."""
    return symbol if 0 <= symbol < BLANK else None
