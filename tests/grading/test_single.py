"""Sheets printed from single precision are right, in check and in grade, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from gradcalc.cli import gradcalc as command
from gradcalc.cli import run as run_command
from gradcalc.grading.answers.written import read_written
from gradcalc.grading.classes.assignment import read_submissions, sheet_of
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.marked_block import STATUSES
from gradcalc.grading.classes.scheme import read_scheme
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.evaluation.single_precision import in_single
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.verdict import Verdict
from gradcalc.problem.reading.loader import load
from tests.grading.in_float32 import fixed, full, run, sheet, short, shortest

LOGISTIC = """
inputs: {x: [[0.5, 1.5], [1, 1], [1.5, 0.5], [3, 0.5], [2, 2], [1, 2.5]]}
targets: {y: [[0], [0], [0], [1], [1], [1]]}
weights: {W1: [[2, 3]], b1: 1}
activations: [sigmoid]
loss: binary_cross_entropy(reduction=mean)
"""
PRINTED = {
    "L": "3.0013864040374756",
    "dL/dW1[1,1]": "0.4983334243297577",
    "dL/dW1[1,2]": "0.498839408159256",
    "dL/db1": "0.49861806631088257",
}
RUNS, SEED = 40, 100
Spell = Callable[[np.floating], str]


def texts(**more: str) -> str:
    return "".join(f"{name} = {text}\n" for name, text in (PRINTED | more).items())


def is_single(*numbers: str) -> bool:
    cells = [read_written(text) for text in numbers]
    return bool(
        in_single(
            np.array([cell.value for cell in cells]),
            np.array([cell.decimals for cell in cells]),
            np.array([cell.significant for cell in cells]),
            np.array([cell.rounded for cell in cells]),
        )
    )


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        (("0.5720587968826294", "0.1", "-0.30000001192092896", "2.3841858e-07"), True),
        (("0.5720588", "0.30000001", "1.1000000238418579"), True),
        (("0.572058796882629394531250", "0.3000000119", "0.100000001"), True),
        (("0.5720587968826294", "0.30000001192092896", "0.1"), False),  # two long ones
        (("0.5720587968826295", "0.30000001192092896", "0.100000001"), False),
        (("0.5720587968826294", "0.30000001192092896", "0.1000000015", "0.123456789012"), False),
        (("0.5721", "0.3", "0.1"), False),
    ],
)
def test_a_sheet_is_recognised_by_its_long_numbers(numbers: tuple[str, ...], found: bool) -> None:
    assert is_single(*numbers) is found


def test_the_printed_sheet_is_right_and_the_report_says_why(tmp_path: Path) -> None:
    problem = load(LOGISTIC)
    review = check(problem, texts())
    assert {each.status for each in review.verdicts} == {"correct"}
    assert review.single
    ours = lines_of(problem).values
    plain = "".join(f"{name} = {ours[name].item()!r}\n" for name in ("L", "dL/db1"))
    assert not check(problem, plain).single
    path, sheet_path = tmp_path / "p.yaml", tmp_path / "s.txt"
    path.write_text(LOGISTIC)
    sheet_path.write_text(texts())
    for style in ("text", "markdown"):
        run_ = CliRunner().invoke(command, ["check", str(path), str(sheet_path), "--format", style])
        assert run_.exit_code == 0
        assert "single precision" in run_.output
    record = CliRunner().invoke(command, ["check", str(path), str(sheet_path), "--format", "json"])
    assert json.loads(record.output)["precision"] == "single"


def test_a_class_is_told_how_many_are_printed_so(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("p.yaml", "c.csv", "book.csv", "feedback")]
    paths[0].write_text(LOGISTIC)
    heads = ",".join(f'"{name}"' for name in PRINTED)
    rows = [",".join(("s1", *PRINTED.values())), "s2,3.0014,0.4983,0.4988,0.4986"]
    paths[1].write_text("\n".join([f"student_id,{heads}", *rows]) + "\n")
    call = ["grade", *map(str, paths[:2]), "-o", str(paths[2]), "--feedback", str(paths[3])]
    found = CliRunner().invoke(command, call)
    assert found.exit_code == 0, found.output
    assert "1 submission printed from single precision" in " ".join(found.output.split())
    assert "single precision" in (paths[3] / "s1.md").read_text()
    assert "single precision" not in (paths[3] / "s2.md").read_text()


def test_a_mistake_is_named_in_single_precision_too() -> None:
    wrong = texts(**{"dL/db1": "-0.49861806631088257"})
    review = check(load(LOGISTIC), wrong)
    assert [each.status for each in review.verdicts][-1] == "incorrect"
    assert review.findings[0].ids == ("sign-slip",)
    off = check(load(LOGISTIC), texts(**{"dL/db1": repr(float(np.float32(0.4987)))}))
    assert off.verdicts[-1].status == "incorrect"


def test_a_measure_that_is_asked_for_decides_alone() -> None:
    review = check(load(LOGISTIC), texts(), Tolerance("decimals", 9))
    assert not review.single
    assert "incorrect" in {each.status for each in review.verdicts}


def ways(seed: int) -> Iterator[Spell]:
    chance = Random(seed)

    def mixed(value: np.floating) -> str:
        return chance.choice((shortest, full, short))(value)

    yield from (shortest, full, fixed, mixed)


def drawn(seed: int, backend: str) -> Iterator[tuple[str, dict[str, np.ndarray], str]]:
    """Yield a drawn problem with its values in float32, and sheets of all or some of them."""
    one, chance = run(Random(seed), backend), Random(seed)
    assert all(np.isfinite(value).all() for value in one.values.values())
    for at, spell in enumerate(ways(seed)):
        kept = {
            name: value
            for name, value in one.values.items()
            if not at or chance.random() < (0.5, 0.9)[seed % 2]
        }
        yield one.text, kept, sheet(kept, spell)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_networks_that_are_run_in_float32_are_right(backend: str) -> None:
    if backend == "torch":
        pytest.importorskip("torch")
    recognised = 0
    for seed in range(SEED, SEED + RUNS):
        for text, kept, answers in drawn(seed, backend):
            if not kept:
                continue
            review = check(load(text), answers)
            wrong = [each for each in review.verdicts if each.status != "correct"]
            recognised += review.single
            cells = [cell for each in review.sheet.answers for cell in each.cells if cell]
            enough = sum(cell.significant >= 7 for cell in cells) >= 3
            assert not (wrong and enough), (text, answers, wrong)
    assert recognised > 2 * RUNS


def test_a_number_that_is_off_is_wrong_in_single_precision_too() -> None:
    tried = passed = 0
    for seed in range(SEED, SEED + RUNS):
        one, chance = run(Random(seed)), Random(seed)
        name = chance.choice(list(one.values))
        value = np.array(one.values[name])
        at = tuple(chance.randrange(dim) for dim in value.shape)
        if not value[at] or sum(map(np.size, one.values.values())) < 5:
            continue
        value[at] *= np.float32(1 + chance.choice((-1e-3, 1e-3)))
        review = check(load(one.text), sheet(one.values | {name: value}, full))
        found: dict[object, Verdict] = {(each.name, each.index): each for each in review.verdicts}
        tried += 1
        passed += found[name, at].status == "correct"
    assert tried > RUNS / 2
    assert passed <= tried / 30  # what nearly cancels may be off by as much


def test_grade_judges_as_check_does_whoever_stands_beside(tmp_path: Path) -> None:
    recognised = 0
    for seed in range(SEED, SEED + 12):
        one = run(Random(seed))
        problem, chance = load(one.text), Random(seed)
        columns = [
            (name, at) for name, value in one.values.items() for at in np.ndindex(value.shape)
        ]
        heads = [f"{n}[{','.join(str(i + 1) for i in at)}]" if at else n for n, at in columns]
        rows = []
        for spell in ways(seed):
            cells = [spell(one.values[name][at]) for name, at in columns]
            other = list(cells)
            other[chance.randrange(len(cells))] = full(np.float32(chance.uniform(-2, 2)))
            rows += [cells, other]
        table = [",".join(["student_id", *(f'"{head}"' for head in heads)])]
        table += [",".join([f"s{at}", *row]) for at, row in enumerate(rows)]
        path = tmp_path / "class.csv"
        path.write_text("\n".join(table) + "\n")
        (block,) = read_submissions([str(path)], problem)
        marker = Marker(lines_of(problem), read_scheme(None, problem))
        marked = marker.mark(block)
        assert marked.single is not None
        recognised += int(marked.single.sum())
        for row in range(len(rows)):
            alone = Marker(lines_of(problem), marker.scheme).mark(block.of(row))
            assert (alone.status[0] == marked.status[row]).all()
            review = check(problem, sheet_of(block, row, marker.lines))
            by_name = {(each.name, each.index): each.status for each in review.verdicts}
            for at, (name, index) in enumerate(columns):
                assert STATUSES[marked.status[row, at]] == by_name[name, index]
    assert recognised > 40


def test_lines_without_numbers_of_the_students_own(tmp_path: Path) -> None:
    text = (
        "inputs: {x: 0.3}\nweights: {w: 0.7, v: 0.9}\n"
        "equations: |\n  u = w/v\n  s = exp(u)\n  L = s*x\n"
        'individual: {seed: 1, x: {from: 0.1, to: 0.6, step: 0.1}}\nfind: [u, s, "ds/du"]\n'
    )
    u = np.float32(0.7) / np.float32(0.9)
    cells = ",".join(full(each) for each in (u, np.exp(u), np.exp(u)))
    paths = [str(tmp_path / name) for name in ("p.yaml", "class.csv", "book.csv")]
    Path(paths[0]).write_text(text)
    rows = "".join(f"s{at},{cells}\n" for at in range(3))
    Path(paths[1]).write_text("student_id,u,s,ds/du\n" + rows)
    assert run_command(["grade", *paths[:2], "-o", paths[2]]) == 0
    assert [row.split(",")[1] for row in Path(paths[2]).read_text().splitlines()[1:]] == ["3"] * 3
