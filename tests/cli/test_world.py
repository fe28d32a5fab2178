"""Faults of the world around the program: streams, signals, terminals, environment."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcalc.cli import run
from tests.processes import SECONDS, as_from_a_terminal
from tests.shown import PROBLEMS, ROOT

RELU = "problems/relu-squared-loss.yaml"
BROKEN = "inputs: {x: 1}\nequations: y = rellu(x)\n"
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NUMBER = re.compile(r"(?<![A-Za-z_^])\d+(?:\.\d+)?")
SETTINGS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "LC_ALL", "TERM")


def environment(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if k not in SETTINGS}, **more}


def shell(command: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `gradcalc` is the program."""
    program = f'gradcalc() {{ exec "{sys.executable}" -m gradcalc "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", program + command],
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=ROOT,
        env=environment(**more),
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(ROOT)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    yield


class Stream(io.StringIO):
    """Standard output in this process: a terminal or a pipe, of one encoding."""

    def __init__(self, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def shown(*arguments: str, terminal: bool = False, encoding: str = "utf-8") -> str:
    """Return what a command writes in this process, diagnostics included."""
    out, err = Stream(terminal, encoding), Stream(terminal, encoding)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run(arguments)
    return out.getvalue() + err.getvalue()


# --- streams that are closed, full, or left ------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"gradcalc solve {RELU} >&-", 3, "error: standard output is closed\n"),
        (f"gradcalc solve {RELU} --format json >&-", 3, "error: standard output is closed\n"),
        (f"gradcalc solve {RELU} 2>&-", 0, ""),
        ("gradcalc solve - 2>&-", 2, ""),
        (f"gradcalc solve {RELU} >&- 2>&-", 3, ""),
        (f"gradcalc solve {RELU} <&-", 0, ""),
        ("gradcalc solve - <&-", 2, "error: cannot read standard input: it is closed\n"),
        ("gradcalc solve - 0>/dev/null", 2, "error: cannot read standard input"),
    ],
)
def test_closed_streams(command: str, code: int, said: str) -> None:
    found = shell(command, BROKEN)
    assert found.returncode == code, found.stderr
    assert found.stderr.startswith(said)
    assert bool(found.stderr) == bool(said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"gradcalc solve {RELU} >/dev/full", 3),
        (f"gradcalc solve {RELU} --format json >/dev/full", 3),
        (f"FORCE_COLOR=1 gradcalc solve {RELU} >/dev/full", 3),
        ("gradcalc ops >/dev/full", 3),
        ("gradcalc --help >/dev/full", 3),
        (f"gradcalc solve {RELU} >/dev/full 2>/dev/full", 3),
        ("gradcalc solve - 2>/dev/full", 2),
        ("gradcalc slove 2>/dev/full", 2),
    ],
)
def test_a_full_disk(command: str, code: int) -> None:
    found = shell(command, BROKEN)
    assert found.returncode == code, found.stderr
    wanted = "error: the output could not be written: no space left on device\n"
    assert found.stderr == ("" if "2>/dev/full" in command else wanted)


@pytest.mark.parametrize(
    "command",
    [
        "gradcalc solve problems problems",
        "gradcalc solve problems problems --format json",
        "FORCE_COLOR=1 gradcalc solve problems problems",
    ],
)
def test_a_reader_that_leaves(command: str) -> None:
    found = shell(f"({command}) | head -n 1; exit ${{PIPESTATUS[0]}}")
    assert found.returncode == 141, found.stderr
    assert found.stderr == ""
    assert found.stdout.count("\n") == 1


def test_help_without_a_reader() -> None:
    found = shell("(sleep 0.2; gradcalc --help) | true; exit ${PIPESTATUS[0]}")
    assert found.returncode == 141, found.stderr
    assert found.stderr == ""


def test_standard_input_from_a_fifo_that_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    text = (ROOT / RELU).read_text(encoding="utf-8")
    (tmp_path / "text").write_text(text, encoding="utf-8")
    found = shell(f"cat {tmp_path}/text > {tmp_path}/pipe & gradcalc solve - < {tmp_path}/pipe")
    assert found.returncode == 0, found.stderr
    assert found.stdout == shell(f"gradcalc solve {RELU}").stdout
    found = shell(f": > {tmp_path}/pipe & gradcalc solve - < {tmp_path}/pipe")
    assert found.returncode == 2
    assert found.stderr.startswith("error: the file is empty\n")


