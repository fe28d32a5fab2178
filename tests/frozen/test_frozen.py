"""What is kept is what the program says, and a byte that differs is found."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import click
import pytest

from tests.frozen import __main__ as tool
from tests.frozen import store
from tests.frozen.every import chosen, outcomes
from tests.frozen.inputs import ROOT, lay_out
from tests.frozen.run import Outcome, Run
from tests.frozen.table import runs

SOME = "*/calls/decimals*"
ELSEWHERE = {"--scheduler": "it starts a cluster, whose ports and times are others every time"}
"""Options that no row gives a value that works, and why."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the inputs of one problem."""
    folder = tmp_path_factory.mktemp("kept")
    lay_out(folder / "inputs", "hand-calculation")
    return folder


@pytest.fixture(scope="module")
def rows(kept: Path) -> list[Run]:
    """Return all rows for these inputs."""
    return runs(kept / "inputs")


def commands() -> dict[str, click.Command]:
    from gradcalc.cli import gradcalc

    context = click.Context(gradcalc)
    names = gradcalc.list_commands(context)
    return {name: found for name in names if (found := gradcalc.get_command(context, name))}


def test_every_row_has_a_name_of_its_own(rows: list[Run]) -> None:
    names = [run.name for run in rows]
    assert len(set(names)) == len(names)
    folded = {name.casefold() for name in names}
    assert len(folded) == len(names), "two files of one name where capitals make no difference"


def test_every_command_and_its_help_is_run(rows: list[Run]) -> None:
    calls = {run.arguments for run in rows}
    for name in commands():
        assert (name, "--help") in calls
        assert any(
            call[:1] == (name,) and len(call) > 1 and "help" not in call[1] for call in calls
        )


def test_every_option_and_each_of_its_choices_is_given(rows: list[Run]) -> None:
    for name, command in commands().items():
        calls = [run.arguments[1:] for run in rows if run.arguments[:1] == (name,)]
        given = {word for call in calls for word in call}
        pairs = {pair for call in calls for pair in pairwise(call)}
        for option in command.params:
            if not isinstance(option, click.Option):
                continue
            spellings = {*option.opts, *option.secondary_opts}
            assert spellings & given, f"{name} {option.opts}"
            if isinstance(option.type, click.Choice):
                wanted = {str(choice) for choice in option.type.choices} - {option.default}
                known = {value for spelling, value in pairs if spelling in spellings}
                assert wanted <= known, f"{name} {option.opts}: {wanted - known}"


def test_what_differs_is_shown(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = chosen(kept / "inputs", SOME)
    for name, data in outcomes(some, kept / "inputs", 1):
        store.keep(kept, name, data)
    assert len(some) >= 2
    assert tool.main(["compare", str(kept), "--only", SOME, "--jobs", "1"]) == 0
    assert capsys.readouterr().out == f"{len(some)} runs: 0 differ, 0 missing, 0 new\n"
    first, second, *_ = some
    path = store.file_of(kept, first)
    path.write_bytes(path.read_bytes().replace(b"99", b"98", 1))
    store.file_of(kept, second).rename(store.file_of(kept, f"{second}-gone"))
    assert tool.main(["compare", str(kept), "--only", SOME, "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert f"--- {first} (kept)" in said and "-$ COLUMNS=80 gradcalc" in said
    assert f"missing: {second}-gone\nnew: {second}\n" in said
    assert said.endswith(f"{len(some) - 1} runs: 1 differ, 1 missing, 1 new\n")


@pytest.mark.parametrize("name", ["derive/one/01-ascii", "derive/one/01-colour", "new/over"])
def test_a_row_gives_what_a_process_of_its_own_does(
    name: str, rows: list[Run], tmp_path: Path
) -> None:
    (run,) = (run for run in rows if run.name == name)
    (tmp_path / "out").mkdir()
    for each, text in run.files:
        (tmp_path / "out" / each).write_text(text)
    settings = {"COLUMNS": str(run.columns), "PYTHONIOENCODING": run.encoding}
    colour = {"FORCE_COLOR": "1"} if run.colour else {}
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", *run.arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **settings, **colour},
        capture_output=True,
        check=False,
    )
    ((_, kept),) = outcomes({name: run}, tmp_path, 1)
    files = sorted((tmp_path / "out").iterdir())
    parts = [(f"out/{path.name}", path.read_bytes()) for path in files]
    streams = (("stdout", found.stdout), ("stderr", found.stderr), *parts)
    assert kept == store.told(run, Outcome(found.returncode, streams))


def test_what_cannot_be_seen_is_shown_as_escapes() -> None:
    lines = list(store.difference("a", b"x\r\n\xff\xc2\xa0\n", b"x\n\x1b\n", 40))
    assert lines[3:] == ["-x\\r", "-\\xff\\xa0", "+x", "+\\x1b", " "]


def test_a_folder_of_the_repository_is_refused() -> None:
    with pytest.raises(SystemExit, match="in the repository"):
        tool.main(["keep", str(ROOT / "kept")])
