"""The quick way through a large CSV file that is as plain as a program writes it; any other goes the slow way.

The slow way, Python's own csv module, decides what is right and finds the line of a fault. The quick way takes nothing
that the slow way would refuse or read otherwise: in every block of lines each row is counted to have as many cells as
the header, quotation marks stand around whole cells only, and no line is blank.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.operations.ratings.layouts import Heading
from surveys.operations.ratings.tables import Coder, Column

_BYTES_AT_ONCE = 1 << 22
_QUOTE, _LINE_END = ord('"'), ord("\n")
# What makes a column of numbers one of texts, for pandas would take 08 for 8.
_TEXT = b"text"

Bytes = npt.NDArray[np.uint8]


def read_blocks(
    path: Path, header_lines: int, separator: str, width: int, headings: Sequence[Heading]
) -> tuple[Column, ...] | None:
    """Return the columns of these headings, or None where the file has to go the slow way.

    The header takes `header_lines` lines and has `width` columns.
    """
    coders = [Coder() for _ in headings]
    for block in _blocks(path, header_lines):
        if not _is_plain(block, separator.encode(), width):
            return None
        for coder, parsed in zip(coders, _parsed(block, separator, width, headings), strict=True):
            texts = parsed.categories.tolist()
            if not all(isinstance(text, str) for text in texts):
                return None
            coder.add_coded(texts, parsed.codes[1:])
    return tuple(coder.column(heading) for coder, heading in zip(coders, headings, strict=True))


def _blocks(path: Path, header_lines: int) -> Iterator[bytes]:
    """The lines after the header, many at once, each with a line feed at its end; a stray carriage return stays."""
    with path.open("rb") as file:
        header = b"".join(file.readline() for _ in range(header_lines))
        if b"\r" in header.replace(b"\r\n", b""):
            # The lines of the header were counted otherwise.
            yield b"\r"
        while block := file.read(_BYTES_AT_ONCE):
            block += file.readline()
            if b"\r" in block:
                block = block.replace(b"\r\n", b"\n")
            yield block if block.endswith(b"\n") else block + b"\n"


def _is_plain(block: bytes, separator: bytes, width: int) -> bool:
    if b"\r" in block or b"\0" in block or not _is_utf8(block):
        return False
    signs = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero((signs == ord(separator)) | (signs == _LINE_END))
    if b'"' in block:
        quotes = np.flatnonzero(signs == _QUOTE)
        if not _quotes_surround_cells(signs, quotes, ord(separator)):
            return False
        # Within quotation marks, where an odd number of them came before, nothing ends.
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    lengths = np.diff(ends, prepend=-1)
    if len(ends) % width or lengths.max() > csv.field_size_limit() or (width == 1 and lengths.min() == 1):
        return False
    ends_of_rows = signs[ends].reshape(-1, width)
    return bool((ends_of_rows[:, -1] == _LINE_END).all() and (ends_of_rows[:, :-1] == ord(separator)).all())


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False


def _quotes_surround_cells(signs: Bytes, quotes: npt.NDArray[np.intp], separator: int) -> bool:
    """Whether every odd mark begins a cell and every even one ends it."""
    if len(quotes) % 2:
        return False
    before = signs[quotes[::2] - 1]
    before[quotes[::2] == 0] = _LINE_END
    after = signs[quotes[1::2] + 1]
    ends = np.array([separator, _LINE_END], dtype=np.uint8)
    return bool(np.isin(before, ends).all() and np.isin(after, ends).all())


def _parsed(block: bytes, separator: str, width: int, headings: Sequence[Heading]) -> Iterator[pd.Categorical]:
    first = separator.encode().join([_TEXT] * width) + b"\n"
    frame = pd.read_csv(
        io.BytesIO(first + block),
        sep=separator,
        header=None,
        names=range(width),
        index_col=False,
        usecols=[heading.place for heading in headings],
        dtype="category",
        na_filter=False,
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
    )
    for heading in headings:
        yield frame[heading.place].array
