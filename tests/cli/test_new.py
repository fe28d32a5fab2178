"""`gradcalc new`: the file on standard output or on disk, and calls that are refused."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradcalc
from gradcalc.cli import output
from gradcalc.cli.new import command
from gradcalc.errors import OutputError

ASKED = ("--layers", "3,2,1", "--activation", "sigmoid", "--loss", "half_squared_error")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), prog_name="gradcalc new")


def new(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command writes, through the stream that it really uses."""
    command.main(list(arguments), standalone_mode=False)
    return capsys.readouterr().out


def test_the_file_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    text = new(*ASKED, "--decimals", "1", "--seed", "4", capsys=capsys)
    problem = gradcalc.load(text)
    assert [layer.activation for layer in problem.layers] == ["sigmoid", "sigmoid"]
    assert problem.title == "A 3-2-1 network with sigmoid"
    assert text == new(*ASKED, "--seed", "4", "-o", "-", capsys=capsys)


def test_a_bare_call_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcalc.solve(gradcalc.load(new(capsys=capsys))).values["dL/dW1"].shape == (2, 3)


def test_a_file_is_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    assert run(*ASKED, "-o", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8") == new(*ASKED, capsys=capsys)
    assert [each.name for each in tmp_path.iterdir()] == ["p.yaml"]
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("mine\n")
    path.chmod(0o600)
    found = run("-o", str(path))
    assert found.exit_code == 2
    assert "exists; --force overwrites it" in found.output
    assert path.read_text() == "mine\n"
    assert run("-o", str(path), "--force").exit_code == 0
    assert path.read_text().startswith("# A problem file")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there.yaml").write_text("old")
    link = tmp_path / "p.yaml"
    link.symlink_to("there.yaml")
    assert run("-o", str(link)).exit_code == 2
    assert run("-o", str(link), "--force").exit_code == 0
    assert link.is_symlink()
    assert (tmp_path / "there.yaml").read_text().startswith("# A problem file")


@pytest.mark.parametrize("target", ["nowhere/p.yaml", "", "."])
def test_a_file_that_cannot_be_written(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("-o", target, "--force")
    assert isinstance(found.exception, OutputError)
    assert "could not be written" in str(found.exception)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_of_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    found = run("-o", str(tmp_path / "p.yaml"))
    assert "no space left on device" in str(found.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--layers", "3"], "2 to 8 sizes are due"),
        (["--layers", "1,1,1,1,1,1,1,1,1"], "2 to 8 sizes are due"),
        (["--layers", "3,0"], "a layer has 1 to 20 units"),
        (["--layers", "3,21"], "a layer has 1 to 20 units"),
        (["--layers", "3," + "9" * 5000], "a layer has 1 to 20 units"),
        (["--layers", "3,x"], "3,x is not a list of sizes"),
        (["--layers", "3,-1"], "3,-1 is not a list of sizes"),
        (["--layers", ""], "is not a list of sizes"),
        (["--layers", "3,²"], "is not a list of sizes"),
        (["--activation", "sigmod"], "did you mean sigmoid?"),
        (["--activation", "\x1b[2J"], "a control character"),
        (["--loss", "crossentropi"], "did you mean cross_entropy?"),
        (["--loss", "cross_entropy"], "compares classes"),
        (["--loss", "mse\nx: 1"], "an operator is missing"),
        (["--decimals", "4"], "0<=x<=3"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
    ],
)
def test_calls_that_are_refused(arguments: list[str], said: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2
    assert found.exception is None or isinstance(found.exception, SystemExit)
    assert said in found.output
    assert "\x1b" not in found.output


def test_help_leads_with_examples_and_imports_nothing_heavy() -> None:
    found = run("--help")
    assert found.exit_code == 0
    assert found.output.index("Examples:") < found.output.index("Options:")
    code = (
        "import sys; from gradcalc.cli.new import command; command.main(['--help'],"
        " standalone_mode=False); assert not {'numpy', 'rich', 'yaml'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_closed_output_is_an_error_of_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> None:
        raise OutputError("standard output is closed")

    monkeypatch.setattr(output, "write_text", closed)
    with pytest.raises(OutputError):
        command.main([], standalone_mode=False)
