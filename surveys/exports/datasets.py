"""The dataset of a sealed study as a file: one row for each panelist, where the protocol promised it."""

import io
import json
from collections.abc import Mapping
from typing import Any

from surveys.exports.csv_files import written
from surveys.exports.files import CONTENT_TYPES, ExportFile
from surveys.feedback.models import Sealing
from surveys.sheets.boxes import ABSTAIN
from surveys.studies.models import Study

FORMS = ("csv", "json")
_TEXTS: Mapping[int | str | None, str] = {
    None: "",
    **{rating: str(rating) for rating in range(1, 10)},
    ABSTAIN: ABSTAIN,
}
_AT_ONCE = 5_000


def dataset_file(study: Study, form: str) -> ExportFile:
    """The dataset, for facilitators and administrators. Raises ValueError where there is none in this form.

    CSV: `code`, `group` where it is told, then a column for each round and statement. JSON says their wordings too.
    """
    dataset = Sealing.objects.filter(study=study).values_list("dataset", flat=True).first()
    if dataset is None or form not in FORMS:
        raise ValueError("There is no such dataset.")
    if form == "json":
        told = {"study": {"slug": study.slug, "title": study.title}, **dataset}
        content = f"{json.dumps(told, indent=1, ensure_ascii=False)}\n".encode()
    else:
        content = _csv(dataset)
    return ExportFile(f"{study.slug}-rows.{form}", CONTENT_TYPES[form], content)


def _csv(dataset: Any) -> bytes:
    """Some rows at a time. Of all cells the groups alone are anybody's words, and could be formulas or need quoting."""
    has_groups, rows = dataset["has_groups"], dataset["rows"]
    heading = ["code", *(["group"] if has_groups else []), *(one["name"] for one in dataset["columns"])]
    groups = {row["group"]: f",{_cell(row['group'])}" if has_groups else "" for row in rows}
    file = io.BytesIO()
    file.write(written(heading, []))
    for start in range(0, len(rows), _AT_ONCE):
        lines = (
            f"{row['code']}{groups[row['group']]},{','.join(map(_TEXTS.__getitem__, row['ratings']))}\r\n"
            for row in rows[start : start + _AT_ONCE]
        )
        file.write("".join(lines).encode())
    return file.getvalue()


def _cell(text: str) -> str:
    """The text as one of several cells of a row: guarded, and quoted where it must be."""
    return written(["", text], []).decode().removeprefix(",").removesuffix("\r\n")
