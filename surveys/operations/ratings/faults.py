"""What is wrong with the input of the command, told in one sentence."""

import json

_LONGEST_QUOTE = 40


class InputFault(ValueError):
    """What is wrong with the input, in one sentence."""


def quoted(text: str) -> str:
    """Return the text in double quotes, on one line, long ones shortened."""
    short = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return json.dumps(short, ensure_ascii=False)
