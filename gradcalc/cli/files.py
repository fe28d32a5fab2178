"""The one writer of files: aside, flushed, renamed, so that no file is ever half written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gradcalc.errors import OutputError, ProblemError

if TYPE_CHECKING:
    from io import TextIOWrapper
    from pathlib import Path

WINDOWS = os.name == "nt"


def write_file(path: Path, text: str, *, lasting: bool = True) -> None:
    """Write a file whole or not at all; raises OutputError where that fails."""
    with aside(path, lasting=lasting) as file:
        file.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes whole or not at all; raises OutputError where that fails."""
    with aside(path) as file:
        file.buffer.write(content)


@contextmanager
def aside(path: Path, *, newline: str = "\n", lasting: bool = True) -> Iterator[TextIOWrapper]:
    """Open a new file beside `path` that takes its place when all is written.

    Whatever fails before leaves `path` as it was. lasting: whether it is on the disk, not
    only on its way there, when it takes its place. Raises OutputError.
    """
    import tempfile
    from pathlib import Path

    from gradcalc.problem.filenames import is_device

    name = None
    try:
        path = path.resolve() if path.is_symlink() else path
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        if WINDOWS and is_device(path.name):
            raise OutputError(f"{path} could not be written: on Windows it names a device")
        if path.is_dir():
            raise IsADirectoryError(None, "is a directory")
        if path.exists() and not path.is_file():
            raise OSError(None, "is not a regular file")
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline=newline) as file:
            yield file
            file.flush()
            if lasting:
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


def keep_apart(outputs: Iterable[Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Raise ProblemError where an output would take the place of an input or another output."""
    known = {_place(each): "is read" for each in inputs if each is not None and each != "-"}
    for path in outputs:
        if path is None:
            continue
        place = _place(path)
        if place in known:
            raise ProblemError(
                f"{path} would be overwritten: it {known[place]} in the same call",
                where=str(path),
                hint="write to another file",
            )
        known[place] = "is written"


def _place(path: str | Path) -> str:
    """Return where a path leads; of links in a circle, where they begin to."""
    return os.path.realpath(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
