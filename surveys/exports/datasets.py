"""The dataset of a sealed study as a file: one row for each panelist, where the protocol promised it."""

import csv
import io
import json
from typing import Any

from surveys.exports.files import CONTENT_TYPES, ExportFile
from surveys.exports.text import unformulated
from surveys.feedback.models import Sealing
from surveys.studies.models import Study

FORMS = ("csv", "json")


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
    """Row by row. Codes and ratings are the application's own, so that the groups alone could be formulas."""
    file = io.BytesIO()
    with io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True) as text:
        writer = csv.writer(text)
        names = [one["name"] for one in dataset["columns"]]
        if dataset["has_groups"]:
            writer.writerow(["code", "group", *names])
            guarded = {row["group"]: unformulated(row["group"]) for row in dataset["rows"]}
            writer.writerows((row["code"], guarded[row["group"]], *row["ratings"]) for row in dataset["rows"])
        else:
            writer.writerow(["code", *names])
            writer.writerows((row["code"], *row["ratings"]) for row in dataset["rows"])
        text.flush()
        return file.getvalue()
