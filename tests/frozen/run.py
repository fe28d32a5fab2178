"""One call of the program in a settled world, and everything that comes of it."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

OUT = Path("out")
"""The folder that runs write into, empty before each."""

_SETTLED = {
    "TERM": "xterm-256color",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",  # as the program itself sets it
}
_UNSET = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "LINES", "COLUMNS")

_PLACE = re.compile(rb"\S*gradcalc/\S+\.py:\d+")
"""A module and a line, as the report of a fault names them: they move, and nothing is meant."""

_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python does not show unless it is asked to."""
_Cached = type(lru_cache(maxsize=1)(int))


@dataclass(frozen=True)
class Run:
    """A call: arguments, what stands in `out/` before it, and what it is written for.

    notebook: the kind of result that `gradcalc.show` shows, in place of a command.
    """

    name: str
    arguments: tuple[str, ...]
    stdin: str = ""
    files: tuple[tuple[str, str], ...] = ()
    columns: int = 80
    encoding: str = "utf-8"
    colour: bool = False
    notebook: bool = False

    @property
    def call(self) -> str:
        """Return the call as one would type it."""
        settings = [f"COLUMNS={self.columns}"]
        settings += [f"PYTHONIOENCODING={self.encoding}"] if self.encoding != "utf-8" else []
        settings += ["FORCE_COLOR=1"] if self.colour else []
        program = "gradcalc.show" if self.notebook else "gradcalc"
        return " ".join([*settings, program, shlex.join(self.arguments)])


@dataclass(frozen=True)
class Outcome:
    """What a run has given: its exit code, and texts and files by their names."""

    code: int
    parts: tuple[tuple[str, bytes], ...]


def settle() -> None:
    """Take what could be seen in a page out of the environment of this process."""
    for name in [name for name in os.environ if name.startswith("GRADCALC_")]:
        del os.environ[name]
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(_SETTLED)
    sys.path[:] = [str(Path(entry).resolve()) for entry in sys.path]
    # a warning is shown once a place and process: shown always, none depends on the runs before
    warnings.simplefilter("always")
    for silent in _SILENT:
        warnings.simplefilter("ignore", silent)
    warnings.formatwarning = lambda message, category, *_: f"{category.__name__}: {message}\n"


def perform(run: Run) -> Outcome:
    """Run a row in the working folder."""
    _forget()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for name, text in run.files:
        (OUT / name).write_text(text, encoding="utf-8")
    with _environment(run), _streams(run) as (out, err):
        code = _shown(run.arguments) if run.notebook else _called(run.arguments)
    written = [path for path in sorted(OUT.rglob("*")) if path.is_file()]
    files = [(path.as_posix(), path.read_bytes()) for path in written]
    said = _PLACE.sub(b"gradcalc/...", err())
    return Outcome(code, (("stdout", out()), ("stderr", said), *files))


def _forget() -> None:
    """Empty the caches of the program's functions, so that a run is the first of its process.

    They hold formulas, and formulas with 1 and with 1.0 are equal: what is read first is printed.
    """
    loaded = [module for name, module in sys.modules.items() if name.startswith("gradcalc.")]
    for module in loaded:
        for held in vars(module).values():
            if isinstance(held, _Cached):
                held.cache_clear()


def _called(arguments: tuple[str, ...]) -> int:
    from gradcalc.cli import run

    return run(arguments)


def _shown(arguments: tuple[str, ...]) -> int:
    from tests.frozen.notebook import show

    try:
        return show(*arguments)
    except Exception as error:  # what a notebook would show of it, without the places
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


@contextmanager
def _environment(run: Run) -> Iterator[None]:
    os.environ["COLUMNS"] = str(run.columns)
    if run.colour:
        os.environ["FORCE_COLOR"] = "1"
    try:
        yield
    finally:
        os.environ.pop("FORCE_COLOR", None)


@contextmanager
def _streams(run: Run) -> Iterator[tuple[Callable[[], bytes], Callable[[], bytes]]]:
    """Put streams of bytes in place of the process's own, encoded as a pipe's are."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    stdin = io.TextIOWrapper(io.BytesIO(run.stdin.encode()), encoding="utf-8")
    stdout = io.TextIOWrapper(out, encoding=run.encoding, errors="strict")
    stderr = io.TextIOWrapper(err, encoding=run.encoding, errors="backslashreplace")
    sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    try:
        yield out.getvalue, err.getvalue
    finally:
        for now, own in ((sys.stdout, stdout), (sys.stderr, stderr)):
            if now is not own:  # the program has put the null device there
                now.close()
        stdout.flush()
        stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in (stdin, stdout, stderr):
            stream.detach()
