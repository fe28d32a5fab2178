"""Output to the terminal and to files: width, colour, diagnostics; a file is whole or untouched."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gradcalc.errors import OutputError, ProblemError, UnprovedError, render

if TYPE_CHECKING:
    from io import TextIOWrapper
    from pathlib import Path

    from gradcalc.report.page import Page

WINDOWS = os.name == "nt"

INTERRUPTED, READER_GONE, NOT_WRITTEN, AT_FAULT, OWN_FAULT = 130, 141, 3, 2, 70


class ReaderGoneError(Exception):
    """Whoever read the output has left, as `head` does."""


_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
PIPED, NARROWEST, WIDEST = 80, 30, 100


def columns() -> int:
    """Return the columns to write for: the terminal's within reason, 80 in a pipe."""
    known = os.environ.get("COLUMNS", "")
    if known.isascii() and known.isdigit() and int(known[:6] or 0):
        wide = int(known[:6])
    elif sys.stdout is not None and sys.stdout.isatty():
        wide = shutil.get_terminal_size((PIPED, 24)).columns
    else:
        wide = PIPED
    return min(max(wide, NARROWEST), WIDEST)


def encoding() -> str:
    """Return the encoding of standard output."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def coloured() -> bool:
    """Tell whether standard output is a terminal that is to show colour."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())


def write_page(page: Page) -> None:
    """Write a page to standard output; raises OutputError where that fails.

    Here every text becomes printable, wherever on the page it stands.
    """
    from gradcalc.report.page import paint, printable

    page = printable(page)
    if not coloured():
        write_text(page.plain())
        return

    painted = io.StringIO()  # written in one place, where all faults of a stream are met
    paint(page, painted)
    write_text(painted.getvalue())


def write_json(text: str) -> None:
    """Write JSON to standard output, its signs that could steer a terminal as escapes."""
    write_text(_UNPRINTABLE.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1]


def write_text(text: str) -> None:
    """Write text to standard output; raises OutputError where that fails."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None  # click would make exit code 1 of a broken pipe
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"the output could not be written: {reason.lower()}") from None


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

    from gradcalc.problem.text.source import is_device

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


def report(error: ProblemError) -> int:
    """Write a diagnostic to stderr, in ASCII where the stream cannot carry more.

    Returns the exit code that it asks for.
    """
    text = render(error)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    text = (
        text.translate({ord("┌"): "-", ord("─"): "-", ord("│"): "|"})
        if not _carries("┌─│", encoding)
        else text
    )
    _say(text)
    return OWN_FAULT if isinstance(error, UnprovedError) else AT_FAULT


def _say(text: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    with _spoken():
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=True)


@contextmanager
def _spoken() -> Iterator[None]:
    """Write to stderr; where nobody can read it, the exit code speaks alone."""
    try:
        yield
    except (OSError, ValueError):
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _carries(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
