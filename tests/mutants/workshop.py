"""Copies of the package in which faults are put and tests are run."""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from queue import Queue
from time import monotonic
from types import TracebackType

from tests.mutants.mutant import MissingTextError, Mutant

ROOT = Path(__file__).parents[2]
PARTS = ("gradcalc", "tests", "problems", "pyproject.toml", "README.md")
TABLE = ("tests/algebra/test_table.py",)
LOSSES = (*TABLE, "tests/proof/test_fractions.py", "tests/engine/test_torch.py")
RULES = ("tests/algebra/test_simplify.py", "tests/algebra/test_entries.py", *TABLE)
PASSES = ("tests/engine/test_autodiff.py", "tests/engine/test_rounding.py", *TABLE)
STEPS = ("tests/problem/test_training.py", "tests/problem/test_training_torch.py")
EVALUATION = ("tests/engine/test_evaluate.py", *TABLE)
KERNELS = (*TABLE, "tests/engine/test_evaluate.py")
FIRST = {
    "elementary": TABLE,
    "smooth_activations": TABLE,
    "rectifiers": TABLE,
    "regression_losses": LOSSES,
    "classification_losses": LOSSES,
    "matrix": TABLE,
    "kernels": KERNELS,
    "inference": LOSSES,
    "operation": TABLE,
    "shapes": TABLE,
    "simplify": RULES,
    "entries": RULES,
    "autodiff": PASSES,
    "graph": ("tests/engine/test_graph.py", *PASSES),
    "rounding": ("tests/engine/test_rounding.py",),
    "dense_layers": ("tests/proof/test_fractions.py",),
    "exact_values": EVALUATION,
    "evaluate": EVALUATION,
    "operation_functions": EVALUATION,
    "differences": ("tests/engine/test_check.py",),
    "optimisers": STEPS,
    "solve": STEPS,
}
"""Quick tests that find most faults of a module."""
THEN = ("tests/cases", "tests/proof", "tests/engine", "tests/algebra")
SECONDS = 240
"""How long the quick tests may take; all tests may take MARGIN times as long as without a fault."""
MARGIN = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one fault: which test found it, or that none did."""

    mutant: Mutant
    line: int
    by: str | None

    @property
    def killed(self) -> bool:
        """Tell whether a test failed because of the fault."""
        return self.by is not None and self.line > 0

    def __str__(self) -> str:
        place = f"{self.mutant.file}:{self.line}"
        found = f"killed by {self.by}" if self.killed else (self.by or "SURVIVED")
        return f"{self.mutant.name:24} {place:50} {self.mutant.change:60} {found}"


class Workshops:
    """As many copies as there are processes; each is used by one fault at a time."""

    def __init__(self, count: int) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="gradcalc-mutants-"))
        self.seconds = inf
        self.free: Queue[Path] = Queue()
        for number in range(count):
            self.free.put(self.copy(self.root / str(number)))

    def __enter__(self) -> Workshops:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def copy(self, target: Path) -> Path:
        """Copy the package and its tests, compiled so that any change of text is seen."""
        target.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(source, target / part, ignore=ignore)
            else:
                shutil.copy(source, target / part)
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(target / "gradcalc", quiet=2, invalidation_mode=mode)
        return target

    def sound(self) -> str | None:
        """Return the test that fails without any fault, or None; see how long all tests take."""
        copy = self.free.get()
        begun = monotonic()
        try:
            return run(copy, THEN)
        finally:
            self.seconds = MARGIN * (monotonic() - begun)
            self.free.put(copy)

    def outcome(self, mutant: Mutant) -> Outcome:
        """Put one fault into a free copy, run the tests there, take it out again."""
        copy = self.free.get()
        path = copy / "gradcalc" / mutant.file
        text = path.read_text(encoding="utf-8")
        try:
            path.write_text(mutant.written(text), encoding="utf-8")
            by = run(copy, FIRST[path.stem], SECONDS) or run(copy, THEN, self.seconds)
            return Outcome(mutant, mutant.line(text), by)
        except MissingTextError as missing:
            return Outcome(mutant, 0, str(missing))
        finally:
            path.write_text(text, encoding="utf-8")
            self.free.put(copy)


def run(copy: Path, tests: Iterable[str], seconds: float = inf) -> str | None:
    """Return the first test that fails in a copy, or None if all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-rfE"]
    command += ["-p", "no:cacheprovider", "-p", "tests.mutants.profile"]
    command += ["--hypothesis-profile=mutants", *tests]
    quiet = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    environment = {**os.environ, **quiet, "PYTHONPATH": str(copy), "COLUMNS": "400"}
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=None if seconds == inf else seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {seconds:.0f} s"
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", done.stdout, re.MULTILINE)
    return found[1] if found else done.stdout[-200:] + done.stderr[-200:]
