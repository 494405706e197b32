"""Every word that a person sees goes through gettext."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
PAGES = sorted(
    path
    for path in (ROOT / "surveys").rglob("*.py")
    if "migrations" not in path.parts and "consensus" not in path.parts and "operations" not in path.parts
)
SPEAKING_ERRORS = {"StudyError", "ProtocolLocked", "PanelError", "RosterFrozen", "RoundError", "ValidationError"}
SPEAKING_KEYWORDS = {"label", "help_text", "verbose_name", "empty_label", "violation_error_message"}
# Said as they are in every language.
NAMES = re.compile(r"\b(CSV|XLSX|JSON|Delphi Panel|[A-Z0-9]{1,4})\b|&[a-z]+;|&#\d+;")


def spoken(template: str) -> list[str]:
    """The words of a template that stand outside translation tags: text, and attributes that are read out."""
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", template, flags=re.DOTALL)
    text = re.sub(r"{%\s*block \w*_?class\s*%}.*?{%\s*endblock\s*%}", "", text)
    text = re.sub(r"{%\s*blocktrans(late)?\b.*?endblocktrans(late)?\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"', text)
    content = re.sub(r"<(script|template)\b[^>]*>", "<x>", text)
    content = re.sub(r"<[^>]*>", "\n", content)
    lines = [NAMES.sub("", line).strip() for line in [*content.splitlines(), *attributes]]
    return [line for line in lines if re.search(r"[A-Za-z]{2,}", line)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_past_gettext(path: Path) -> None:
    assert spoken(path.read_text()) == []


def test_the_check_finds_a_bare_word() -> None:
    assert spoken("<p>{% translate 'Fine' %} bare</p>") == ["bare"]
    assert spoken('<p aria-label="bare">{% blocktranslate %}fine{% endblocktranslate %}</p>') == ["bare"]


def literals(tree: ast.AST) -> list[str]:
    """Literal sentences that are handed to an error, a message or a form's label."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        of = getattr(node.func.value, "id", "") if isinstance(node.func, ast.Attribute) else ""
        suspects = [keyword.value for keyword in node.keywords if keyword.arg in SPEAKING_KEYWORDS]
        if name in SPEAKING_ERRORS:
            suspects += node.args[:1]
        if of == "messages":
            suspects += node.args[1:2]
        found += [ast.unparse(value) for value in suspects if _is_bare(value)]
    return found


def _is_bare(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and bool(re.search(r"[A-Za-z]{2,}", value.value))
    if isinstance(value, ast.JoinedStr):
        return any(_is_bare(part) for part in value.values if isinstance(part, ast.Constant))
    return False


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_nothing_past_gettext(path: Path) -> None:
    assert literals(ast.parse(path.read_text())) == []


def test_the_check_finds_a_bare_sentence() -> None:
    assert literals(ast.parse("raise RoundError('bare words')\nmessages.info(request, f'bare {x}')\n")) == [
        "'bare words'",
        "f'bare {x}'",
    ]
