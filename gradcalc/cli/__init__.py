"""The command line: one module for each command, imported when it is run; exit codes.

Exit codes: 0 fine, 1 judged and something is wrong, 2 the input or the call is at
fault, 3 the output could not be written, 70 a fault of the program itself, 130
interrupted, 141 whoever read the output has left, 143 terminated.

Imports: algebra, engine, grading, problem, report.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from gradcalc import __version__
from gradcalc.cli.output import (
    AT_FAULT,
    INTERRUPTED,
    NOT_WRITTEN,
    OWN_FAULT,
    READER_GONE,
    ReaderGoneError,
    _say,
    _spoken,
    report,
)
from gradcalc.errors import OutputError, ProblemError, visible

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 90}

TRACEBACK = "GRADCALC_TRACEBACK"
"""The variable of the environment that asks for the traceback."""
LONGEST = 200
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')


class Commands(click.Group):
    """Commands by name: the module that holds `command`, and one line of help."""

    def __init__(self, *args: Any, commands_in: Mapping[str, tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.modules = dict(commands_in)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they are shown."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; its module is imported now."""
        found = self.modules.get(cmd_name)
        if found is None:
            return None
        command = import_module(found[0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.modules.items()])


@click.group(
    cls=Commands,
    context_settings=CONTEXT,
    commands_in={
        "solve": ("gradcalc.cli.solve", "Show the worked solution of a problem file."),
        "check": ("gradcalc.cli.check", "Check options or answers, and say what went wrong."),
        "grade": ("gradcalc.cli.grade", "Mark a class, with reasons."),
        "numbers": ("gradcalc.cli.numbers", "List every student's own numbers."),
        "options": ("gradcalc.cli.options", "Make wrong options, each of a named mistake."),
        "lint": ("gradcalc.cli.lint", "Tell which mistakes a problem cannot show."),
        "mistakes": ("gradcalc.cli.mistakes", "List the mistakes, or explain one of them."),
        "new": ("gradcalc.cli.new", "Write a problem file to start from."),
        "plot": ("gradcalc.cli.plot", "Draw functions and their derivatives."),
        "graph": ("gradcalc.cli.graph", "Draw the computational graph, or the network."),
        "derive": ("gradcalc.cli.derive", "Derive a formula step by step, each rule named."),
        "ops": ("gradcalc.cli.ops", "List the operations, or show one of them."),
        "schema": ("gradcalc.cli.schema", "Print the JSON Schema of problem files."),
    },
)
@click.version_option(__version__, message="gradcalc %(version)s")
def gradcalc() -> None:
    """Worked solutions of backpropagation problems, step by step.

    \b
    Examples:
      gradcalc solve problem.yaml                  the whole solution
      gradcalc solve problem.yaml --detail entries each entry on a line of its own
      gradcalc solve problems/ --format json       one JSON object a file
      gradcalc check problem.yaml --options        the key, and what the others come from
      gradcalc check problem.yaml mine.txt         where a solution goes wrong, and why
      gradcalc plot relu softplus                  functions and their derivatives
      gradcalc graph problem.yaml                  values forward, gradients back
      gradcalc derive "x^2*sin(x)"                 a formula, rule by rule
      gradcalc ops relu                            formula, derivative, kinks, aliases

    Exit codes: 0 fine, 1 judged and something is wrong, 2 the input or the call is at
    fault, 3 the output could not be written, 70 a fault of gradcalc's own (one line to be
    reported; GRADCALC_TRACEBACK=1 shows the traceback), 130 interrupted.
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminated)
    code = run(sys.argv[1:])
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        code = READER_GONE
        _silence()
    sys.exit(code)


def _terminated(number: int, _: object) -> None:
    """Leave as an error does: what is half written is removed."""
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors go to stderr as text."""
    try:
        return _settled(arguments)
    except Exception as error:  # whatever nothing has foreseen is a fault of the program
        pass

        _say(fault(error, ["gradcalc", *arguments]))
        return OWN_FAULT


def _settled(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; raises only what is a fault of the program."""
    stdout = sys.stdout
    try:
        code = gradcalc.main(list(arguments), prog_name="gradcalc", standalone_mode=False)
    except click.ClickException as error:
        with _spoken():
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ProblemError as error:
        return report(error)
    except ReaderGoneError:
        _silence()
        return READER_GONE
    except OutputError as error:
        _silence()
        _say(f"error: {error}")
        return NOT_WRITTEN
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.filename is not None:
            _say(f"error: cannot use {visible(os.fsdecode(error.filename))}: {reason}")
            return AT_FAULT
        _silence()  # click's own texts: --help, --version
        _say(f"error: the output could not be written: {reason}")
        return NOT_WRITTEN
    except SystemExit as error:
        if sys.stdout is not stdout:  # click has met a broken pipe
            _silence()
            return READER_GONE
        return error.code if isinstance(error.code, int) else 0
    except MemoryError:
        _say("error: this problem needs more memory than there is")
        return AT_FAULT
    return code if isinstance(code, int) else 0


def _silence() -> None:
    """Keep Python from writing to a closed stream when it leaves."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


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
