#!/usr/bin/env python
"""Django's commands, for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command; a refused environment is one sentence and exit 2, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "delphi.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
