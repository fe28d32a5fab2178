"""The command line as people call it: arguments, streams, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shown import PROBLEMS, ROOT

RELU = "problems/relu-squared-loss.yaml"
BROKEN = "inputs: {x: 1}\nequations: y = rellu(x)\n"


def run(*arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING")
    }
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**clean, "PYTHONUTF8": "1", **environment},
        check=False,
    )


def shell(command: str) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -m gradcalc"
    return subprocess.run(
        ["bash", "-c", command.replace("gradcalc", program, 1)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_leads_with_examples(flag: str) -> None:
    found = run(flag)
    assert found.returncode == 0
    assert found.stdout.index("Examples:") < found.stdout.index("Options:")
    assert run("solve", flag).stdout.index("Examples:") < run("solve", flag).stdout.index(
        "Options:"
    )


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"gradcalc {version('gradcalc')}\n"


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("solve", "--help")])
def test_light_calls_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from gradcalc.cli import run; run(sys.argv[1:]);"
        "print([m for m in ('numpy', 'rich', 'yaml') if m in sys.modules], file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert found.stderr.strip() == "[]"


def test_a_piped_solution_does_not_import_rich_and_a_broken_file_not_numpy() -> None:
    code = (
        "import sys; from gradcalc.cli import run; run(sys.argv[1:]);"
        "print([m for m in ('numpy', 'rich') if m in sys.modules], file=sys.stderr)"
    )
    call = [sys.executable, "-c", code, "solve"]
    found = subprocess.run(
        [*call, RELU], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert found.stderr.strip() == "['numpy']"
    found = subprocess.run(
        [*call, "-"],
        input="inputs: 3\n",
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert found.stderr.strip().endswith("[]")


def test_solve_reads_files_folders_and_standard_input(tmp_path: Path) -> None:
    source = (ROOT / RELU).read_text(encoding="utf-8")
    (tmp_path / "b.yaml").write_text(source, encoding="utf-8")
    (tmp_path / "a.yml").write_text("inputs: {x: 3}\nequations: y = x^2\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no problem", encoding="utf-8")
    objects = [
        json.loads(line)
        for line in run(
            "solve", str(tmp_path), "-", RELU, "--format", "json", text=source
        ).stdout.splitlines()
    ]
    titles = [found["title"] for found in objects]
    relu = "Gradient of the squared loss through a ReLU"
    assert titles == ["a", relu, relu, relu]


def test_one_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROKEN, encoding="utf-8")
    found = run("solve", str(broken), RELU)
    assert found.returncode == 2
    assert "did you mean relu?" in found.stderr
    assert f"{broken}:2:16" in found.stderr
    assert "option i" in found.stdout


DIVERGES = "inputs: {x: 3}\nequations: y = x^4\ndescent: {lr: 10, steps: 9}\n"


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (("solve", RELU), "", 0),
        (("solve", "-"), BROKEN, 2),
        (("solve", "no-such-file.yaml"), "", 2),
        (("solve", "tests/report"), "", 2),
        (("solve", RELU, "--detail", "everything"), "", 2),
        (("solve", RELU, "--decimals", "-1"), "", 2),
        (("solve",), "", 2),
        (("slove",), "", 2),
        (("ops", "nothing"), "", 2),
        (("ops", "sigmoid"), "", 0),
        (("ops", "adam"), "", 0),
        (("solve", "-"), DIVERGES, 1),
        (("ops",), "", 0),
        (("solve", "problems/relu-network-given-values.yaml", "--given", "fail"), "", 2),
        (("solve", "problems/relu-network-given-values.yaml", "--given", "recompute"), "", 0),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], text: str, code: int) -> None:
    found = run(*arguments, text=text)
    assert found.returncode == code, found.stderr
    assert "Traceback" not in found.stderr


def test_a_failed_check_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    import gradcalc.problem.solve as module
    from gradcalc.cli import run as call

    solve = module.solve

    def failing(*arguments: object) -> object:
        solution = solve(*arguments)  # type: ignore[arg-type]
        return replace(solution, check=replace(solution.check, failed=("dL/dz",)))

    monkeypatch.setattr(module, "solve", failing)
    monkeypatch.chdir(ROOT)
    assert call(["solve", RELU]) == 1


def test_given_recompute_changes_the_gradient() -> None:
    path = "problems/relu-network-given-values.yaml"
    trusted = json.loads(run("solve", path, "--format", "json").stdout)
    assert trusted["values"]["dL/dyhat"] == [-2]
    again = json.loads(run("solve", path, "--given", "recompute", "--format", "json").stdout)
    assert again["values"]["dL/dyhat"][0] == pytest.approx(1.157)
    given = {line["name"]: line for line in trusted["given"]}
    assert given["yhat"]["computed"] == pytest.approx([15.5])
    assert given["yhat"]["recomputed"] == pytest.approx([11.157])


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[" not in run("solve", RELU).stdout
    coloured = run("solve", RELU, FORCE_COLOR="1").stdout
    assert "\x1b[" in coloured
    assert "\x1b[" not in run("solve", RELU, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == run("solve", RELU).stdout


def test_the_same_bytes_twice_and_with_other_hash_seeds() -> None:
    outputs = {
        run("solve", RELU, "problems/xor-network.yaml", PYTHONHASHSEED=str(seed)).stdout
        for seed in range(3)
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_streams_that_cannot_carry_mathematics(encoding: str) -> None:
    for path in PROBLEMS[:2]:
        found = run("solve", str(path), PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert found.returncode == 0, found.stderr
        assert found.stdout.isascii()
    found = run("solve", RELU, "--format", "json", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert json.loads(found.stdout)["schema"] == "gradcalc/solution/1"
    found = run("solve", "-", text=BROKEN, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("columns", ["1", "40", "10000", "nonsense", "٣"])
def test_any_width(columns: str) -> None:
    found = run("solve", RELU, COLUMNS=columns)
    assert found.returncode == 0
    assert "0.86" in found.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_exit_code_3() -> None:
    found = shell(f"gradcalc solve {RELU} > /dev/full")
    assert found.returncode == 3
    assert "could not be written" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_closed_output_is_exit_code_3() -> None:
    found = shell(f"gradcalc solve {RELU} >&-")
    assert found.returncode == 3
    assert "Traceback" not in found.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    found = shell("set -o pipefail; gradcalc solve problems | head -n 1; exit ${PIPESTATUS[0]}")
    assert found.returncode in (0, 141)
    assert found.stderr == ""


def test_json_has_the_documented_keys() -> None:
    found = json.loads(
        run("solve", "problems/hand-calculation-rounded.yaml", "--format", "json").stdout
    )
    assert list(found) == [
        "schema",
        "title",
        "conventions",
        "values",
        "exact",
        "steps",
        "samples",
        "descent",
        "given",
        "find",
        "notes",
        "warnings",
        "undefined",
        "check",
    ]
    assert found["samples"] is None
    assert found["notes"] == []
    assert found["descent"] is None
    assert found["schema"] == "gradcalc/solution/1"
    for step in found["steps"]:
        assert list(step) == ["name", "phase", "formula", "substitution", "value", "note"]
        assert step["phase"] in ("known", "forward", "backward")
    assert set(found["check"]) == {"max_error", "kinks"}
    assert found["values"]["a1"] == [0.68, 0.29]
    assert found["exact"]["a1"] == pytest.approx([0.6766459, 0.2932607], abs=1e-6)
    assert "exact" not in json.loads(run("solve", RELU, "--format", "json").stdout)


def test_json_has_the_steps_of_a_descent() -> None:
    found = json.loads(run("solve", "problems/momentum-steps.yaml", "--format", "json").stdout)
    descent = found["descent"]
    assert list(descent) == ["method", "settings", "parameters", "steps", "loss", "stopped"]
    assert descent["method"] == "sgd"
    assert descent["settings"]["momentum"] == 0.5
    first, second = descent["steps"]
    assert list(first) == [
        "step", "learning_rate", "loss", "before", "gradients", "state", "after",
    ]  # fmt: skip
    assert first["before"] == {"w": 0, "b": 0}
    assert second["gradients"]["dL/dw"] == pytest.approx(-2.5)
    assert second["state"]["w"]["v"] == pytest.approx(-6.5)
    assert second["after"] == pytest.approx({"w": 1.45, "b": 0.91})
    assert descent["loss"] == pytest.approx(0.39285)
    updates = [step for step in found["steps"] if step["phase"] == "update"]
    assert [step["formula"] for step in updates[:2]] == ["mu*v + dL/dw", "w - eta*v"]
    assert updates[1]["substitution"] == "0 - 0.1*(-8)"
    assert updates[1]["value"] == pytest.approx(0.8)


def test_json_has_no_minus_zero() -> None:
    numbers = re.findall(r"[-\d.e]+", run("solve", "problems", "--format", "json").stdout)
    assert not [number for number in numbers if re.fullmatch(r"-0(\.0*)?", number)]


def test_shell_completion_lists_the_commands() -> None:
    found = run(_GRADCALC_COMPLETE="bash_complete", COMP_WORDS="gradcalc s", COMP_CWORD="1")
    assert "solve" in found.stdout
