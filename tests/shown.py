"""What people see, kept in golden files: compared in a test run, written on request."""

from __future__ import annotations

from difflib import unified_diff
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROBLEMS = sorted((ROOT / "problems").glob("*.yaml"))
GOLDEN = ROOT / "tests" / "golden"

UPDATE = False
"""Whether golden files are written in place of comparing: `--update-golden` sets it."""
MOST = 24
"""Lines of a difference that are shown."""
LONGEST = 160
"""Signs of a line of a difference that are shown."""
HOW = "`pytest --update-golden` writes what is said now"


def golden(path: Path, text: str) -> None:
    """Hold a text against its golden file; fail with the first lines that differ."""
    __tracebackhide__ = True
    name = path.relative_to(ROOT).as_posix()
    kept = path.read_bytes() if path.exists() else None
    if kept == text.encode():
        return
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    elif kept is None:
        pytest.fail(f"{name} is missing; {HOW}", pytrace=False)
    else:
        pytest.fail(difference(name, kept.decode(), text), pytrace=False)


def difference(name: str, kept: str, now: str) -> str:
    """Return the first lines of a unified diff of a golden file and what is said now."""
    files = f"{name} (kept)", f"{name} (now)"
    lines = unified_diff(kept.split("\n"), now.split("\n"), *files, n=1, lineterm="")
    first = [line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in islice(lines, MOST)]
    more = sum(1 for _ in lines)
    return "\n".join([*first, *([f"… {more} more lines"] if more else []), HOW])
