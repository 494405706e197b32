"""Where a command writes what it made."""

import os
import secrets
import sys
from pathlib import Path

from surveys.operations.refusal import Refusal

STANDARD_OUTPUT = "-"


def write_output(content: bytes, output: str) -> None:
    """Write a file whole or not at all; `-` is standard output. Raises Refusal."""
    if output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise Refusal(f"{output} cannot be written: {reason}.") from fault
    finally:
        draft.unlink(missing_ok=True)
