"""Reading a file of ratings, whatever it is."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from django.utils.module_loading import import_string

from surveys.consensus import Scale
from surveys.operations.ratings.cells import Ratings, ratings_of
from surveys.operations.ratings.csv_files import encoding_fault, read_csv
from surveys.operations.ratings.faults import InputFault

_XLSX = b"PK\x03\x04"
# By its name, so that openpyxl is loaded for a workbook alone: it takes longer than judging a small CSV file.
_READS_XLSX = "surveys.operations.ratings.xlsx_files.read_xlsx"
_XLS = b"\xd0\xcf\x11\xe0"


def read_ratings(
    path: Path, scale: Scale, abstentions: AbstractSet[str] = frozenset(), ignored: Sequence[str] = ()
) -> Ratings:
    """Return the ratings of a CSV or XLSX file.

    `abstentions` are the texts that count as abstaining, `ignored` the names of columns to leave out. Raises
    InputFault, naming row and column, where anything in the file is not as it should be.
    """
    if path.is_fifo():
        # It can be read once, and a file is read several times.
        raise InputFault(f"{path} is a pipe; save the ratings as a file first.")
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start == _XLS:
            raise InputFault("The file is an old .xls workbook or has a password; save it as .xlsx without one.")
        read = import_string(_READS_XLSX) if start == _XLSX else read_csv
        table, is_long = read(path, ignored)
    except UnicodeDecodeError:
        raise InputFault(encoding_fault(path)) from None
    except OSError as error:
        raise InputFault(f"{path} cannot be read: {error.strerror}.") from None
    if not table.rows:
        raise InputFault("The file has a header and no ratings.")
    return ratings_of(table, is_long, scale, abstentions)
