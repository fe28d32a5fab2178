"""Rows of `gradcalc solve`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.frozen.run import Run
from tests.frozen.variants import (
    DOCUMENTS,
    NARROWEST,
    WIDE,
    everywhere,
    files,
    here_and_ascii,
    in_ascii,
    in_widths,
    row,
)

DETAILS = ("brief", "steps", "entries")
SCRIPTS = ("numpy", "torch")
MORE = ("in_decimals", "not_meant", "without_a_value", "made/more")
"""Folders of problems beside the shipped ones, which are shown in fewer ways."""
LETTERS = {
    "chain-rule-letters": ("w=3",),
    "polynomial-partials-letters": ("x=1",),
    "relu-classifier-indexed-letters": ("N=2",),
    "relu-classifier-letters": ("K=3",),
    "scaled-relu-letters": ("N=3", "K=2"),
    "softmax-letters": ("K=3",),
    "tanh-sigmoid-cross-entropy-letters": ("N=3", "M=2", "K=2"),
    "tanh-sigmoid-regression-letters": ("N=1", "M=3", "K=1"),
}


def rows(inputs: Path) -> Iterator[Run]:
    """Yield all rows."""
    for path in files(inputs, "problems"):
        yield from of_problem(path)
        yield from in_more_ways(path)
    for folder in MORE:
        for path in files(inputs, folder):
            yield from of_problem(path)
    for stem, letters in LETTERS.items():
        yield from in_letters(stem, letters)
    yield from of_wrong_files(inputs)
    yield from of_calls()


def of_problem(path: Path) -> Iterator[Run]:
    """Yield the rows of one problem."""
    name = f"solve/{path.parent.name}/{path.stem}"
    yield from here_and_ascii(row(f"{name}/brief", "solve", path, "--detail", "brief"))
    for detail in ("steps", "entries"):
        yield from everywhere(row(f"{name}/{detail}", "solve", path, "--detail", detail))
    yield in_ascii(
        row(f"{name}/entries-narrow", "solve", path, "--detail", "entries", columns=NARROWEST)
    )
    yield from here_and_ascii(row(f"{name}/jacobians", "solve", path, "--jacobians"))
    yield row(f"{name}/recompute", "solve", path, "--given", "recompute")
    yield row(f"{name}/blank", "solve", path, "--sheet", "blank")
    for style in DOCUMENTS:
        call = ("solve", path, "--format", style)
        yield row(f"{name}/{style}", *call, "--detail", "entries")
        yield in_ascii(row(f"{name}/{style}-brief", *call, "--detail", "brief"))
    yield from here_and_ascii(row(f"{name}/json", "solve", path, "--format", "json"))
    for style in SCRIPTS:
        yield from here_and_ascii(row(f"{name}/{style}", "solve", path, "--format", style))
    yield row(f"notebook/{path.parent.name}/{path.stem}", "solution", path, notebook=True)


def in_more_ways(path: Path) -> Iterator[Run]:
    """Yield more rows of one problem."""
    name = f"solve/{path.parent.name}/{path.stem}"
    for layout in ("numerator", "denominator"):
        turned = ("solve", path, "--jacobian-layout", layout, "--detail", "entries")
        yield from here_and_ascii(row(f"{name}/{layout}", *turned))
    yield row(f"{name}/full", "solve", path, "--full", "--jacobians")
    for decimals in (0, 12):
        yield row(f"{name}/decimals-{decimals}", "solve", path, "--decimals", decimals)
    yield row(f"{name}/fail", "solve", path, "--given", "fail")
    for lines in ("backward", "2-4"):
        yield row(f"{name}/steps-{lines}", "solve", path, "--steps", lines)
    yield from here_and_ascii(row(f"{name}/problem", "solve", path, "--sheet", "problem"))
    blank = row(f"{name}/blank", "solve", path, "--sheet", "blank")
    yield from (in_ascii(blank), *in_widths(blank, (WIDE,)))
    for style in DOCUMENTS:
        call = ("solve", path, "--format", style)
        yield row(f"{name}/{style}-steps", *call)
        for sheet in ("problem", "blank"):
            yield row(f"{name}/{style}-{sheet}", *call, "--sheet", sheet)
        yield row(f"{name}/{style}-jacobians", *call, "--jacobians", "--full")
    yield row(f"{name}/fragment", "solve", path, "--format", "latex", "--fragment")
    yield row(f"{name}/latex-lines", "solve", path, "--format", "latex", "--steps", "backward")
    more = ("--jacobians", "--decimals", 3, "--detail", "entries", "--given", "recompute")
    yield row(f"{name}/json-more", "solve", path, "--format", "json", *more)
    for style in SCRIPTS:
        yield row(
            f"{name}/{style}-recomputed", "solve", path, "--format", style, "--given", "recompute"
        )


def in_letters(stem: str, letters: tuple[str, ...]) -> Iterator[Run]:
    """Yield the rows of a problem in letters with numbers for some of them."""
    sets = [word for letter in letters for word in ("--set", letter)]
    call = ("solve", f"problems/{stem}.yaml", *sets)
    name = f"solve/letters/{stem}"
    for detail in DETAILS:
        yield from everywhere(row(f"{name}/{detail}", *call, "--detail", detail))
    yield from here_and_ascii(row(f"{name}/jacobians", *call, "--jacobians"))
    for style in (*DOCUMENTS, *SCRIPTS, "json"):
        yield row(f"{name}/{style}", *call, "--format", style)


def of_wrong_files(inputs: Path) -> Iterator[Run]:
    """Yield the rows of the files that are refused."""
    for path in files(inputs, "wrong"):
        name = f"wrong/{path.stem}"
        yield from here_and_ascii(row(f"{name}/solve", "solve", path))
        yield row(f"{name}/check", "check", path, "--options")
        yield row(f"{name}/lint", "lint", path)
        yield row(f"{name}/graph", "graph", path)
        yield row(f"{name}/grade", "grade", path, "made/letters.csv")


def of_calls() -> Iterator[Run]:
    """Yield rows of several files, of standard input, of files written, of calls at fault."""
    relu, hand = "problems/relu-squared-loss.yaml", "problems/hand-calculation.yaml"
    individual = "problems/individual-neuron.yaml"
    for style in ("text", "json", *DOCUMENTS):
        yield row(f"solve/calls/folder-{style}", "solve", "problems", "--format", style)
        yield row(f"solve/calls/wrong-{style}", "solve", "wrong", relu, "--format", style)
    for end in ("txt", "md", "tex", "html", "json", "py", "odd"):
        yield row(f"solve/calls/one-{end}", "solve", hand, "-o", f"out/page.{end}")
        yield row(f"solve/calls/two-{end}", "solve", hand, relu, "-o", f"out/page.{end}")
    for style in SCRIPTS:
        yield row(f"solve/calls/{style}", "solve", hand, "--format", style, "-o", "out/a.py")
        yield row(f"solve/calls/{style}-two", "solve", hand, relu, "--format", style)
    for student in ("4711", "anna", " ANNA ", ""):
        call = ("solve", individual, "--student", student)
        yield from in_widths(row(f"solve/calls/student-{student.strip()}{len(student)}", *call))
    for style in (*DOCUMENTS, *SCRIPTS, "json"):
        document = ("solve", individual, "--student", "4711", "--format", style)
        yield row(f"solve/calls/student-{style}", *document)
    yield row("solve/calls/student-of-none", "solve", relu, "--student", "4711")
    text = "inputs: {x: 3}\nequations: y = x^2\n"
    yield row("solve/calls/stdin", "solve", "-", stdin=text)
    yield row("solve/calls/stdin-wrong", "solve", "-", stdin="inputs: {x: }\n")
    yield row("solve/calls/stdin-empty", "solve", "-")
    for name, more in {
        "no-file": ("nothing.yaml",),
        "some-file": ("nothing.yaml", relu),
        "over-input": (relu, "-o", relu),
        "no-folder": (relu, "-o", "out/no/page.tex"),
        "fragment": (relu, "--fragment"),
        "json-steps": (relu, "--format", "json", "--steps", "backward"),
        "numpy-blank": (relu, "--format", "numpy", "--sheet", "blank"),
        "large": ("made/more/large.yaml", "--full", "--jacobians"),
        "line": (hand, "--steps", "dL/dW1"),
        "forward": (hand, "--steps", "forward"),
        "no-lines": (relu, "--steps", "90-99"),
        "odd-lines": (relu, "--steps", "what"),
        "set-nothing": (relu, "--set", "N=3"),
        "set-odd": ("problems/softmax-letters.yaml", "--set", "K=many"),
        "set-twice": ("problems/softmax-letters.yaml", "--set", "K=2", "--set", "K=3"),
        "decimals": (relu, "--decimals", "99"),
        "detail": (relu, "--detail", "all"),
        "solution": (relu, "--sheet", "solution", "--given", "trust"),
        "none": (),
        "option": (relu, "--colour"),
    }.items():
        yield from here_and_ascii(row(f"solve/calls/{name}", "solve", *more))
