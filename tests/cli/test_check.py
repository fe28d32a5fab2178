"""`gradcalc check`: what is read, exit codes, JSON, annotations, streams, hostile text."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from gradcalc.cli import run
from gradcalc.errors import width
from tests.shown import ROOT

RELU = "problems/relu-squared-loss.yaml"
HAND = "problems/hand-calculation.yaml"
NETWORK = "problems/relu-network-given-values.yaml"
PRINTED = "tests/cases/answers/004-printed.txt"
SQUARE = "inputs: {x: 3}\nequations: y = x^2\n"
VECTOR = """\
inputs:  {z: [1, -2, 0.5]}
targets: {t: [0, 1, 0]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz
"""
MATRIX = """\
inputs:  {x: [1, 2]}
targets: {y: [0, 1]}
weights: {W1: [[1, 2], [3, 4]]}
activations: [identity]
loss: squared_error
find: dL/dW1
"""
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STATUSES = {"correct", "follows", "convention", "incorrect", "unreadable", "missing"}


class Stream(io.StringIO):
    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


class Ran:
    """What one call has written, and its exit code."""

    def __init__(self, arguments: tuple[str, ...], encoding: str, terminal: bool) -> None:
        out, err = Stream(encoding, terminal), Stream(encoding, terminal)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.code = run(arguments)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def record(self) -> dict:
        (line,) = self.out.splitlines()
        return json.loads(line)


def check(*arguments: object, encoding: str = "utf-8", terminal: bool = False) -> Ran:
    return Ran(("check", *map(str, arguments)), encoding, terminal)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def square(tmp_path: Path) -> Path:
    return written(tmp_path, "square.yaml", SQUARE)


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


# --- exit codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((HAND, PRINTED), 1),
        ((HAND, "-a", "E = 1.7336"), 0),
        ((HAND, "-a", "E = 1.7336", "-a", "z2 = 0.2903"), 0),
        ((HAND, "-a", "E = 1.7336", "-a", "z2 = 0.5"), 1),
        ((HAND, "-a", "E = _", "-a", "z2 = 0.2903"), 0),
        ((HAND, "-a", "E = _"), 2),
        ((HAND, "-a", "E = about 2"), 1),
        ((HAND, "-a", "nothing = 2"), 1),
        ((HAND,), 1),
        ((NETWORK,), 1),
        (("problems/xor-network.yaml",), 2),
        ((RELU, "--options"), 0),
        (("problems/xor-network.yaml", "--options"), 2),
        (("problems",), 1),
        (("problems", "--options"), 0),
        (("problems", PRINTED), 2),
        (("problems", "--sheet"), 2),
        ((HAND, "no-such-file.txt"), 2),
        (("no-such-file.yaml", PRINTED), 2),
        (("tests/report", PRINTED), 2),
        ((HAND, "--sheet"), 0),
        ((HAND, PRINTED, "--sheet"), 2),
        ((HAND, PRINTED, "--options"), 2),
        ((HAND, PRINTED, "--decimals", "2", "--rel", "0.1"), 2),
        ((HAND, PRINTED, "--abs", "-1"), 2),
        ((HAND, PRINTED, "--reveal", "everything"), 2),
        ((), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    found = check(*arguments)
    assert found.code == code, found.err
    assert "Traceback" not in found.err
    assert found.out or found.err


def test_several_sheets_have_one_exit_code(tmp_path: Path, square: Path) -> None:
    right = written(tmp_path, "right.txt", "y = 9\ndy/dx = 6\n")
    wrong = written(tmp_path, "wrong.txt", "y = 9\ndy/dx = 3\n")
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"y = 9\xff\n")
    assert check(square, right, right).code == 0
    found = check(square, right, wrong)
    assert found.code == 1
    assert "check of right.txt" in found.out
    assert "check of wrong.txt" in found.out
    found = check(square, broken, right, wrong)
    assert found.code == 2
    assert "broken.txt is not UTF-8 text" in found.err
    assert "check of wrong.txt" in found.out
    assert check(square, right, tmp_path / "none.txt").code == 2


def test_a_folder_of_sheets(tmp_path: Path, square: Path) -> None:
    folder = tmp_path / "handed-in"
    folder.mkdir()
    written(folder, "b.txt", "y = 9\n")
    written(folder, "a.json", '{"answers": {"y": 9, "dy/dx": 6}}')
    written(folder, "c.yaml", "answers: {y: 9}\n")
    written(folder, "notes.md", "nothing")
    found = check(square, folder, "--format", "json")
    assert found.code == 0
    files = [Path(json.loads(line)["file"]).name for line in found.out.splitlines()]
    assert files == ["a.json", "b.txt", "c.yaml"]


def test_a_folder_of_problems_is_those_with_a_key() -> None:
    lines = check("problems", "--format", "json").out.splitlines()
    assert [json.loads(line)["file"] for line in lines] == [HAND, NETWORK]
    lines = check("problems", "--options", "--format", "json").out.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [["c"], ["i"]]


def test_a_folder_without_keys_is_at_fault(tmp_path: Path, square: Path) -> None:
    written(tmp_path, "other.yaml", SQUARE)
    found = check(tmp_path)
    assert found.code == 2
    assert "has expect:" in found.err
    assert "has options:" in check(tmp_path, "--options").err


def test_standard_input(monkeypatch: pytest.MonkeyPatch, square: Path) -> None:
    for text, code in (("y = 9\n", 0), ("y = 8\n", 1), ("", 2), ("# nothing\n", 2)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert check(square, "-").code == code


def test_empty_answers_cannot_be_checked(tmp_path: Path, square: Path) -> None:
    for text in ("", "\n\n", "# a comment\n", "y = _\n", "y = ?\ndy/dx =\n"):
        found = check(square, written(tmp_path, "mine.txt", text))
        assert found.code == 2
        assert "There is no answer to check." in found.out
        noted = check(square, tmp_path / "mine.txt", "--format", "github")
        assert noted.code == 2
        assert "::error file=" in noted.out
        assert "There is no answer to check." in noted.out


def test_blanks_are_not_wrong(tmp_path: Path, square: Path) -> None:
    found = check(square, written(tmp_path, "mine.txt", "y = 9\ndy/dx = _\n"), "--format", "json")
    assert found.code == 0
    assert [v["status"] for v in found.record["verdicts"]] == ["correct", "missing"]
    assert found.record["first_wrong"] is None


def test_a_sheet_can_be_filled_in_and_checked(tmp_path: Path) -> None:
    sheet = check(NETWORK, "--sheet").out
    mine = written(tmp_path, "mine.txt", sheet)
    found = check(NETWORK, mine, "--format", "json")
    assert {v["status"] for v in found.record["verdicts"]} == {"missing"}
    filled = sheet.replace("dL/dW3 = _ _", "dL/dW3 = -12 -14").replace(
        "dL/da1 = _ _", "dL/da1 = -3.7 -4.16"
    )
    assert filled != sheet
    found = check(NETWORK, written(tmp_path, "mine.txt", filled), "--format", "json")
    assert found.code == 0
    verdicts = [v for v in found.record["verdicts"] if v["status"] != "missing"]
    assert [(v["quantity"], v["index"], v["status"]) for v in verdicts] == [
        ("dL/dW3", [1, 1], "correct"),
        ("dL/dW3", [1, 2], "correct"),
        ("dL/da1", [1], "correct"),
        ("dL/da1", [2], "correct"),
    ]


def test_the_key_of_a_file_is_checked(tmp_path: Path) -> None:
    good = written(tmp_path, "good.yaml", VECTOR + "expect: {dL/dz: [2, 0, 1]}\n")
    wrong = written(tmp_path, "wrong.yaml", VECTOR + "expect: {dL/dz: [2, -2, 1], L: 2.25}\n")
    assert check(good).code == 0
    found = check(wrong, "--format", "json")
    assert found.code == 1
    assert found.record["first_wrong"] == "dL/dz"
    (verdict,) = (v for v in found.record["verdicts"] if v["status"] == "incorrect")
    assert (verdict["index"], verdict["line"], verdict["expected"]) == ([2], 7, 0)


# --- how a value is compared ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "measure", "code"),
    [
        ("0.29", (), 0),  # 0.290259…
        ("0.2902", (), 0),  # cut off
        ("0.2904", (), 1),
        ("0.3", ("--decimals", "1"), 0),
        ("0.2904", ("--decimals", "3"), 0),
        ("0.2904", ("--decimals", "4"), 1),
        ("0.2903", ("--significant", "4"), 0),
        ("0.2950", ("--significant", "2"), 0),
        ("0.2960", ("--significant", "2"), 1),
        ("0.30", ("--abs", "0.01"), 0),
        ("0.31", ("--abs", "0.01"), 1),
        ("0.31", ("--rel", "0.1"), 0),
        ("0.33", ("--rel", "0.1"), 1),
        ("-0.2903", ("--abs", "10"), 1),
    ],
)
def test_measures(value: str, measure: tuple[str, ...], code: int) -> None:
    assert check(HAND, "-a", f"z2 = {value}", *measure).code == code


@pytest.mark.parametrize(
    ("answer", "convention"),
    [("5 10; 10 20", "half"), ("10 20; 20 40", "")],
)
def test_conventions_that_a_problem_accepts(answer: str, convention: str, tmp_path: Path) -> None:
    strict = written(tmp_path, "strict.yaml", MATRIX)
    lenient = written(tmp_path, "lenient.yaml", MATRIX + "accept: [half, layout]\n")
    assert check(strict, "-a", f"dL/dW1 = {answer}").code == (1 if convention else 0)
    found = check(lenient, "-a", f"dL/dW1 = {answer}", "--format", "json")
    assert found.code == 0
    statuses = {verdict["status"] for verdict in found.record["verdicts"]}
    assert statuses == ({"convention"} if convention else {"correct"})
    assert found.record["first_wrong"] is None


# --- JSON ----------------------------------------------------------------------------------


def test_the_json_of_answers() -> None:
    found = check(HAND, PRINTED, "--format", "json")
    record = found.record
    assert list(record) == ["schema", "file", "verdicts", "first_wrong", "warnings"]
    assert record["schema"] == "gradcalc/check/1"
    assert record["file"] == PRINTED
    assert record["first_wrong"] == "dL/dW1"
    assert len(record["verdicts"]) == 38
    for verdict in record["verdicts"]:
        assert list(verdict) == [
            "quantity",
            "index",
            "line",
            "status",
            "given",
            "expected",
            "expected_from_own",
            "explanations",
        ]
        assert verdict["status"] in STATUSES
        assert isinstance(verdict["line"], int)
        assert verdict["index"] is None or all(at > 0 for at in verdict["index"])
        assert not (verdict["status"] == "correct" and verdict["explanations"])
    loss = record["verdicts"][8]
    assert (loss["quantity"], loss["index"], loss["given"]) == ("L", None, "1.73")
    wrong = [v for v in record["verdicts"] if v["status"] == "incorrect"]
    assert [(v["quantity"], v["index"], v["line"], v["given"]) for v in wrong] == [
        ("dL/dW1", [1, 1], 13, "0.0043"),
        ("dL/dW1", [1, 1], 21, "0.0043"),
        ("x", [3], 22, "1.31"),
    ]
    assert wrong[0]["explanations"] == [{"mistakes": ["sign-slip"], "text": "the sign is lost"}]
    assert wrong[2]["expected"] == 1.34


def test_the_json_of_options() -> None:
    found = check(RELU, "--options", "--format", "json")
    record = found.record
    assert list(record) == ["schema", "file", "key", "options", "warnings"]
    assert record["schema"] == "gradcalc/check/1"
    assert record["key"] == ["i"]
    assert record["warnings"] == []
    for option in record["options"]:
        assert list(option) == ["label", "verdict", "explanations"]
        assert option["verdict"] == ("correct" if option["label"] == "i" else "incorrect")
        assert bool(option["explanations"]) == (option["label"] != "i")
        for explanation in option["explanations"]:
            assert list(explanation) == ["mistakes", "text"]
    mistakes = {o["label"]: o["explanations"][0]["mistakes"] for o in record["options"][:8]}
    assert mistakes["a"] == ["loss-target-dropped", "loss-sign"]
    assert mistakes["e"] == ["loss-sign", "loss-factor-2", "act-skipped"]  # in line order


def test_json_is_the_same_in_every_stream() -> None:
    for call in ((HAND, PRINTED), (RELU, "--options")):
        wide = check(*call, "--format", "json")
        plain = check(*call, "--format", "json", encoding="ascii")
        assert plain.out.isascii()
        assert plain.record == wide.record
        assert check(*call, "--format", "json").out == wide.out


def test_an_unreadable_answer_has_its_reason() -> None:
    record = check(HAND, "-a", "z2 = about 2", "--format", "json").record
    (verdict,) = record["verdicts"]
    assert verdict["status"] == "unreadable"
    assert verdict["expected"] is None
    assert "reason" in verdict


def test_what_is_not_revealed_is_not_in_the_json() -> None:
    full = check(HAND, PRINTED, "--format", "json").record
    why = check(HAND, PRINTED, "--format", "json", "--reveal", "why").record
    where = check(HAND, PRINTED, "--format", "json", "--reveal", "where").record
    for record in (why, where):
        assert [v["status"] for v in record["verdicts"]] == [v["status"] for v in full["verdicts"]]
        assert all(v["expected"] is v["expected_from_own"] is None for v in record["verdicts"])
    assert any(v["explanations"] for v in why["verdicts"])
    assert not any(v["explanations"] for v in where["verdicts"])
    score = check(HAND, PRINTED, "--format", "json", "--reveal", "score").record
    assert score["counts"] == {"correct": 35, "incorrect": 3}
    assert "verdicts" not in score


# --- annotations ---------------------------------------------------------------------------


def test_annotations_of_answers() -> None:
    found = check(HAND, PRINTED, "--format", "github")
    lines = found.out.splitlines()
    assert [line.partition(",title")[0] for line in lines] == [
        f"::error file={PRINTED},line={at}" for at in (13, 21, 22)
    ]
    assert lines[2].endswith("::1.31 stands where 1.34 is due. Copied wrongly.")
    assert check(HAND, PRINTED, "--format", "github", encoding="ascii").out.isascii()
    where = check(HAND, PRINTED, "--format", "github", "--reveal", "where").out
    assert where.splitlines()[2].endswith("::1.31 is not right.")
    score = check(HAND, PRINTED, "--format", "github", "--reveal", "score").out
    assert score.splitlines() == [
        f"::error file={PRINTED},title=score::Two slips, in 3 of the 38 numbers."
        " The other 35 are right."
    ]


def test_annotations_of_options(tmp_path: Path) -> None:
    found = check(RELU, "--options", "--format", "github")
    assert found.out == f"::notice file={RELU},title=key::option i is right\n"
    two = written(tmp_path, "two.yaml", VECTOR + "options: {a: [2, 0, 1], b: [2.0, 0, 1]}\n")
    lines = check(two, "--options", "--format", "github").out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"::warning file={two},line=7,title=options::") for line in lines)


def test_annotations_are_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "a,b: c%d"
    folder.mkdir()
    sheet = written(folder, "mine.txt", "y = 100%\n::error::z = 1\r\n")
    problem = written(tmp_path, "square.yaml", SQUARE)
    lines = check(problem, sheet, "--format", "github").out.splitlines()
    assert lines
    for line in lines:
        command, _, rest = line[2:].partition("::")
        assert "a%2Cb%3A c%25d" in command
        assert "%" not in re.sub(r"%(25|0D|0A|3A|2C)", "", command + rest)
        assert line.startswith(("::warning file=", "::error file="))


# --- options -------------------------------------------------------------------------------


def reviewed(folder: Path, problem: str, options: str) -> tuple[int, dict]:
    path = written(folder, "problem.yaml", f"{problem}{options}\n")
    found = check(path, "--options", "--format", "json")
    return found.code, found.record


@pytest.mark.parametrize(
    ("problem", "options", "key", "warnings"),
    [
        (VECTOR, "options: {a: [2, 0, 1], b: [1, 0, 0.5]}", ["a"], []),
        (VECTOR, "options: {a: [2, 1, 1], b: [1, 0, 0.5]}", [], ["No option is right."]),
        (
            VECTOR,
            "options: {a: [2, 0, 1], b: [1, 0, 0.5], c: [2.0, 0, 1]}",
            ["a", "c"],
            ["Options a and c are both right.", "Options a and c are equal as they are printed."],
        ),
        (
            VECTOR,
            "options: {a: [2, 0, 1], b: [1, 0, 0.5], c: [1.0, 0, 0.50]}",
            ["a"],
            ["Options b and c are equal as they are printed."],
        ),
        (
            VECTOR,
            "options: {a: [2, 0, 1], b: [1, 0, 0.5]}\nanswer: b",
            ["a"],
            ["The file's answer is b; the value is that of a."],
        ),
        (VECTOR, "options: {a: 2*(y - t)*relu'(z), b: 2*(z - t)}", ["a"], []),
        (VECTOR, "options: {a: [1, 0, 0.5], b: None of these}", ["b"], []),
        (VECTOR, "options: {a: [2, 0, 1], b: none of the above.}", ["a"], []),
        (MATRIX, "options: {a: [[10, 20], [20, 40]], b: [[5, 10], [10, 20]]}", ["a"], []),
        (
            MATRIX.replace("find: dL/dW1", "find: 'dL/dW1[2,1]'"),
            "options: {a: 20, b: 10, c: -20}",
            ["a"],
            [],
        ),
        (
            MATRIX.replace("find: dL/dW1", "find: L"),
            "options: {a: 125, b: 62.5}",
            ["a"],
            [],
        ),
    ],
)
def test_options(
    tmp_path: Path, problem: str, options: str, key: list[str], warnings: list[str]
) -> None:
    code, record = reviewed(tmp_path, problem, options)
    assert record["key"] == key
    assert record["warnings"] == warnings
    assert code == (0 if len(key) == 1 and not warnings else 1)
    page = check(tmp_path / "problem.yaml", "--options")
    assert page.code == code
    assert all(" ".join(warning.split()) in " ".join(page.out.split()) for warning in warnings)


def test_options_of_formulas_are_explained(tmp_path: Path) -> None:
    _, record = reviewed(
        tmp_path, VECTOR, "options: {a: 2*(y - t)*relu'(z), b: 2*(t - y)*relu'(z), c: 2*(z - t)}"
    )
    ids = [o["explanations"][0]["mistakes"] if o["explanations"] else [] for o in record["options"]]
    assert ids == [[], ["loss-sign"], ["act-skipped"]]


def test_an_option_that_cannot_be_read_is_warned_of(tmp_path: Path) -> None:
    code, record = reviewed(tmp_path, VECTOR, "options: {a: [2, 0, 1], b: the gradient}")
    assert code == 1
    assert record["key"] == ["a"]
    assert record["warnings"][0].startswith("Option b cannot be judged")


# --- pages ---------------------------------------------------------------------------------

CALLS = [
    (RELU, "--options"),
    *[(HAND, PRINTED, "--reveal", reveal) for reveal in ("score", "where", "why", "full")],
    *[
        (HAND, "tests/cases/answers/004-sigma-forgotten.txt", "--reveal", reveal)
        for reveal in ("why", "full")
    ],
    (NETWORK, "tests/cases/answers/001-printed.txt"),
    (HAND, "--sheet"),
]


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_no_line_is_wider_than_the_page(
    call: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for encoding in ("utf-8", "ascii"):
        text = check(*call, encoding=encoding).out
        if "--sheet" not in call:
            assert all(width(line) <= columns for line in text.splitlines())
        assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_stream_of_plain_letters(call: tuple[str, ...]) -> None:
    for encoding in ("ascii", "cp1252", "latin-1"):
        text = check(*call, encoding=encoding).out
        assert text.isascii()
        assert "?" not in text
    assert re.search(r"^x ", check(RELU, "--options", encoding="ascii").out, re.MULTILINE)
    assert re.search(r"^\+ i ", check(RELU, "--options", encoding="ascii").out, re.MULTILINE)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_colour_is_all_that_a_terminal_adds(
    call: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    piped, shown = check(*call).out, check(*call, terminal=True).out
    assert "--sheet" in call or "\x1b[" in shown
    assert COLOUR.sub("", shown) == piped
    monkeypatch.setenv("NO_COLOR", "1")
    assert check(*call, terminal=True).out == piped


# --- hostile text --------------------------------------------------------------------------

EVIL = {
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "c1": "\x9b31m\x90q\x9c",
    "bidi": "\u202e\u2066",
    "backspace": "a\x08\x08b\x7f",
    "zero-width": "\u200b\ufeff",
    "markup": "[bold red]x[/] [/x] [link=https://a.b]y[/link] :smile:",
    "long": "9" * 5000,
    "letters": "q" * 20_000,
    "brackets": "(" * 5000,
    "numbers": "1 " * 4_000,
}


@pytest.mark.parametrize("kind", EVIL)
def test_no_answer_steers_a_terminal(
    kind: str, tmp_path: Path, square: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    evil = EVIL[kind]
    lines = f"y = {evil}\n{evil} = 3\ndy/dx = 3 {evil}\n# {evil}\n"
    sheets = [
        written(tmp_path, "mine.txt", lines),
        written(tmp_path, "mine.json", json.dumps({"answers": {"y": evil, evil: 3}})),
    ]
    for reveal in ("score", "where", "why", "full"):
        for style in ("text", "json", "github"):
            found = check(square, *sheets, "--format", style, "--reveal", reveal, terminal=True)
            text = COLOUR.sub("", found.out + found.err)
            assert found.code in (1, 2)
            assert not CONTROLS.search(text)
            assert "Traceback" not in text
    text = check(square, "-a", f"y = {evil}", "-a", f"{evil} = 1").out
    assert not CONTROLS.search(text)
    assert all(width(line) <= 80 for line in text.splitlines())


def test_binary_and_other_encodings_are_refused(tmp_path: Path, square: Path) -> None:
    for content in (b"y = 9\x00\n", b"y = \xff\n", "y = 9\n".encode("utf-16")):
        (tmp_path / "mine.txt").write_bytes(content)
        found = check(square, tmp_path / "mine.txt")
        assert found.code == 2
        assert "UTF-8" in found.err


def test_a_sheet_of_100_000_lines(tmp_path: Path, square: Path) -> None:
    for line in ("y = 9\n", "y = 8\n", "foo = 3\n", "?\n"):
        found = check(square, written(tmp_path, "mine.txt", line * 100_000))
        assert found.code in (0, 1)
        assert "more than 10000 answers" in " ".join(found.out.split())
        assert len(found.out.splitlines()) < 1000
