"""Text that no spreadsheet takes for a formula."""

import re

# Controls but tab and line ends, lone surrogates and non-characters: XML cannot hold them, and nobody types them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What spreadsheets take for the beginning of a formula, with the full-width forms that some of them fold.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(text: str) -> str:
    """The text without control characters; tabs and line ends stay."""
    return _UNPRINTABLE.sub("", text)


def unformulated(text: str) -> str:
    """The plain text, an apostrophe before it where a spreadsheet that opens a CSV would see a formula.

    Spaces before the sign do not hide it: some programs trim them.
    """
    clean = plain(text)
    return f"'{clean}" if clean.startswith(_FORMULA) or clean.lstrip().startswith(_FORMULA) else clean
