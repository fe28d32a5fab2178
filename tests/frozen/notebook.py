"""What a notebook shows of each kind of result, by the public names alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.frozen.run import OUT


def show(kind: str, problem: str, *answers: str) -> int:
    """Write what `gradcalc.show` shows of a result into files; its text to standard output."""
    import gradcalc

    result = _result(kind, problem, answers)
    report = gradcalc.show(result)
    print(report)
    (OUT / "shown.md").write_text(report._repr_markdown_(), encoding="utf-8")
    (OUT / "shown.html").write_text(report._repr_html_(), encoding="utf-8")
    return 0


def _result(kind: str, name: str, answers: tuple[str, ...]) -> Any:
    import gradcalc

    problem = gradcalc.load(Path(name))
    if kind == "solution":
        return gradcalc.solve(problem)
    if kind == "lint":
        return gradcalc.lint(problem)
    if kind == "options":
        return gradcalc.check_options(problem)
    reviews = [gradcalc.check(problem, Path(each).read_text("utf-8")) for each in answers]
    return reviews[0] if kind == "review" else reviews
