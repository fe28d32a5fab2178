"""Malformed problem files, each beside the diagnostic that it gets.

Every `files/<number>-<what is wrong>.yaml` has a `.txt` with the text on stderr. The
hundreds: 1 YAML, 2 numbers, 3 networks and shapes, 4 names, 5 formulas, 6 values that
do not exist, 7 the question's keys, 8 files beside the problem, 9 untrusted text.
`pytest --update-golden` writes the texts anew.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.errors import render
from tests.processes import SECONDS
from tests.shown import ROOT, golden

FILES = Path(__file__).parent / "files"
CORPUS = sorted(FILES.glob("*.yaml"))
LONGEST_HINT = 105
MEMORY = 1_500_000_000
THROUGH_THE_COMMAND_LINE = (
    "101-empty",
    "110-tab-indents",
    "146-python-object",
    "201-nan",
    "209-digits-5000",
    "301-transposed-weight",
    "424-function",
    "543-exponent-tower",
    "606-exp-overflows",
    "810-file-pickled",
    "901-escape-raw",
)


def diagnostic(name: str) -> str:
    """Load and solve a file, and return what is said about it."""
    with pytest.raises(gradcalc.ProblemError) as caught:
        gradcalc.solve(gradcalc.load(name))
    return render(caught.value) + "\n"


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def refused(name: str, folder: Path, text: bytes | None = None) -> str:
    """Solve a file through the command line with bounded memory; return its stderr."""
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", "solve", name],
        cwd=folder,
        input=text,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        preexec_fn=limited,
        timeout=SECONDS,
        check=False,
    )
    assert found.returncode == 2, found.stderr
    assert found.stdout == b""
    shown = found.stderr.decode("utf-8")
    assert "Traceback" not in shown
    return shown


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_file_gets_its_diagnostic(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    shown = diagnostic(path.name)
    golden(path.with_suffix(".txt"), shown)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_diagnostic_is_short_and_shows_its_place(path: Path) -> None:
    lines = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"error: \S.*", lines[0])
    assert re.fullmatch(rf" +┌─ {re.escape(path.name)}:\d+:\d+", lines[1])
    assert 2 <= len(lines) <= 5
    assert all(line.isprintable() and len(line) <= 450 for line in lines)
    assert not lines[0].endswith((".", "!"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_hint_can_be_read_at_a_glance(path: Path) -> None:
    text = path.with_suffix(".txt").read_text(encoding="utf-8")
    hint = text.partition("\nhint: ")[2].rstrip("\n")
    assert len(hint) <= LONGEST_HINT
    assert not re.search(r"d(\w+)/d\1\b", hint), "the derivative of a thing by itself is 1"


def test_the_corpus_is_whole() -> None:
    assert len(CORPUS) > 400
    texts = {path.stem for path in FILES.glob("*.txt")}
    assert texts == {path.stem for path in CORPUS}
    numbers = [path.name[:3] for path in CORPUS]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("stem", THROUGH_THE_COMMAND_LINE)
def test_the_command_line_says_the_same(stem: str) -> None:
    shown = refused(f"{stem}.yaml", FILES)
    assert shown == (FILES / f"{stem}.txt").read_text(encoding="utf-8")


# --- files that cannot be kept as small texts --------------------------------------------

SQUARE = b"inputs: {x: 3}\nequations: y = x^2\n"
SAVE = "\nhint: save it as UTF-8\n"


def where(message: str, line: str = "") -> str:
    return f"error: p.yaml {message}\n  ┌─ p.yaml{line}"


BYTES = {
    "utf-16": (SQUARE.decode().encode("utf-16"), where("is UTF-16, not UTF-8 text") + SAVE),
    "utf-16-without-mark": (
        SQUARE.decode().encode("utf-16-le"),
        where("is binary, not UTF-8 text") + SAVE,
    ),
    "latin-1": (
        "title: Übung\n".encode("latin-1") + SQUARE,
        where("is not UTF-8 text: byte 0xdc in line 1", ":1") + SAVE,
    ),
    "image": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", where("is binary, not UTF-8 text") + SAVE),
    "nul": (SQUARE + b"\x00" * 9, where("is binary, not UTF-8 text") + SAVE),
    "nul-far-in": (
        b"title: a\n" * 50 + b"\x00",
        "error: a control character\n  ┌─ p.yaml:51:1\n51│ \\x00\n  │ ^^^^\nhint: remove it\n",
    ),
    "3-megabytes": (
        b"#" * 3_000_000,
        where("is larger than 2 MB")
        + "\nhint: large weights stand beside a problem file: W1: {file: w1.npy}\n",
    ),
    "crlf": (
        SQUARE.replace(b"\n", b"\r\n") + b"find: z\r\n",
        "error: z names no value of this problem\n  ┌─ p.yaml:3:7\n 3│ find: z\n  │       ^\n"
        "hint: known are x, y\n",
    ),
    "lone-cr": (
        SQUARE.replace(b"\n", b"\r") + b"find: z\r",
        "error: z names no value of this problem\n  ┌─ p.yaml:3:7\n 3│ find: z\n  │       ^\n"
        "hint: known are x, y\n",
    ),
    "bom": (
        b"\xef\xbb\xbffind: z\n" + SQUARE,
        "error: z names no value of this problem\n  ┌─ p.yaml:1:7\n 1│ find: z\n  │       ^\n"
        "hint: known are x, y\n",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", BYTES)
def test_other_bytes(kind: str, folder: Path) -> None:
    data, shown = BYTES[kind]
    (folder / "p.yaml").write_bytes(data)
    assert diagnostic("p.yaml") == shown


def nested(opening: str, closing: str, levels: int) -> str:
    return f"inputs: {{x: {opening * levels}1{closing * levels}}}\n"


def bomb() -> str:
    rows = [", ".join(["1"] * 10), *(", ".join([f"*a{level}"] * 10) for level in range(10))]
    return "".join(f"a{level}: &a{level} [{row}]\n" for level, row in enumerate(rows))


LARGE = {
    "alias-bomb": (bomb(), "error: aliases that unfold to more values than a file may hold", 6),
    "deep-blocks": (
        "inputs:\n" + "".join(" " * level + "a:\n" for level in range(1, 1500)),
        "error: values nested more than 40 deep",
        40,
    ),
    "deep-dashes": ("inputs:\n  " + "- " * 10_000 + "1\n", "error: values nested more than 40", 2),
    "brackets": (nested("[", "]", 100_000), "error: values nested more than 40 deep", 1),
    "braces": (nested("{a: ", "}", 10_000), "error: values nested more than 40 deep", 1),
    "open-brackets": ("inputs: {x: " + "[" * 100_000, "error: values nested more than 40 deep", 1),
    "many-values": (
        "inputs: {x: [" + "1," * 450_000 + "1]}\n",
        "error: more values than a problem file may hold",
        1,
    ),
    "long-value": (
        "inputs: {x: " + "9" * 1_900_000 + "}\n",
        "error: x: a number of more than 60 characters",
        1,
    ),
    "long-formula": (
        "inputs: {x: 1}\nequations: y = x" + " + x" * 400_000 + "\n",
        "error: a formula of 1600001 characters",
        2,
    ),
    "many-lines": (
        "inputs: {x: 1}\nequations: |\n" + "".join(f"  y{i} = x\n" for i in range(100_000)),
        "error: more than 2000 equations",
        2003,
    ),
    "many-keys": (
        "inputs:\n" + "".join(f"  x{i}: q\n" for i in range(100_000)),
        "error: x0: 'q' is not a number",
        2,
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_large_files_are_answered(kind: str, folder: Path) -> None:
    text, message, line = LARGE[kind]
    (folder / "p.yaml").write_text(text, encoding="utf-8")
    shown = diagnostic("p.yaml").splitlines()
    assert shown[0].startswith(message)
    assert shown[1].strip().startswith(f"┌─ p.yaml:{line}:")
    assert all(len(each) < 450 for each in shown)


@pytest.mark.parametrize("kind", ["alias-bomb", "brackets", "long-value", "many-lines"])
def test_large_files_are_answered_in_little_memory(kind: str, folder: Path) -> None:
    text, message, _ = LARGE[kind]
    assert refused("-", folder, text.encode()).startswith(message)


def test_what_is_no_file(folder: Path) -> None:
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "fifo.yaml")
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "dangling.yaml").symlink_to("gone.yaml")
    assert diagnostic("folder.yaml") == (
        "error: folder.yaml is a folder, not a problem file\n  ┌─ folder.yaml\n"
    )
    assert diagnostic("fifo.yaml") == ("error: fifo.yaml is not a regular file\n  ┌─ fifo.yaml\n")
    assert diagnostic("/dev/zero") == "error: /dev/zero is not a regular file\n  ┌─ /dev/zero\n"
    for name, reason in (
        ("a.yaml", "too many levels of symbolic links"),
        ("dangling.yaml", "no such file or directory"),
        ("nothing.yaml", "no such file or directory"),
        ("folder.yaml/p.yaml", "no such file or directory"),
        ("fifo.yaml/p.yaml", "not a directory"),
        ("x" * 300, "file name too long"),
    ):
        assert diagnostic(name) == f"error: cannot read {name}: {reason}\n  ┌─ {name}\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_an_unreadable_file(folder: Path) -> None:
    (folder / "p.yaml").write_bytes(SQUARE)
    (folder / "p.yaml").chmod(0)
    assert diagnostic("p.yaml") == "error: cannot read p.yaml: permission denied\n  ┌─ p.yaml\n"


def test_a_name_that_could_steer_the_terminal(folder: Path) -> None:
    name = "a\x1b[2J\u202e.yaml"
    (folder / name).write_text("inputs: 3\n", encoding="utf-8")
    shown = diagnostic(name)
    assert "┌─ a\\x1b[2J\\u202e.yaml:1:9\n" in shown


def test_a_csv_or_npy_file_warns_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in FILES.glob("8*.yaml"):
            diagnostic(path.name)


def test_a_pickle_is_not_run(folder: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, ("run",)

    np.save("w.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    Path("p.yaml").write_text("inputs: {x: {file: w.npy}}\nequations: y = sum(x)\n")
    assert "w.npy holds no array of numbers" in diagnostic("p.yaml")
    assert not (folder / "run").exists()
