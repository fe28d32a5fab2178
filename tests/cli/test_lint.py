"""`gradcalc lint`: what a question cannot show, and what would show it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.errors import width
from tests.shown import ROOT

RELU = "problems/relu-squared-loss.yaml"
NETWORK = "problems/relu-network-given-values.yaml"
LETTERS = "problems/polynomial-partials-letters.yaml"


class Stream(io.StringIO):
    encoding = "utf-8"


def called(*arguments: str) -> tuple[int, str, str]:
    out, err = Stream(), Stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(("lint", *arguments))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)


def loaded(path: str, *changes: tuple[str, str]) -> gradcalc.Problem:
    text = (ROOT / path).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return gradcalc.load(text)


def blind(problem: gradcalc.Problem) -> set[str]:
    return {spot.slip.rule for spot in gradcalc.lint(problem).blind}


def test_document_000_cannot_show_a_derivative_that_is_forgotten() -> None:
    found = gradcalc.lint(loaded(RELU))
    spots = {spot.slip.rule: spot for spot in found.blind}
    assert set(spots) == {"act-derivative-missing", "act-forward-missing"}
    change = spots["act-derivative-missing"].change
    assert change is not None
    assert (str(change.data), change.old, change.new) == ("t[2]", "0", "1")
    assert (change.entry, change.right, change.wrong) == ((1,), 0, -2)
    ask = spots["act-forward-missing"]
    assert ask.change is None
    assert str(ask.ask) == "L"
    assert (ask.right, ask.wrong) == (pytest.approx(0.86), pytest.approx(0.91))


def test_the_change_that_lint_names_shows_the_mistake() -> None:
    changed = loaded(RELU, ("t: [0, 0, 1, 0, 0]", "t: [0, 1, 1, 0, 0]"))
    assert blind(changed) == {"act-forward-missing"}
    asked = loaded(RELU, ("find: dL/dz", "find: [dL/dz, L]"))
    assert "act-forward-missing" not in blind(asked)


def test_document_001_cannot_show_a_derivative_that_is_forgotten() -> None:
    found = gradcalc.lint(loaded(NETWORK))
    missing = [spot for spot in found.blind if spot.slip.rule == "act-derivative-missing"]
    assert [spot.slip.at for spot in missing] == ["dL/dz1", "dL/dz2"]
    assert all(spot.change is not None for spot in missing)


def test_exit_codes(tmp_path: Path) -> None:
    clear = tmp_path / "clear.yaml"
    clear.write_text("inputs: {x: 3, y: 2}\nequations: f = x*y + x\n", encoding="utf-8")
    code, out, _ = called(str(clear))
    assert code == 0
    assert "Every mistake of the library shows, and no two look alike." in out
    assert called(RELU)[0] == 1
    assert called(str(clear), RELU)[0] == 1
    code, out, err = called("no-such-file.yaml", RELU)
    assert code == 2
    assert "no-such-file.yaml" in err
    assert "What this question cannot show" in out
    code, _, err = called(LETTERS)
    assert code == 2
    assert "letters" in err
    assert called()[0] == 2


def test_a_folder_and_several_files(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(
            f"title: Problem {name}\ninputs: {{x: 3}}\nequations: y = x^2\n", encoding="utf-8"
        )
    _, out, _ = called(str(tmp_path), RELU)
    titles = re.findall(r"^(Problem \w|Gradient)", out, re.MULTILINE)
    assert titles == ["Problem a", "Problem b", "Gradient"]


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_page(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for path in (RELU, NETWORK, "problems/xor-network.yaml"):
        assert all(width(line) <= columns for line in called(path)[1].splitlines())
