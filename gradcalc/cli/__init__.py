"""The command line: one module a command, exit codes, the border to the terminal.

Exit codes: 0 fine, 1 judged and something is wrong, 2 the input or the call is at
fault, 3 the output could not be written, 70 a fault of the program itself, 130
interrupted, 141 whoever read the output has left, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from gradcalc import __version__
from gradcalc.cli.commands import Commands
from gradcalc.cli.output import ReaderGoneError
from gradcalc.errors import OutputError, ProblemError, UnprovedError, render, visible

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 90}
INTERRUPTED, READER_GONE, NOT_WRITTEN, AT_FAULT, OWN_FAULT = 130, 141, 3, 2, 70


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
        from gradcalc.cli.faults import fault

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


def report(error: ProblemError) -> int:
    """Write a diagnostic to stderr, in ASCII where the stream cannot carry more.

    Returns the exit code that it asks for.
    """
    text = render(error)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    text = (
        text.translate({ord("┌"): "-", ord("─"): "-", ord("│"): "|"})
        if not _carries("┌─│", encoding)
        else text
    )
    _say(text)
    return OWN_FAULT if isinstance(error, UnprovedError) else AT_FAULT


def _say(text: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    with _spoken():
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=True)


@contextmanager
def _spoken() -> Iterator[None]:
    """Write to stderr; where nobody can read it, the exit code speaks alone."""
    try:
        yield
    except (OSError, ValueError):
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _carries(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _silence() -> None:
    """Keep Python from writing to a closed stream when it leaves."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
