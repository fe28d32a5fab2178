"""The border to the terminal: width, encoding, colour, and what cannot be written."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from gradcalc.errors import OutputError, visible

if TYPE_CHECKING:
    from gradcalc.report.page import Page


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
    page.lines = [tuple((visible(text), style) for text, style in line) for line in page.lines]
    if not coloured():
        write_text(page.plain())
        return
    from gradcalc.report.paint import paint

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
