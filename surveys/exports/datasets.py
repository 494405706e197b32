"""The dataset of a sealed study as a file: one row for each panelist, where the protocol promised it."""

import json

from surveys.exports.csv_files import written
from surveys.exports.files import CONTENT_TYPES, ExportFile
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
        heading = ["code", *(["group"] if dataset["has_groups"] else []), *(one["name"] for one in dataset["columns"])]
        rows = (
            [row["code"], *([row["group"]] if dataset["has_groups"] else []), *row["ratings"]]
            for row in dataset["rows"]
        )
        content = written(heading, rows)
    return ExportFile(f"{study.slug}-rows.{form}", CONTENT_TYPES[form], content)
