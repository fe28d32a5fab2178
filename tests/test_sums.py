"""Same bytes on every Python: the built-in `sum` adds whole numbers, `math.fsum` the others.

Since Python 3.12 `sum` of floats is compensated, so that its last digit is another one.
`python -m tests.float_sums` reads all sums of the source with mypy's types.
"""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.report.solution.record import record
from gradcalc.report.steps.view import View
from tests.float_sums import marked
from tests.shown import PROBLEMS, ROOT

SOME = [path for at, path in enumerate(PROBLEMS) if at % 9 == 0]
COMMANDS: tuple[Callable[[str], tuple[str, ...]], ...] = (
    lambda path: ("solve", path, "--format", "html"),
    lambda path: ("solve", path, "--format", "latex"),
    lambda path: ("solve", path, "--detail", "entries"),
    lambda path: ("graph", path, "--format", "svg"),
    lambda path: ("graph", path, "--format", "svg", "--network"),
    lambda path: ("graph", path),
    lambda path: ("check", path, "--options"),
)


def of_whole_numbers(items: Iterable[Any], start: Any = 0) -> Any:
    """Add numbers one after the other; raise where gradcalc adds floats."""
    total = start
    file = sys._getframe(1).f_code.co_filename
    for item in items:
        inside = file.startswith(str(ROOT / "gradcalc"))
        assert not (inside and isinstance(item, float)), f"sum of floats in {file}: use math.fsum"
        total = total + item
    return total


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_no_page_adds_floats_by_the_built_in_sum(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builtins, "sum", of_whole_numbers)
    for command in COMMANDS:
        assert run(command(str(path))) in (0, 1, 2)
    assert "fault of gradcalc" not in capsys.readouterr().err


def test_no_class_adds_floats_by_the_built_in_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builtins, "sum", of_whole_numbers)
    rows = "".join(f"s{i},{0.1 * i:.2f},{-0.1 * i:.2f}\n" for i in range(12))
    (tmp_path / "class.csv").write_text(f"id,y,dL/dz[1]\n{rows}")
    problem = str(ROOT / "problems" / "relu-squared-loss.yaml")
    assert run(["grade", problem, str(tmp_path / "class.csv")]) in (0, 1)
    assert "fault of gradcalc" not in capsys.readouterr().err


def test_the_readers_of_sums_find_floats() -> None:
    source = "from __future__ import annotations\ntotal = sum([0.1, 0.2])\n"
    assert marked(source).endswith("total = whole_sum([0.1, 0.2])\n")
    assert "whole" not in marked("from __future__ import annotations\nx = max(1, 2)\n")
    with pytest.raises(AssertionError, match="fsum"):
        code = compile("def f(s): return s([0.5])", str(ROOT / "gradcalc" / "x.py"), "exec")
        space: dict[str, Any] = {}
        exec(code, space)
        space["f"](of_whole_numbers)


# --- what differs between machines ------------------------------------------------


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_the_proof_is_told_by_a_bound(path: Path) -> None:
    solution = gradcalc.solve(gradcalc.load(path))
    if solution.check is None or not solution.values:
        return
    told = json.loads(json.dumps(record(View(solution))))["check"]["max_error"]
    assert told in (1e-7, 1e-6)
    assert solution.check.max_error <= told
