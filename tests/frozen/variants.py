"""The ways in which one call is shown: widths, ASCII, colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.frozen.run import Run

WIDE, USUAL, NARROW, NARROWEST = 100, 80, 50, 30
DOCUMENTS = ("markdown", "latex", "html")
"""The formats of documents: every result is asked for in each, whether it has that one or not."""
ENDINGS = ("txt", "md", "tex", "html", "json", "odd")
"""Endings of the files that results are written into."""


def row(name: str, *arguments: object, **settings: int | str | bool) -> Run:
    """Return a row; settings: those of `Run`."""
    return replace(Run(name, tuple(map(str, arguments))), **settings)  # type: ignore[arg-type]


def in_widths(run: Run, widths: Iterable[int] = (WIDE, USUAL, NARROW)) -> Iterator[Run]:
    """Yield a row for each width."""
    for columns in widths:
        yield replace(run, name=f"{run.name}-{columns}", columns=columns)


def in_ascii(run: Run) -> Run:
    """Return a row for a stream that carries ASCII only."""
    return replace(run, name=f"{run.name}-ascii", encoding="ascii")


def in_colour(run: Run) -> Run:
    """Return a row for a terminal that shows colour."""
    return replace(run, name=f"{run.name}-colour", colour=True)


def in_formats(run: Run, formats: Iterable[str] = DOCUMENTS) -> Iterator[Run]:
    """Yield a row for each format."""
    for style in formats:
        asked = ("--format", style)
        command, *rest = run.arguments  # before the arguments, which may follow a --
        yield replace(run, name=f"{run.name}-{style}", arguments=(command, *asked, *rest))


def in_files(run: Run) -> Iterator[Run]:
    """Yield a row for each ending of a file that is written."""
    for end in ENDINGS:
        command, *rest = run.arguments
        file = ("-o", f"out/page.{end}")
        yield replace(run, name=f"{run.name}-file-{end}", arguments=(command, *file, *rest))


def everywhere(run: Run) -> Iterator[Run]:
    """Yield a row in all widths, in ASCII and in colour."""
    yield from in_widths(run)
    yield in_ascii(run)
    yield in_colour(run)


def here_and_ascii(run: Run) -> Iterator[Run]:
    """Yield a row at the usual width, and in ASCII."""
    yield run
    yield in_ascii(run)


def files(inputs: Path, folder: str, end: str = ".yaml") -> list[Path]:
    """Return the files of a folder of the inputs, relative to them."""
    found = sorted((inputs / folder).iterdir())
    return [path.relative_to(inputs) for path in found if path.name.endswith(end)]
