"""Ratings that came from anywhere: CSV and XLSX files, long or wide, and the exports of survey programs."""

from surveys.operations.ratings.cells import ABSTAINED, MISSING, Ratings
from surveys.operations.ratings.faults import InputFault, quoted
from surveys.operations.ratings.files import read_ratings
from surveys.operations.ratings.tables import Codes

__all__ = ["ABSTAINED", "MISSING", "Codes", "InputFault", "Ratings", "quoted", "read_ratings"]
