"""Sentences as data: a template with what stands in it, so that any language can put it into its own words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Phrase:
    """A piece of English whose places, `%(name)s`, are filled from `values`: texts, whole numbers, or further phrases.

    Where `plural` is given it is said of any `number` but 1. As a string it is English.
    """

    text: str
    values: Mapping[str, "str | int | Phrase"] = field(default_factory=dict)
    plural: str = ""
    number: int = 1

    def __str__(self) -> str:
        return self.said(str, lambda one, many, number: one if number == 1 else many)

    def said(self, one: Callable[[str], str], many: Callable[[str, str, int], str]) -> str:
        """Return the phrase with its templates put through `one`, or through `many` where there is a plural."""
        text = many(self.text, self.plural, self.number) if self.plural else one(self.text)
        values = {
            name: value.said(one, many) if isinstance(value, Phrase) else value for name, value in self.values.items()
        }
        return text % values


def phrase(text: str, /, **values: "str | int | Phrase") -> Phrase:
    """Return the phrase of a template and what stands in it."""
    return Phrase(text, values)


def plural_phrase(one: str, many: str, number: int, /, **values: "str | int | Phrase") -> Phrase:
    """Return the phrase that says `one` of 1 and `many` of any other number."""
    return Phrase(one, values, plural=many, number=number)


def joined(parts: Sequence[Phrase], last: str) -> Phrase:
    """Return the phrases in one, with commas between them and `last` before the last: "%(before)s and %(last)s".

    Raises ValueError without parts.
    """
    if not parts:
        raise ValueError("There is nothing to join.")
    if len(parts) == 1:
        return parts[0]
    before = parts[0]
    for part in parts[1:-1]:
        before = phrase("%(before)s, %(next)s", before=before, next=part)
    return phrase(last, before=before, last=parts[-1])
