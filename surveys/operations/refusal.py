"""How a command refuses bad input: one sentence on standard error, and exit code 2."""

import re

BAD_INPUT = 2


class Refusal(Exception):
    """Why a command does not do what it was asked; the message is one sentence."""

    def __init__(self, sentence: str, code: int = BAD_INPUT) -> None:
        super().__init__(sentence)
        self.code = code


def whole_number(text: str | int, *, what: str, most: int = 999_999_999) -> int:
    """A whole number from 1 to `most` that was given as text. Raises Refusal."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", str(text), re.ASCII) or int(text) > most:
        raise Refusal(f"“{str(text)[:40]}” is not {what}: give a whole number from 1 to {most}.")
    return int(text)