# --- signals -------------------------------------------------------------------------------


def interrupted(arguments: list[str], ready: bytes) -> tuple[int, bytes]:
    """Run a command, send it Ctrl-C once it has written `ready`, and return what it says."""
    with subprocess.Popen(
        [sys.executable, "-m", "gradcalc", *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509 - there are no threads
    ) as process:
        assert process.stdout is not None
        seen = process.stdout.read(len(ready))
        assert seen == ready
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
        return process.returncode, err


def test_an_interrupt_during_a_solve() -> None:
    code, err = interrupted(["solve", *["problems"] * 200, "--format", "json"], b'{"schema"')
    assert code == 130
    assert b"Traceback" not in err


def test_an_interrupt_while_standard_input_is_awaited() -> None:
    code, err = interrupted(["solve", RELU, "-", "--format", "json"], b'{"schema"')
    assert code == 130
    assert b"Traceback" not in err


# --- environments --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"TERM": "dumb", "FORCE_COLOR": "1"},
        {"COLUMNS": "1"},
        {"COLUMNS": "10"},
        {"COLUMNS": "10000"},
        {"COLUMNS": "-5"},
        {"HOME": "/nonexistent"},
    ],
    ids=lambda setting: " ".join(f"{k}={v}" for k, v in setting.items()),
)
def test_every_environment_gives_the_same_numbers(setting: dict[str, str]) -> None:
    found = shell(f"gradcalc solve {RELU}", **setting)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert "\x1b" not in found.stdout
    plain = shell(f"gradcalc solve {RELU}").stdout
    assert {*decimals(found.stdout)} == {*decimals(plain)}
    if "COLUMNS" not in setting:
        assert decimals(found.stdout) == decimals(plain)


def test_without_any_environment() -> None:
    found = shell(f"unset HOME USER LANG TERM; gradcalc solve {RELU}")
    assert found.returncode == 0, found.stderr
    assert found.stdout == shell(f"gradcalc solve {RELU}").stdout


def test_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    line = f"cd {tmp_path}/gone; rmdir {tmp_path}/gone; gradcalc solve -"
    found = shell(line, BROKEN, PYTHONPATH=str(ROOT))
    assert found.returncode == 2
    assert "did you mean relu?" in found.stderr
    assert "Traceback" not in found.stderr


def numbers(text: str) -> Counter[str]:
    """Return the numbers of a page, whatever their order."""
    return Counter(NUMBER.findall(text))


