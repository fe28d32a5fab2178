"""Rows of `gradcalc check`, `gradcalc options` and `gradcalc lint`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.frozen.run import Run
from tests.frozen.variants import (
    DOCUMENTS,
    everywhere,
    files,
    here_and_ascii,
    in_ascii,
    in_colour,
    in_files,
    in_formats,
    row,
)

FORMATS = ("text", *DOCUMENTS, "json", "github")
REVEALS = ("score", "where", "why", "full")
MEASURES = (("--decimals", "2"), ("--significant", "3"), ("--abs", "0.01"), ("--rel", "0.001"))
IN_ALL_WAYS, IN_SOME_WAYS = "sign", ("mistaken", "misread", "unread")
"""Sheets that are shown in every format; the others as a page alone."""
RELU, HAND = "problems/relu-squared-loss.yaml", "problems/hand-calculation.yaml"
DRAWN = "problems/individual-neuron.yaml"


def rows(inputs: Path) -> Iterator[Run]:
    """Yield all rows."""
    yield from of_options(inputs)
    yield from of_answers(inputs)
    yield from of_calls()
    yield from of_made_options(inputs)
    yield from of_lint(inputs)


def of_options(inputs: Path) -> Iterator[Run]:
    """Yield the judgements of options."""
    with_options = [
        Path(RELU),
        Path("problems/relu-squared-loss-sharper.yaml"),
        *files(inputs, "made/options"),
        *files(inputs, "made/more"),
        Path("made/several/relu.yaml"),
    ]
    for path in with_options:
        name = f"check/options/{path.stem}-{path.parent.name}"
        call = ("check", path, "--options")
        yield from everywhere(row(f"{name}/text", *call))
        for style in FORMATS[1:]:
            yield from here_and_ascii(row(f"{name}/{style}", *call, "--format", style))
        for measure, amount in MEASURES:
            yield row(f"{name}/{measure[2:]}", *call, measure, amount)
        yield row(
            f"notebook/options/{path.stem}-{path.parent.name}", "options", path, notebook=True
        )
    yield from everywhere(row("check/ways/options", "check", RELU, "--options"))
    for path in files(inputs, "problems"):
        yield row(f"check/options/shipped/{path.stem}", "check", path, "--options")
        for student in ("", "4711"):
            more = ("--student", student) if student else ()
            yield row(f"check/sheet/{path.stem}-{student}", "check", path, "--sheet", *more)
    for style in FORMATS:
        yield row(
            f"check/options/folder-{style}", "check", "problems", "--options", "--format", style
        )


def of_answers(inputs: Path) -> Iterator[Run]:
    """Yield the judgements of answers and of published keys."""
    for folder in sorted((inputs / "made/answers").iterdir()):
        problem = f"problems/{folder.name}.yaml"
        for path in files(inputs, f"made/answers/{folder.name}", ""):
            yield from of_sheet(problem, path)
        for style in ("text", "json"):
            whole = ("check", problem, f"made/answers/{folder.name}", "--format", style)
            yield row(f"check/{folder.name}/all-{style}", *whole)
        sheets = [f"made/answers/{folder.name}/{each}.txt" for each in ("sign", "half")]
        yield row(f"notebook/review/{folder.name}", "review", problem, sheets[0], notebook=True)
        yield row(f"notebook/reviews/{folder.name}", "reviews", problem, *sheets, notebook=True)
    for path in (Path(HAND), Path("problems/relu-network-given-values.yaml")):
        for style in FORMATS:
            call = ("check", path, "--format", style)
            yield from here_and_ascii(row(f"check/expected/{path.stem}-{style}", *call))
    for path in files(inputs, "answers", ".txt"):
        for reveal in REVEALS:
            sheet = ("check", HAND, path, "--reveal", reveal)
            yield from everywhere(row(f"check/answers/{path.stem}-{reveal}", *sheet))
    for path in files(inputs, "made/more"):
        yield row(f"check/expected/{path.stem}", "check", path)


def of_sheet(problem: str, path: Path) -> Iterator[Run]:
    """Yield the judgements of one sheet."""
    name = f"check/{Path(problem).stem}/{path.stem}{path.suffix}"
    call = ("check", problem, path)
    if path.stem == IN_ALL_WAYS:
        yield from everywhere(row(name, *call))
        for reveal in REVEALS[:3]:
            yield row(f"{name}-{reveal}", *call, "--reveal", reveal)
        for style, reveal in product(FORMATS[1:], ("why", "full")):
            yield row(f"{name}-{style}-{reveal}", *call, "--format", style, "--reveal", reveal)
        for measure, amount in MEASURES[::2]:
            yield row(f"{name}{measure}", *call, measure, amount)
    elif path.stem in IN_SOME_WAYS:
        yield from here_and_ascii(row(name, *call))
        for style in ("html", "latex", "json"):
            yield row(f"{name}-{style}", *call, "--format", style)
    else:
        yield row(name, *call)


def of_calls() -> Iterator[Run]:
    """Yield rows of single answers, students, standard input, and calls at fault."""
    answers = ("-a", "dL/dz2 = 1.862", "-a", "z2 = 0.29")
    for style in FORMATS:
        yield from here_and_ascii(
            row(f"check/calls/given-{style}", "check", HAND, *answers, "--format", style)
        )
        student = ("--student", "4711", "-a", "z1 = 0.5", "-a", "yhat = 0.6")
        yield row(f"check/calls/student-{style}", "check", DRAWN, *student, "--format", style)
    yield from in_files(row("check/calls/one", "check", HAND, *answers))
    yield from in_files(row("check/calls/options", "check", RELU, "--options"))
    yield row("check/calls/stdin", "check", HAND, "-", stdin="z2 = 0.29\ndL/dz2 = 3\n")
    yield row("check/calls/stdin-json", "check", HAND, "-", stdin='{"z2": 0.29, "yhat": [1]}\n')
    for name, more in {
        "no-file": ("nothing.yaml", "nothing.txt"),
        "no-answers": (HAND, "nothing.txt"),
        "no-expect": (RELU,),
        "no-options": (HAND, "--options"),
        "options-and-answers": (RELU, "--options", "-a", "L = 1"),
        "sheet-and-answers": (RELU, "--sheet", "-a", "L = 1"),
        "student-alone": (DRAWN, "--student", "4711"),
        "student-of-none": (RELU, "--student", "4711", "-a", "L = 1"),
        "folder": ("problems", "-a", "L = 1"),
        "keys-of-a-folder": ("problems",),
        "two-measures": (RELU, "-a", "L = 1", "--abs", "1", "--rel", "1"),
        "odd": (RELU, "-a", "L", "-a", "Q = 3", "-a", "L = [1", "-a", "y = 1 2"),
        "odd-name": (RELU, "-a", "dL/dq = 3"),
        "letters": ("problems/softmax-letters.yaml", "-a", "p = 1 0 0"),
        "hostile": ("made/more/hostile.yaml", "-a", "y = 8", "--format", "html"),
        "none": (),
    }.items():
        yield from here_and_ascii(row(f"check/calls/{name}", "check", *more))


def of_made_options(inputs: Path) -> Iterator[Run]:
    """Yield the making of options for all that problems ask for."""
    asked: dict[str, list[str]] = json.loads((inputs / "made/asked.json").read_text("utf-8"))
    for stem, names in asked.items():
        for at, name in enumerate(names, 1):
            call = ("options", f"problems/{stem}.yaml", "--find", name)
            yield from here_and_ascii(row(f"options/{stem}/{at}", *call))
            counts = ("--count", 3 + at % 5, "--decimals", at % 4, "--seed", 6 + at)
            yield row(f"options/{stem}/{at}-more", *call, *counts)
        yield row(f"options/{stem}/unsaid", "options", f"problems/{stem}.yaml")
    for name, more in {
        "many": (HAND, "--find", "dL/dW1", "--count", "26"),
        "one": (HAND, "--find", "dL/dW1", "--count", "1"),
        "entry": (HAND, "--find", "dL/dW1[2,1]"),
        "unknown": (HAND, "--find", "dL/dQ"),
        "author's": (HAND, "--find", "dE/dw3"),
        "known": (HAND, "--find", "x"),
        "no-file": ("nothing.yaml",),
        "drawn": (DRAWN, "--find", "dL/dW1"),
    }.items():
        yield from here_and_ascii(row(f"options/calls/{name}", "options", *more))


def of_lint(inputs: Path) -> Iterator[Run]:
    """Yield what problems cannot show."""
    for folder in ("problems", "not_meant", "without_a_value", "in_decimals", "made/more"):
        for path in files(inputs, folder):
            yield row(f"lint/{path.parent.name}/{path.stem}", "lint", path)
    for stem in ("relu-squared-loss", "hand-calculation", "dead-unit", "l1-loss", "softmax-batch"):
        problem = f"problems/{stem}.yaml"
        shown = row(f"lint/ways/{stem}", "lint", problem)
        yield from (*everywhere(shown), *in_formats(shown, FORMATS), *in_files(shown))
        yield row(f"notebook/lint/{stem}", "lint", problem, notebook=True)
    two = row("lint/calls/two", "lint", RELU, HAND, "nothing.yaml")
    yield from (two, in_ascii(two), in_colour(two), *in_formats(two, FORMATS))
    yield row("lint/calls/stdin", "lint", "-", stdin="inputs: {x: 3}\nequations: y = x^2\n")
    yield row("lint/calls/none", "lint")
