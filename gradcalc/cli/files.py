"""The one writer of files: aside, flushed, renamed, so that no file is ever half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from gradcalc.errors import OutputError


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all; raises OutputError where that fails."""
    with aside(path) as file:
        file.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes whole or not at all; raises OutputError where that fails."""
    with aside(path) as file:
        file.buffer.write(content)


@contextmanager
def aside(path: Path, *, newline: str = "\n") -> Iterator[TextIOWrapper]:
    """Open a new file beside `path` that takes its place when all is written.

    Whatever fails before leaves `path` as it was. Raises OutputError.
    """
    name = None
    try:
        path = path.resolve() if path.is_symlink() else path
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        if path.is_dir():
            raise IsADirectoryError(None, "is a directory")
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
        name = None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{path} could not be written: {reason.lower()}") from None
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
