"""Keep what the program says, and compare: `python -m tests.frozen --help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.frozen import store
from tests.frozen.every import among, chosen, outcomes
from tests.frozen.inputs import ROOT, lay_out

STEP = 500
"""Runs between two lines of progress."""


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands and return its exit code."""
    given = _read(arguments)
    if given.command == "list":
        with tempfile.TemporaryDirectory() as folder:
            names = chosen(lay_out(Path(folder)), given.only)
        print("\n".join(names))
        return 0
    kept = Path(given.folder).resolve()
    if kept.is_relative_to(ROOT):
        sys.exit(f"{kept} is in the repository; name a folder outside")
    if given.command == "keep":
        return keep(kept, given.only, given.jobs)
    return compare(kept, given.only, given.jobs, given.most, given.lines)


def _read(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.frozen", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("keep", "run everything and keep the bytes"),
        ("compare", "run everything again and show what differs"),
        ("list", "print the names of the runs"),
    ):
        command = commands.add_parser(name, help=text)
        if name != "list":
            command.add_argument("folder", metavar="DIR", help="a folder outside the repository")
            command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
        command.add_argument("--only", default="*", metavar="GLOB", help="runs of these names")
        if name == "compare":
            command.add_argument(
                "--most", type=int, default=20, metavar="N", help="runs whose differences are shown"
            )
            command.add_argument(
                "--lines", type=int, default=40, metavar="N", help="lines of each difference"
            )
    return parser.parse_args(arguments)


def keep(folder: Path, only: str, jobs: int) -> int:
    """Run the rows and keep what they give."""
    if (folder / "inputs").exists():
        sys.exit(f"{folder} holds what was kept before; name another folder")
    start = time.monotonic()
    runs = chosen(lay_out(folder / "inputs"), only)
    size = 0
    for at, (name, data) in enumerate(outcomes(runs, folder / "inputs", jobs), 1):
        store.keep(folder, name, data)
        size += len(data)
        _progress(at, len(runs), start)
    print(f"{len(runs)} runs kept, {size / 1e6:.1f} MB in {time.monotonic() - start:.0f} s")
    return 0


def compare(folder: Path, only: str, jobs: int, most: int, lines: int) -> int:
    """Run the rows again and show what differs; return 1 where anything does."""
    if not (folder / "inputs").exists():
        sys.exit(f"{folder} holds nothing that was kept")
    start = time.monotonic()
    runs = chosen(folder / "inputs", only)
    before = among(store.names(folder), only)
    missing = sorted(set(before) - set(runs))
    new = sorted(set(runs) - set(before))
    for name in missing:
        print(f"missing: {name}")
    for name in new:
        print(f"new: {name}")
    both = {name: run for name, run in runs.items() if name not in new}
    different = 0
    for at, (name, data) in enumerate(outcomes(both, folder / "inputs", jobs), 1):
        kept = store.file_of(folder, name).read_bytes()
        if kept != data:
            different += 1
            if different <= most:
                print("\n".join(store.difference(name, kept, data, lines)), flush=True)
        _progress(at, len(both), start)
    print(f"{len(both)} runs: {different} differ, {len(missing)} missing, {len(new)} new")
    return int(bool(different or missing or new))


def _progress(at: int, count: int, start: float) -> None:
    if at % STEP == 0:
        print(f"{at} of {count}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
