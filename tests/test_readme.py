"""The outputs in the README files are real, and so are their commands."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shown import PROBLEMS, ROOT, golden

README = ROOT / "README.md"
CATALOGUE = ROOT / "problems" / "README.md"
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path, kind: str) -> list[str]:
    return [
        m["text"] for m in _BLOCK.finditer(path.read_text(encoding="utf-8")) if m["kind"] == kind
    ]


def output(command: str, folder: Path) -> str:
    """Return what a `$ gradcalc …` line prints, with the files of the page at hand."""
    arguments = [
        str(folder / word) if (folder / word).is_file() else word
        for word in shlex.split(command.removeprefix("$ gradcalc "))
    ]
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    return (found.stdout + found.stderr).replace(f"{folder}/", "")


@pytest.mark.parametrize("path", [README, CATALOGUE], ids=["README", "problems/README"])
def test_shown_outputs_are_real(path: Path, tmp_path: Path) -> None:
    examples = blocks(path, "yaml")
    for name, text in zip(("neuron.yaml", "root.yaml", "transposed.yaml"), examples, strict=False):
        (tmp_path / name).write_text(text, encoding="utf-8")
    for text in blocks(path, "text")[:1]:
        (tmp_path / "mine.txt").write_text(text, encoding="utf-8")
    for text in blocks(path, "csv")[:1]:
        (tmp_path / "class.csv").write_text(text, encoding="utf-8")
    shown = blocks(path, "console")
    commands = [block.splitlines()[0] for block in shown]
    real = [f"{command}\n{output(command, tmp_path)}" for command in commands]
    page = path.read_text(encoding="utf-8")  # late: other tests write other parts of it
    for before, now in zip(shown, real, strict=True):
        page = page.replace(f"```console\n{before}```", f"```console\n{now}```")
    golden(path, page)


def test_the_python_session_is_real() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted
    assert not result.failed


def test_the_two_commands_are_the_first_shell_blocks() -> None:
    first, second = blocks(README, "sh")[:2]
    assert "pip install ." in first
    assert "gradcalc solve problems/" in first
    assert "[test]" in second
    assert "pytest" in second


def test_every_problem_is_in_the_catalogue() -> None:
    page = CATALOGUE.read_text(encoding="utf-8")
    assert [path.name for path in PROBLEMS if path.name not in page] == []


def test_every_option_is_documented() -> None:
    import click

    from gradcalc.cli import gradcalc

    page = README.read_text(encoding="utf-8")
    context = click.Context(gradcalc)
    for name in gradcalc.list_commands(context):
        command = gradcalc.get_command(context, name)
        assert command is not None
        assert f"### {name}" in page
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.opts[-1] in page


def test_every_mistake_is_listed() -> None:
    from gradcalc.grading.mistakes.library import RULES
    from gradcalc.grading.mistakes.patterns import PATTERN_IDS
    from gradcalc.report.results.wording import MISTAKE_WORDS

    page = README.read_text(encoding="utf-8")
    title = "| id | what happened |\n| --- | --- |\n"
    ids = [*RULES, *PATTERN_IDS, "transcription"]
    table = title + "".join(f"| `{name}` | {MISTAKE_WORDS[name]} |\n" for name in ids)
    head, start, rest = page.partition(title)
    assert start
    tail = rest[len(re.match(r"(?:\|.*\n)*", rest)[0]) :]  # type: ignore[index]
    golden(README, head + table + tail)


def test_every_key_of_a_problem_file_is_documented() -> None:
    from gradcalc.problem.reading.keys import KEYS

    page = CATALOGUE.read_text(encoding="utf-8")
    assert [key for key in KEYS if f"**{key}**" not in page] == []
