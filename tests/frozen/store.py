"""What is kept of a run, and how two of them differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from tests.frozen.run import Outcome, Run

CONTEXT = 1
LONGEST = 200
"""Signs of a line of a difference that are shown."""


def told(run: Run, outcome: Outcome) -> bytes:
    """Return a run and its outcome as the bytes of one file.

    Every part is told with its length, so that no two outcomes have the same bytes.
    """
    head = f"$ {run.call}\nexit code {outcome.code}\n".encode()
    parts = (f"\n=== {name}, {len(data)} bytes\n".encode() + data for name, data in outcome.parts)
    return head + b"".join(parts)


def file_of(folder: Path, name: str) -> Path:
    """Return where a run is kept."""
    return folder / "runs" / f"{name}.txt"


def keep(folder: Path, name: str, data: bytes) -> None:
    """Keep what a run has given."""
    path = file_of(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def names(folder: Path) -> list[str]:
    """Return the names of all runs that are kept."""
    runs = folder / "runs"
    paths = sorted(runs.rglob("*.txt"))
    return [path.relative_to(runs).with_suffix("").as_posix() for path in paths]


def difference(name: str, before: bytes, after: bytes, most: int) -> Iterator[str]:
    """Yield the lines of a unified diff, `most` of them, with what cannot be seen as escapes."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), f"{name} (kept)", f"{name} (now)", n=CONTEXT, lineterm=""
    )
    for at, line in enumerate(lines):
        if at >= most:
            yield f"… more of {name}"
            return
        yield line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _lines(data: bytes) -> list[str]:
    """Return the lines of a text; long ones parted, so that what differs can be seen."""
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    seen = ["".join(map(_seen, line)) for line in lines]
    return [
        line[at : at + LONGEST - 2] for line in seen for at in range(0, len(line) or 1, LONGEST - 2)
    ]


def _seen(sign: str) -> str:
    if sign.isprintable():
        return sign
    return sign.encode("unicode_escape").decode("ascii")
