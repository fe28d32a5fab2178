"""Parts of a run, kept until the outputs are written, and its progress."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from time import monotonic

import click

from gradcalc import __version__
from gradcalc.cli.output import write_file
from gradcalc.errors import OutputError, ProblemError
from gradcalc.grading.classes.assignment import Assignment
from gradcalc.grading.classes.chunk import Chunk, Results, mark_part, part_of, part_text
from gradcalc.grading.submissions.block import Block
from gradcalc.grading.submissions.column_layout import SubmissionIndex
from gradcalc.grading.submissions.downloads import states
from gradcalc.problem.text.source import is_file
from gradcalc.report.page import encodable

PATIENCE = 1.0
"""Seconds after which progress is shown."""
BAR, WIDE = 24, 79


def parts_folder(gradebook: Path | None, label: str) -> Path:
    """Return where the parts of a run are kept: beside the gradebook, else temporarily."""
    if gradebook is not None:
        return gradebook.with_name(f".{gradebook.name}{label and '.'}{label}.parts")
    return Path(tempfile.gettempdir()) / f"gradcalc-{os.getpid()}-{monotonic():.6f}{label}.parts"


class KeptChunks:
    """Parts of a run, kept in a folder until the outputs are written.

    It stands beside the gradebook, so that an interrupted run can go on, or among the
    temporary files where no gradebook is written.
    """

    def __init__(self, assignment: Assignment, results: Results, folder: Path) -> None:
        self.assignment, self.results, self.folder = assignment, results, folder
        self.count = self.done = self.rows = 0

    @property
    def fingerprint(self) -> str:
        """Return what has to be the same for parts to be used again."""
        given = self.assignment
        digest = blake2b(given.problem.source.text.encode() + b"\0", digest_size=16)
        for other in given.others:
            digest.update(Path(other).read_bytes() + b"\0")
        files = (given.scheme_file, given.rulings_file, given.columns_file, given.roster_file)
        for path in files:
            digest.update((b"" if path is None else path.read_bytes()) + b"\0")
        for name in given.submissions:
            digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
            for state in states(name):
                digest.update(state)
        measure = (given.tolerance.measure, given.tolerance.amount, given.values_only)
        words = (__version__, self.results, given.pattern, given.duplicates, *measure)
        digest.update(json.dumps(words).encode())
        return digest.hexdigest()

    def prepare(self, *, resume: bool) -> None:
        """Make the folder; parts of another run are removed."""
        note = self.folder / "run"
        try:
            known = note.read_text() if note.exists() else ""
            if not (resume and known == self.fingerprint):
                shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(exist_ok=True)
            note.write_text(self.fingerprint)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"{self.folder.parent} could not be written: {reason}") from None

    @property
    def kept_parts(self) -> int:
        """Return how many parts are there, whichever process has marked them."""
        return sum(1 for _ in self.folder.glob("*.json"))

    def path(self, number: int) -> Path:
        """Return the file of one part."""
        return self.folder / f"{number:07d}.json"

    def mark(self, number: int, block: Block, index: SubmissionIndex) -> Chunk:
        """Mark a block, keep its part and return it; one that is there is not marked again."""
        part = self.kept(number)
        if part is None:
            part = self.mark_again(number, block, index)
        self.count, self.done = number + 1, self.done + 1
        self.rows += len(block.ids) + len(block.errors)
        return part

    def kept(self, number: int) -> Chunk | None:
        """Return a part of an earlier run, None where there is none that can be read."""
        try:
            return self.read(number) if self.path(number).exists() else None
        except OutputError:
            return None

    def mark_again(self, number: int, block: Block, index: SubmissionIndex) -> Chunk:
        """Mark a block, keep its part in the place of any other, and return it."""
        label = self.assignment.label_among
        part = mark_part(block, index, self.assignment.marker, self.results, label)
        write_file(self.path(number), part_text(part), lasting=False)
        return part

    def parts(self) -> Iterator[Chunk]:
        """Yield all parts in order."""
        for number in range(self.count):
            yield self.read(number)

    def read(self, number: int) -> Chunk:
        """Return one part that is kept."""
        try:
            text = self.path(number).read_text(encoding="utf-8")
            return part_of(text, self.assignment.scheme)
        except (OSError, ValueError):
            raise OutputError(f"{self.path(number)} could not be read back") from None

    def clear(self) -> None:
        """Remove the parts once the outputs are there."""
        shutil.rmtree(self.folder, ignore_errors=True)


def share_texts(
    assignment: Assignment, results: Results, share: int, shares: int
) -> list[tuple[int, str]]:
    """Mark every `shares`-th block; return the parts as text, for a machine far away."""
    return [
        (
            number,
            part_text(mark_part(block, index, assignment.marker, results, assignment.label_among)),
        )
        for number, block, index in assignment.read(share, shares)
    ]


def on_cluster(
    address: str, assignment: Assignment, results: Results, keeper: KeptChunks, shares: int
) -> int:
    """Mark all blocks on a Dask cluster and keep the parts; return how many there are.

    address: of a scheduler, or `local` for a cluster on this machine. The machines read
    the files under the names that the call gave.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ProblemError(
            "--scheduler needs Dask", where="--scheduler", hint="pip install 'gradcalc[dask]'"
        ) from None
    count = 0
    with ExitStack() as stack:
        if address == "local":
            cluster = LocalCluster(
                n_workers=shares, threads_per_worker=1, dashboard_address=None, silence_logs=50
            )
            stack.enter_context(cluster)
            client = stack.enter_context(Client(cluster))
        else:
            client = stack.enter_context(Client(address))
        numbers = range(shares)
        for found in client.gather(
            client.map(
                share_texts, *_same(numbers, assignment, results), numbers, [shares] * shares
            )
        ):
            for number, text in found:
                write_file(keeper.path(number), text)
                count += 1
    return count


def _same(numbers: range, *values: object) -> list[list[object]]:
    return [[value for _ in numbers] for value in values]


class Progress:
    """Shows on stderr how many are marked, how fast, and how long it will take."""

    def __init__(self, names: Iterable[str]) -> None:
        self.start = self.last = monotonic()
        self.shown = False
        self.able = sys.stderr is not None and sys.stderr.isatty()
        self.total = _rows_in(names) if self.able else 0

    def show(self, count: int) -> None:
        """Write the line again, at most five times a second."""
        now = monotonic()
        early = now - self.start < PATIENCE or now - self.last < 0.2
        if not self.able or not count or early:
            return
        self.last, self.shown = now, True
        rate = count / (now - self.start)
        text = f"{count} read, {rate:.0f} a second"
        if self.total > count:
            left = (self.total - count) / rate
            text = f"{self.bar(count / self.total)} {text}, {left:.0f} s left"
        click.echo(f"\r{text.ljust(WIDE)}", err=True, nl=False)

    def bar(self, share: float) -> str:
        """Return how far it is as a bar, in plain ASCII where nothing else can be written."""
        able = encodable(sys.stderr.encoding)
        done = round(share * BAR)
        return ("█" if able else "#") * done + ("░" if able else ".") * (BAR - done)

    def end(self) -> None:
        """Remove the line."""
        if self.shown:
            click.echo("\r" + " " * WIDE + "\r", err=True, nl=False)


def _rows_in(names: Iterable[str]) -> int:
    """Return about how many rows the tables have."""
    total = 0
    for name in names:
        path = Path(name)
        if name != "-" and is_file(path):
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    total += block.count(b"\n")
    return total
