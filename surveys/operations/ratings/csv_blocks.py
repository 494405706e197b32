"""The quick way through a large CSV file that is as plain as a program writes it; any other goes the slow way.

The slow way, Python's own csv module, decides what is right and finds the line of a fault. The quick way takes nothing
that the slow way would refuse or read otherwise: in every block of lines each row is seen to have as many cells as the
header, quotation marks stand around whole cells only, and no line is blank. Cells are told apart by their bytes, eight
at once, and only one of each kind becomes a text.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.operations.ratings.layouts import Heading
from surveys.operations.ratings.tables import Coder, Codes, Column

_BYTES_AT_ONCE = 1 << 24
_QUOTE, _LINE_END = ord('"'), ord("\n")
_WORD = 8
# What to keep of a word of which only the first bytes, from 0 to all, belong to the cell.
_KEPT = np.array([(1 << _WORD * kept) - 1 for kept in range(_WORD + 1)], dtype=np.uint64)

# Fibonacci hashing (Knuth): the upper bits of a product with 2^64 by the golden ratio.
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HASH_BITS = 18
_SHIFT = np.uint64(64 - _HASH_BITS)

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Words = npt.NDArray[np.uint64]


def read_blocks(
    path: Path, header_lines: int, separator: str, width: int, headings: Sequence[Heading]
) -> tuple[Column, ...] | None:
    """Return the columns of these headings, or None where the file has to go the slow way.

    The header takes `header_lines` lines and has `width` columns.
    """
    coders = [Coder() for _ in headings]
    for block in _blocks(path, header_lines):
        signs = np.frombuffer(block, dtype=np.uint8)
        cells = _cells(block, signs, ord(separator), width)
        if cells is None:
            return None
        words, (starts, ends) = _words(block), cells
        quoted = signs[starts] == _QUOTE
        firsts, lasts = (starts + quoted).reshape(-1, width), (ends - quoted).reshape(-1, width)
        for coder, heading in zip(coders, headings, strict=True):
            first, last = firsts[:, heading.place].copy(), lasts[:, heading.place].copy()
            codes, rows = _told_apart(words, first, last - first)
            coder.add_coded([block[first[row] : last[row]].decode() for row in rows.tolist()], codes)
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


def _cells(block: bytes, signs: Bytes, separator: int, width: int) -> tuple[Places, Places] | None:
    """Return where each cell starts and where it ends, row by row; None where the block is not plain."""
    if b"\r" in block or b"\0" in block or not _is_utf8(block):
        return None
    is_end = (signs == separator) | (signs == _LINE_END)
    if b'"' in block:
        is_quote = signs == _QUOTE
        if not _quotes_surround_cells(signs, np.flatnonzero(is_quote), separator):
            return None
        # Within quotation marks, where an odd number of them came before, nothing ends.
        is_end &= ~np.logical_xor.accumulate(is_quote)
    ends = np.flatnonzero(is_end)
    if len(ends) % width:
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    if lengths.max() > csv.field_size_limit() or (width == 1 and lengths.min() == 0):
        return None
    signs_of_rows = signs[ends].reshape(-1, width)
    is_plain = (signs_of_rows[:, -1] == _LINE_END).all() and (signs_of_rows[:, :-1] == separator).all()
    return (starts, ends) if is_plain else None


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False


def _quotes_surround_cells(signs: Bytes, quotes: Places, separator: int) -> bool:
    """Whether every odd mark begins a cell and every even one ends it."""
    if len(quotes) % 2:
        return False
    before = signs[quotes[::2] - 1]
    before[quotes[::2] == 0] = _LINE_END
    after = signs[quotes[1::2] + 1]
    ends = np.array([separator, _LINE_END], dtype=np.uint8)
    return bool(np.isin(before, ends).all() and np.isin(after, ends).all())


def _told_apart(words: Words, starts: Places, lengths: Places) -> tuple[Codes, Places]:
    """Return a code for each cell, in the order of appearance, and the first row of each code.

    As no byte is zero, cells are alike where all their words are, filled up with zeros.
    """
    codes: npt.NDArray[np.signedinteger[Any]] = np.zeros(len(starts), dtype=np.int64)
    first = np.zeros(1, dtype=np.intp)
    shortest, longest = int(lengths.min()), int(lengths.max())
    for offset in range(0, longest, _WORD):
        if offset + _WORD <= shortest:
            word = words[starts + offset]
        else:
            places = np.minimum(starts + offset, len(words) - 1)
            word = words[places] & _KEPT[np.clip(lengths - offset, 0, _WORD)]
        if not np.array_equal(word[first][codes], word):
            of_word, kinds = _kinds(word)
            codes, first = _kinds((codes * len(kinds) + of_word).astype(np.uint64))
    return codes, first


def _words(block: bytes) -> Words:
    """Return the eight bytes that start at each byte, those after the end being zero."""
    return np.ndarray(len(block), np.dtype("<u8"), block + b"\0" * _WORD, strides=(1,))


def _kinds(words: Words) -> tuple[Codes, Places]:
    """Return a code for each word, in the order of appearance, and the first row of each code.

    Words that come in long runs are looked at once a run.
    """
    begins = np.concatenate(([True], words[1:] != words[:-1]))
    runs = np.flatnonzero(begins)
    if 2 * len(runs) < len(words):
        codes, first = _kinds(words[runs])
        return codes[np.cumsum(begins) - 1], runs[first]
    like = _first_alike(words)
    first = np.flatnonzero(like == np.arange(len(words)))
    codes = np.empty(len(words), dtype=np.int64)
    codes[first] = np.arange(len(first))
    return codes[like], first


def _first_alike(words: Words) -> Places:
    """Return for each word the first row that has it.

    A hash finds it without sorting; where two kinds have one place, the one that comes later goes on to another hash.
    """
    earliest, mixed = np.zeros(1 << _HASH_BITS, dtype=np.intp), words
    like = left = np.arange(len(words))
    while len(left):
        mixed = mixed * _MIX
        place = (mixed >> _SHIFT).astype(np.intp)
        # Of several values for one place the last one stays: from the end, that is the first row.
        earliest[place[::-1]] = left[::-1]
        found = earliest[place]
        lost = np.flatnonzero(words[found] != words[left])
        if left is like:
            like = found
        else:
            like[left] = found
        left, mixed = left[lost], mixed[lost]
    return like
