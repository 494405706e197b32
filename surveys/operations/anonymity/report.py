"""The report of a check, as a text that can be printed and attached to an application."""

import datetime as dt
import json
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from surveys.operations.anonymity.findings import Verdict
from surveys.operations.anonymity.limits import NOT_PROTECTED, PROMISE

WIDTH = 92
Attack = Mapping[str, Any]


def software_version() -> str:
    """The program's version, as its own description says it."""
    described = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(described["project"]["version"])


def completed(result: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """The result of `scratch.attack_scratch` with all that the report says besides."""
    attacks = [{**attack, "verdict": str(attack["verdict"])} for attack in result["attacks"]]
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "version": software_version(),
        **result,
        "attacks": attacks,
        "holds": not breached(attacks),
        "promise": [str(sentence) for sentence in PROMISE],
        "not_protected": [str(sentence) for sentence in NOT_PROTECTED],
    }


def breached(attacks: Iterable[Attack]) -> list[str]:
    """The numbers of the attacks that succeeded."""
    return [attack["query"] for attack in attacks if attack["verdict"] == Verdict.BROKEN]


def as_json(report: Mapping[str, Any]) -> str:
    """The report for programs."""
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def as_text(report: Mapping[str, Any]) -> str:
    """The report for people."""
    made = dt.datetime.fromisoformat(report["made_at"])
    parts = [
        _heading("Delphi Panel: anonymity check", "="),
        _paragraph(
            f"Made on {made.day} {made:%B %Y} at {made:%H:%M} UTC, by version {report['version']} of the software, on "
            f"{report['database']}, {'with' if report['redis'] else 'without'} Redis."
        ),
        _heading("Result"),
        _paragraph(_outcome(report)),
        _heading("What was done"),
        _paragraph(_method(report)),
        _heading("What is promised"),
        *(_item(sentence) for sentence in report["promise"]),
        _heading("The attacks in short"),
        _table(report["attacks"]),
        "",
        _paragraph(_reading(report)),
        _heading("The attacks one by one"),
        "\n\n".join(_told(attack) for attack in report["attacks"]),
        _heading("What is not protected"),
        *(_item(sentence) for sentence in report["not_protected"]),
    ]
    return "\n".join(parts) + "\n"


def _outcome(report: Mapping[str, Any]) -> str:
    attacks = report["attacks"]
    broken = breached(attacks)
    if broken:
        which = ", ".join(broken)
        return f"THE PROMISE DOES NOT HOLD HERE. {len(broken)} attacks succeeded: {which}. Do not open a round."
    held = sum(attack["verdict"] == Verdict.HOLDS for attack in attacks)
    absent = [attack["query"] for attack in attacks if attack["verdict"] == Verdict.NOT_HERE]
    others = f" {len(absent)} do not apply to this installation ({', '.join(absent)})." if absent else ""
    return (
        f"The promise held against all {held} attacks that were tried.{others} One more, Q22, shows the limit of the "
        "promise and succeeds, as it must."
    )


def _method(report: Mapping[str, Any]) -> str:
    times = "once" if report["trials"] == 1 else f"{report['trials']} times, each time anew"
    return (
        "A study was made in a scratch database beside the installation's own, by the same program with the same "
        f"settings: {report['panelists']} made-up panelists rated {report['statements']} statements in two rounds, the "
        "first closed and released, the second answered in random order, with drafts and reasons. This was done "
        f"{times}. Each study was attacked by somebody who has a copy of the whole database while the second round is "
        "open, after it has closed, and after the study's key is destroyed. Who wrote what was known to the check "
        "alone, which so could count how many people an attack gave away. Where an attack guesses, it is called a "
        "success only if the best of its ways is right more often than luck would have it (one-sided Poisson test, "
        "p < 0.001 over all ways of all attacks). The installation's own data was neither read nor changed, and no "
        "mail was sent."
    )


def _reading(report: Mapping[str, Any]) -> str:
    people, trials = report["panelists"], report["trials"]
    repeated = f"; where it was made in all {trials} studies, of {people * trials}" if trials > 1 else ""
    return (
        f"How to read this: people are counted of the {people} of one study{repeated}. An attack that guesses tries "
        "many ways, and the luckiest of them is shown, so it lies above the chance of a single way. It holds as long "
        "as luck explains it; from how many on it would be more than luck is said with each attack below."
    )


def _table(attacks: Iterable[Attack]) -> str:
    lines = [f"{'':<5}{'Attack':<44}{'State':<14}{'Re-linked':>12}{'Chance':>8}  Verdict"]
    for attack in attacks:
        applies = attack["verdict"] != Verdict.NOT_HERE
        relinked = f"{attack['relinked']} of {attack['people']}" if applies else "-"
        chance = _chance(attack) if applies else "-"
        title = textwrap.shorten(attack["title"], 43, placeholder=" …")
        lines.append(
            f"{attack['query']:<5}{title:<44}{attack['state']:<14}{relinked:>12}{chance:>8}  {attack['verdict']}"
        )
    return "\n".join(lines)


def _chance(attack: Attack) -> str:
    return f"{attack['chance']:.0%}"


def _told(attack: Attack) -> str:
    lines = [f"{attack['query']}  {attack['title']}: {attack['verdict']}"]
    said = [f"Tried: {attack['tried']}"]
    if attack["verdict"] == Verdict.NOT_HERE:
        said = [attack["note"]]
    else:
        said += [f"State: {attack['state']}. {_counted(attack)}"]
        said += [attack["note"]] if attack["note"] else []
    said += [f"Found: {each}." for each in attack["found"]]
    return "\n".join([*lines, *(_item(sentence, mark="    ") for sentence in said)])


def _counted(attack: Attack) -> str:
    people, relinked = attack["people"], attack["relinked"]
    if attack["ways"]:
        return (
            f"Re-linked: {relinked} of {people} people, by the best of {attack['ways']} ways of guessing. By chance "
            f"one way gives {people * attack['chance']:.0f} ({_chance(attack)}); from {attack['finding_from']} on it "
            "would be more than luck."
        )
    return f"Re-linked: {relinked} of {people} people; by chance none."


def _heading(words: str, line: str = "-") -> str:
    return f"{'' if line == '=' else chr(10)}{words}\n{line * len(words)}"


def _paragraph(words: str) -> str:
    return textwrap.fill(words, WIDTH)


def _item(words: str, mark: str = "  - ") -> str:
    return textwrap.fill(words, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
