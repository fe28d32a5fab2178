"""Pages on which something does not exist, and pages of models that were not meant.

Every file of `without_a_value/` and `not_meant/` has its pages in tests/golden.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradcalc.cli import run
from gradcalc.problem.reading.loader import load
from gradcalc.problem.traps import TRAPS, traps
from tests.shown import GOLDEN, PROBLEMS, golden

HERE = Path(__file__).parent
ABSENT = sorted((HERE / "without_a_value").glob("*.yaml"))
NOT_MEANT = sorted((HERE / "not_meant").glob("*.yaml"))
WHOLE = ("power-at-zero", "probability-of-one")
"""Files of which everything exists, by its limit."""
FORMS = {"text": "txt", "latex": "tex", "markdown": "md", "html": "html", "numpy": "numpy.txt"}


class Stream(io.StringIO):
    encoding = "utf-8"


def called(*arguments: str) -> tuple[int, str, str]:
    out, err = Stream(), Stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(HERE)


def by_name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", ABSENT, ids=by_name)
def test_what_exists_is_shown_beside_what_does_not(path: Path) -> None:
    code, text, told = called("solve", str(path))
    assert told == ""
    assert code == (0 if path.stem in WHOLE else 1)
    golden(GOLDEN / "absent" / f"{path.stem}.txt", text)
    assert ("does not exist" in " ".join(text.split())) == (path.stem not in WHOLE)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_it(form: str) -> None:
    code, text, _ = called("solve", "without_a_value/root-in-a-network.yaml", "--format", form)
    assert code == 1
    assert "not exist" in text
    assert "nan" not in text
    if form not in ("html", "text"):
        golden(GOLDEN / "absent" / f"root-in-a-network.{FORMS[form]}", text)


def test_the_object_has_null_and_a_reason() -> None:
    code, text, _ = called("solve", "without_a_value/root-in-a-network.yaml", "--format", "json")
    found = json.loads(text)
    assert code == 1
    assert found["values"]["dL/dW1"][0] == [None, None]
    assert found["values"]["dL/db1"][0] is None
    assert all(number is not None for number in found["values"]["dL/dW1"][1])
    assert found["undefined"] == {
        "dL/dz1": "does not exist at [1]: sqrt(z1) has no derivative at z1 = 0",
        "dL/dW1": "does not exist at [1,1], [1,2]: it rests on dL/dz1, which does not exist",
        "dL/db1": "does not exist at [1]: it rests on dL/dz1, which does not exist",
    }


@pytest.mark.parametrize("path", ABSENT, ids=by_name)
@pytest.mark.parametrize(
    "arguments",
    [
        ("--detail", "entries"),
        ("--detail", "brief", "--decimals", "3"),
        ("--jacobians",),
        ("--sheet", "blank"),
        ("--format", "json", "--detail", "entries"),
        ("--format", "html", "--detail", "entries"),
        ("--format", "torch"),
    ],
    ids=" ".join,
)
def test_every_way_of_showing_works(path: Path, arguments: tuple[str, ...]) -> None:
    code, text, told = called("solve", str(path), *arguments)
    assert (code, told) == (0 if path.stem in WHOLE else 1, "")
    assert "nan" not in text.lower()


@pytest.mark.parametrize("path", ABSENT, ids=by_name)
@pytest.mark.parametrize("command", ["graph", "lint"])
def test_other_commands_take_it(path: Path, command: str) -> None:
    code, text, told = called(command, str(path))
    assert code in (0, 1)
    assert told == ""
    assert "nan" not in text.lower().replace("finance", "")


@pytest.mark.parametrize("stem", WHOLE)
def test_a_script_has_the_limit(stem: str) -> None:
    values = json.loads(called("solve", f"without_a_value/{stem}.yaml", "--format", "json")[1])
    _, script, _ = called("solve", f"without_a_value/{stem}.yaml", "--format", "numpy")
    more = [f"print(repr({name.replace('/', '_')}))" for name in values["values"] if "/" in name]
    more = [line for line in more if line[11:-2] in script]
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join([script, *more])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nan" not in found.stdout
    assert "inf" not in found.stdout


# --- models that were not meant ----------------------------------------------------------


@pytest.mark.parametrize("path", NOT_MEANT, ids=by_name)
def test_a_warning_stands_at_the_head(path: Path) -> None:
    code, text, _ = called("solve", str(path))
    assert code == 0
    head, _, _ = text.partition("Forward pass")
    golden(GOLDEN / "not-meant" / f"{path.stem}.txt", head)
    assert "  !  " in head
    assert any(words in head for words in ("Write", "Take the line out"))


@pytest.mark.parametrize("path", NOT_MEANT, ids=by_name)
def test_check_and_lint_say_the_same(path: Path) -> None:
    (trap,) = traps(load(str(path)))
    for call in (("lint", str(path)), ("check", str(path), "-a", "L = 1")):
        _, text, _ = called(*call)
        head = " ".join(text[:900].split())
        assert trap.text.replace(" ", "") in head.replace(" ", ""), call
    record = json.loads(called("solve", str(path), "--format", "json")[1])
    assert record["warnings"] == [trap.text]


def test_every_trap_has_a_file() -> None:
    found = {trap.id for path in NOT_MEANT for trap in traps(load(str(path)))}
    assert found == {row.id for row in TRAPS}


def key(line: str) -> str:
    return line.replace("=", ":").partition(":")[0].strip()


def mended(text: str, mend: str) -> str:
    """Return a file with the lines of a warning in place of its own."""
    lines = text.splitlines()
    for new in mend.removeprefix("Write ").split(", and "):
        at = next(at for at, old in enumerate(lines) if key(old) == key(new))
        lines[at] = " " * (len(lines[at]) - len(lines[at].lstrip())) + new
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", NOT_MEANT, ids=by_name)
def test_the_line_that_mends_it_mends_it(path: Path) -> None:
    (trap,) = traps(load(str(path)))
    text = path.read_text(encoding="utf-8")
    mend = trap.mend
    if trap.id == "unread equation":
        kept = (line for line in text.splitlines() if f"{trap.at} =" not in line)
        assert traps(load("\n".join(kept) + "\n")) == ()
        return
    if trap.id == "no distribution":
        mend = "targets: {y: {class: 2, of: 2}}"
        assert "{class: 2, of: 2}" in trap.mend
    assert traps(load(mended(text, mend))) == ()


@pytest.mark.parametrize("path", PROBLEMS, ids=by_name)
def test_no_shipped_problem_is_warned_of(path: Path) -> None:
    assert traps(load(str(path))) == ()


# --- what is judged beside it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    list(
        {
            "check": ("check", "without_a_value/root-in-a-network.yaml", "-a", "dL/dz1 = 0 9.5"),
            "check-markdown": (
                *("check", "without_a_value/root-in-a-network.yaml", "-a", "dL/dz1 = 0 1.6024"),
                *("--format", "markdown"),
            ),
            "lint": ("lint", "without_a_value/one-of-two.yaml"),
            "options": ("check", "without_a_value/options.yaml", "--options"),
            "check-not-meant": ("check", "not_meant/one-probability.yaml", "-a", "yhat = 0.5"),
            "lint-not-meant": ("lint", "not_meant/unread-equation.yaml"),
        }.items()
    ),
    ids=str,
)
def test_what_is_judged_has_its_page(name: str, arguments: tuple[str, ...]) -> None:
    code, text, told = called(*arguments)
    assert told == ""
    assert code == (1 if name not in ("check-markdown", "check-not-meant") else 0)
    golden(GOLDEN / "absent" / f"judged-{name}.txt", text)
