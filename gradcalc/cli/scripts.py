"""Scripts of `gradcalc solve --format numpy|torch`: to standard output, or to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli import output
from gradcalc.cli.files import keep_apart, write_file

if TYPE_CHECKING:
    from gradcalc.problem.model import Solution

SCRIPTS = {
    "numpy": ("gradcalc.report.numpyscript", "numpy_script"),
    "torch": ("gradcalc.report.torchscript", "torch_script"),
}
"""Format → the module and the function that print it."""


def check_output(file: str, style: str, problems: Sequence[str]) -> None:
    """Check that FILE can hold what is written: one script, of one problem, in a file of its own.

    Raises UsageError, and ProblemError where a problem file would be overwritten.
    """
    if style not in SCRIPTS:
        raise click.UsageError(f"--output is for --format {' and --format '.join(SCRIPTS)}")
    if not file.endswith(".py"):
        raise click.UsageError(f"{file}: the file is to end in .py")
    if len(problems) > 1 or Path(problems[0]).is_dir():
        raise click.UsageError("--output takes one problem file; a script is one problem")
    keep_apart([Path(file)], problems)


def write_script(solution: Solution, style: str, file: str | None, first: bool) -> None:
    """Write the script of a solution; raises ProblemError where it cannot be one."""
    from gradcalc.report.page import encodable

    module, name = SCRIPTS[style]
    printer: Callable[[Solution], str] = getattr(import_module(module), name)
    text = printer(solution)
    if file is not None:
        write_file(Path(file), text)
        return
    if not encodable(output.encoding()):  # in comments and texts alone, where it may be so
        text = text.encode("ascii", "backslashreplace").decode()
    output.write_text(text if first else f"\n\n{text}")
