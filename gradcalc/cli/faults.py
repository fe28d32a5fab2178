"""What is said of a fault of the program itself: one line that can be reported."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from gradcalc import __version__
from gradcalc.errors import visible

TRACEBACK = "GRADCALC_TRACEBACK"
"""The variable of the environment that asks for the traceback."""
LONGEST = 200
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')


def fault(error: Exception, arguments: Sequence[str]) -> str:
    """Return what is to be reported of an exception that nothing has foreseen.

    One line; below it the traceback where the environment asks for it.
    """
    import shlex
    import traceback

    said = str(error).strip()
    reason = f" ({_short(said)})" if said else ""
    place = _place(error)
    line = (
        f"error: a fault of gradcalc {__version__}: {type(error).__name__}"
        f"{place and ' at '}{place}{reason}; command: {_short(shlex.join(arguments))};"
        f" please report this line with the files, {TRACEBACK}=1 shows more"
    )
    if os.environ.get(TRACEBACK, "") in ("", "0"):
        return line
    frames = "".join(traceback.format_exception(error)).rstrip("\n")
    return "\n".join((line, *map(visible, frames.split("\n"))))


def _place(error: Exception) -> str:
    """Return the innermost place in this package that an exception has passed."""
    import traceback
    from pathlib import Path

    package = Path(__file__).parents[1]
    frames = [
        (frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__
    if cause is not None and cause.__traceback__ is None:  # the text that another process sent
        frames += [(name, int(line)) for name, line in _FRAME.findall(str(cause))]
    for name, line in reversed(frames):
        path = Path(name)
        if path.is_relative_to(package):
            return f"{path.relative_to(package.parent).as_posix()}:{line}"
    return ""


def _short(text: str) -> str:
    """Return a text on one line, at a length that can be read."""
    plain = visible(" ".join(text.split()))
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"
