"""What can be seen only by running a checkout: in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

NEURON = """\
inputs:  {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
"""
CHOICE = """\
inputs: {z: [0.1, -0.1]}
targets: {t: [0, 1]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz
options: {a: [0.2, -2], b: [-0.2, 0], c: [0.2, 0]}
answer: c
"""
CLASS = "student,yhat,dL/dyhat\ns1,0.69,-0.31\ns2,0.38,-1\n"
RESULTS = {
    "solve": ("solve", "neuron.yaml"),
    "check": ("check", "neuron.yaml", "-a", "yhat = 0.69"),
    "check --options": ("check", "choice.yaml", "--options"),
    "grade": ("grade", "neuron.yaml", "class.csv"),
    "lint": ("lint", "neuron.yaml"),
    "derive": ("derive", "x^2"),
    "ops": ("ops", "sigmoid"),
    "mistakes": ("mistakes", "act-skipped"),
}
FORMATS = {
    "text": r"\S",
    "markdown": r"(?m)^(#+ |\*\*|\| )",
    "latex": r"\\begin\{|\\\[|\\section",
    "html": r"(?i)<html|<!doctype html",
}
"""Formats, and what a document in them holds."""
COUNTED = """\
import sys
from gradcalc.cli import main

FUNCTION = 3  # optimised, with locals of its own: neither a module nor the body of a class
where, entered = sys.argv.pop(1), set()

def seen(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_flags & FUNCTION == FUNCTION:
        if code.co_filename.startswith(where):
            entered.add(code.co_filename)

sys.setprofile(seen)
try:
    main()
except SystemExit:
    pass
finally:
    sys.setprofile(None)
print(*sorted(entered), sep="\\n", file=sys.stderr)
"""
CHAIN_IN_TEXT = re.compile(r"·\s+∂")
CHAIN_IN_MARKDOWN = re.compile(r"\\cdot\s*(?:\\\\\s*)?(?:&\s*)*\{?\s*\\[dt]?frac\{\\partial")
SPACE_IN_TEXT = re.compile(r"∈\s+ℝ")
SPACE_IN_MARKDOWN = re.compile(r"∈\s+ℝ|\\in\s*\{?\s*(?:\\mathbb\s*\{?\s*R|ℝ)")


def entered(root: Path, folder: Path) -> tuple[str, ...]:
    """Return the files whose functions `solve` of one neuron enters."""
    _fill(folder)
    where = str((root / "gradcalc").resolve()) + os.sep
    call = [sys.executable, "-c", COUNTED, where, "solve", "neuron.yaml"]
    found = _run(call, root, folder)
    return tuple(
        line.removeprefix(where) for line in found.stderr.splitlines() if line.startswith(where)
    )


def formats(root: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the formats in which each result can be had."""
    _fill(folder)
    wanted = [(result, style) for result in RESULTS for style in FORMATS]

    def is_there(pair: tuple[str, str]) -> bool:
        result, style = pair
        found = _gradcalc(root, folder, *RESULTS[result], "--format", style)
        fine = found.returncode in (0, 1) and "Traceback" not in found.stderr
        return fine and bool(re.search(FORMATS[style], found.stdout))

    with ThreadPoolExecutor(2) as pool:
        there = dict(zip(wanted, pool.map(is_there, wanted), strict=True))
    return {result: tuple(s for s in FORMATS if there[result, s]) for result in RESULTS}


@dataclass(frozen=True)
class Kept:
    """How often a problem in letters shows chain rules and dimensions: as text, as Markdown."""

    problem: str
    chains: tuple[int, int]
    spaces: tuple[int, int]

    @property
    def is_whole(self) -> bool:
        """Whether the document shows all that the text shows."""
        return all(there >= here for here, there in (self.chains, self.spaces))

    def __str__(self) -> str:
        chains, spaces = ("/".join(map(str, pair)) for pair in (self.chains, self.spaces))
        return f"{self.problem}: chain rule {chains}, dimensions {spaces} (text/markdown)"


def letters(root: Path, folder: Path) -> tuple[Kept, ...]:
    """Return what documents keep of each shipped problem in letters."""
    problems = sorted((root / "problems").glob("*letters*.yaml"))
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda path: _kept(root, folder, path), problems))


def _kept(root: Path, folder: Path, path: Path) -> Kept:
    text, document = (
        _gradcalc(root, folder, "solve", str(path.resolve()), "--format", style).stdout
        for style in ("text", "markdown")
    )
    return Kept(
        path.stem,
        (_count(CHAIN_IN_TEXT, text), _count(CHAIN_IN_MARKDOWN, document)),
        (_count(SPACE_IN_TEXT, text), _count(SPACE_IN_MARKDOWN, document)),
    )


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len(pattern.findall(text))


def _fill(folder: Path) -> None:
    for name, text in (("neuron.yaml", NEURON), ("choice.yaml", CHOICE), ("class.csv", CLASS)):
        (folder / name).write_text(text, encoding="utf-8")


def _gradcalc(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _run([sys.executable, "-m", "gradcalc", *words], root, folder)


def _run(call: list[str], root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    here = os.environ | {"PYTHONPATH": str(root.resolve()), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        call, capture_output=True, encoding="utf-8", check=False, cwd=folder, env=here
    )