def decimals(text: str) -> Counter[str]:
    """Return the decimal numbers of a page: in ASCII, names have digits as well."""
    return Counter(number for number in NUMBER.findall(text) if "." in number)


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_no_width_loses_a_number(path: Path, inside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for columns in (60, 100, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        found.append(numbers(shown("solve", str(path))))
    # where a formula with its numbers has no room, the page shows the formula alone
    assert all({*each} == {*found[0]} for each in found)
    assert found[1] == found[2]


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_a_terminal_shows_what_a_pipe_does(path: Path, inside: None) -> None:
    piped = shown("solve", str(path))
    coloured = shown("solve", str(path), terminal=True)
    assert "\x1b[" in coloured
    assert COLOUR.sub("", coloured) == piped


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_twice_the_same(path: Path, inside: None) -> None:
    once = shown("solve", str(path), "--format", "json")
    assert shown("solve", str(path), "--format", "json") == once
    assert json.loads(once)["schema"]


def test_the_same_bytes_in_every_run() -> None:
    files = " ".join(str(path.relative_to(ROOT)) for path in PROBLEMS[::6])
    found = set()
    for seed in range(8):
        locale = ("C", "C.UTF-8", "POSIX", "")[seed % 4]
        style = ("text", "json")[seed % 2]
        run_ = shell(
            f"gradcalc solve {files} --format {style}", PYTHONHASHSEED=str(seed), LC_ALL=locale
        )
        assert run_.returncode == 0, run_.stderr
        found.add((style, run_.stdout))
    assert len(found) == 2


# --- untrusted text ------------------------------------------------------------------------

EVIL = {
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "c1": "\x9b31m\x90q\x9c",
    "bidi": "\u202e\u2066",
    "return": "a\rb",
    "backspace": "a\x08\x08b\x7f",
    "zero-width": "\u200b\ufeff",
    "markup": "[bold red]x[/] [/x] [link=https://a.b]y[/link] :smile:",
}


def quoted(text: str) -> str:
    return json.dumps(text)  # JSON's escapes are those of YAML's double quotes


def carrying(text: str) -> dict[str, str]:
    """Return problem files that carry a text at every place where texts stand."""
    q, body = quoted(text), "inputs: {x: 3}\nequations: y = x^2\n"
    return {
        "title": f"title: {q}\nsource: {q}\n{body}",
        "option": f"{body}options: {{{q}: 6, b: 7}}\nanswer: {q}\n",
        "option-formula": f"{body}options: {{a: {q}, b: 7}}\n",
        "answer": f"{body}options: {{a: 6}}\nanswer: {q}\n",
        "key": f"{q}: 1\n{body}",
        "name": f"inputs: {{{q}: 1}}\nequations: y = 2\n",
        "value": f"inputs: {{x: {q}}}\nequations: y = x\n",
        "names": f"{body}names: {{y: {q}}}\n",
        "find": f"{body}find: [{q}]\n",
        "equation": f"inputs: {{x: 1}}\nequations: {{y: {q}}}\n",
        "left-side": f"inputs: {{x: 1}}\nequations: {{{q}: x}}\n",
        "activation": f"{body}activations: [{q}]\n",
        "loss": f"{body}loss: {q}\n",
        "file": f"inputs: {{x: {{file: {q}}}}}\nequations: y = sum(x)\n",
        "shape": f"inputs: {{x: {{shape: {q}}}}}\nequations: y = sum(x)\n",
        "expect": f"{body}expect: {{{q}: 1}}\n",
        "accept": f"{body}accept: [{q}]\n",
        "mode": f"{body}rounding: {{decimals: 1, mode: {q}}}\n",
    }


@pytest.mark.parametrize("kind", EVIL)
@pytest.mark.parametrize("place", carrying(""))
def test_no_text_of_a_file_steers_a_terminal(
    place: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    Path("p.yaml").write_text(carrying(EVIL[kind])[place], encoding="utf-8")
    texts = [
        shown("solve", "p.yaml"),
        COLOUR.sub("", shown("solve", "p.yaml", terminal=True)),
        shown("solve", "p.yaml", encoding="ascii"),
        shown("solve", "p.yaml", "--format", "json"),
    ]
    for text in texts:
        assert text
        assert not CONTROLS.search(text)
        assert "Traceback" not in text
    if kind == "markup" and place == "title":
        joined = [" ".join(text.split()) for text in texts[:2]]
        assert all(EVIL[kind] in text for text in joined)


def on_a_terminal(arguments: list[str], columns: int = 80) -> tuple[int, str]:
    """Run the program on a pseudo-terminal; return its exit code and all that it wrote."""
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gradcalc", *arguments],
        cwd=ROOT,
        env=environment(TERM="xterm-256color", COLUMNS=str(columns)),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        close_fds=True,
    ) as process:
        os.close(slave)
        written = b""
        while select.select([master], [], [], SECONDS)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other end has closed
                break
            if not piece:
                break
            written += piece
        code = process.wait(timeout=SECONDS)
    os.close(master)
    return code, written.decode("utf-8").replace("\r\n", "\n")


def test_a_real_terminal_shows_what_a_pipe_does(tmp_path: Path) -> None:
    code, text = on_a_terminal(["solve", RELU])
    assert code == 0
    assert "\x1b[1m" in text
    assert COLOUR.sub("", text) == shell(f"gradcalc solve {RELU}").stdout


def test_a_real_terminal_is_not_steered(tmp_path: Path) -> None:
    title = "".join(EVIL.values())
    good, bad = tmp_path / "good.yaml", tmp_path / "bad\x1b[2J.yaml"
    body = "inputs: {x: 3}\nequations: y = x^2\n"
    good.write_text(f"title: {quoted(title)}\n{body}", encoding="utf-8")
    bad.write_text(f"title: t\n{quoted(title)}: 1\n{body}", encoding="utf-8")
    code, text = on_a_terminal(["solve", str(good), str(bad)])
    assert code == 2
    assert not CONTROLS.search(COLOUR.sub("", text))
    assert "\\x1b[2J" in text
