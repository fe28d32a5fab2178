"""Who handed in twice, and which submission counts."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from gradcalc.grading.classes.assignment import chosen_rows, read_submissions
from gradcalc.grading.submissions.block import Block
from gradcalc.grading.submissions.column_layout import SubmissionIndex
from gradcalc.grading.submissions.duplicates import Census, Policy, identity, read_time
from gradcalc.grading.submissions.sources import Reading
from tests.grading.test_submissions_wide import problem


def chosen(
    paths: Sequence[Path], policy: Policy = "newest", chunk: int = 4096
) -> tuple[list[tuple[str, int]], list[tuple[str, int, str, bool]]]:
    """Return who counts, by id and line, and who does not."""
    names = [str(path) for path in paths]
    reading = Reading(chunk=chunk)
    which = chosen_rows(names, problem(), reading, policy)
    blocks: list[Block] = [
        which.apply(block) for block in read_submissions(names, problem(), reading)
    ]
    rows = [pair for block in blocks for pair in zip(block.ids, block.lines, strict=True)]
    wrong = [
        (error.id, error.line, error.reason, error.duplicate)
        for block in blocks
        for error in block.errors
    ]
    return rows, wrong


def table(path: Path, rows: Sequence[str], head: str = "id,submitted_at,yhat") -> Path:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


TIMED = [
    "s1,2026-01-01T10:00:00+00:00,1",
    "s2,2026-01-01T10:00:00Z,2",
    "S1,2026-01-01T13:00:00+04:00,3",  # earlier than the first
    "s2,2026-01-01 10:00:01,4",
    "s3,,5",
]


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_newest_counts(tmp_path: Path, chunk: int) -> None:
    rows, wrong = chosen([table(tmp_path / "a.csv", TIMED)], chunk=chunk)
    assert rows == [("s1", 2), ("s2", 5), ("s3", 6)]
    assert wrong == [
        ("s2", 3, "replaced by a later one, line 5", True),
        ("S1", 4, "replaced by a later one, line 2", True),
    ]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("first", [2, 3, 6]), ("last", [4, 5, 6]), ("best", [2, 3, 4, 5, 6]), ("error", [6])],
)
def test_policies(tmp_path: Path, policy: Policy, kept: list[int]) -> None:
    path = table(tmp_path / "a.csv", TIMED)
    rows, wrong = chosen([path], policy)
    assert [line for _, line in rows] == kept
    assert len(rows) + len(wrong) == 5
    assert {duplicate for *_, duplicate in wrong} <= {policy != "error"}
    which = chosen_rows([str(path)], problem(), policy=policy)
    assert (which.submissions, which.students) == (5, 3)
    (block,) = read_submissions([str(path)], problem())
    contested = which.contested(block).tolist()
    assert contested == ([True] * 4 + [False] if policy == "best" else [False] * 5)
    assert pickle.loads(pickle.dumps(which.apply(block))).ids == which.apply(block).ids


def test_without_times_none_counts(tmp_path: Path) -> None:
    rows = ["s1,,1", "s2,,2", "s1,2026-01-01,3"]
    found, wrong = chosen([table(tmp_path / "a.csv", rows)])
    assert found == [("s2", 3)]
    reason = "duplicate of line {}; --duplicates first|last|best says which counts"
    assert wrong == [
        ("s1", 2, reason.format(4), False),
        ("s1", 4, reason.format(2), False),
    ]


def test_across_files(tmp_path: Path) -> None:
    a = table(tmp_path / "a.csv", ["s1,2026-01-01,1", "s2,2026-01-05,1"])
    b = table(tmp_path / "b.csv", ["s2,2026-01-02,1", "s1,2026-01-03,1"])
    found, wrong = chosen([a, b])
    assert found == [("s2", 3), ("s1", 3)]
    assert wrong == [
        ("s1", 2, f"replaced by a later one, {b} line 3", True),
        ("s2", 2, f"replaced by a later one, {a} line 3", True),
    ]


def test_texts_follow_their_rows(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["s1,2026-01-01,x", "s1,2026-01-02,y", "s2,,0.50"])
    which = chosen_rows([str(path)], problem())
    (block,) = map(which.apply, read_submissions([str(path)], problem()))
    assert [block.text(row, 0) for row in (0, 1)] == ["y", "0.50"]
    assert block.reason(0, 0) == "a letter; check reads them"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("s1", "S1", True),
        ("7", "007", False),
        ("é", "e\u0301", True),
        ("１", "1", True),
        ("a b", "ab", False),
        ("ß", "SS", True),
    ],
)
def test_identity(one: str, other: str, same: bool) -> None:
    assert (identity(one) == identity(other)) is same


SLASHED = [
    # rows, which line counts
    (["s,5/10/2026 09:15:00,1", "s,6/9/2026 09:15:00,1"], 3),  # month first
    (["s,5/10/2026 09:15:00,1", "s,6/9/2026 09:15:00,1", "t,13/1/2026 1:00:00,1"], 2),
    (["s,5/10/2026 09:15:00,1", "s,6/9/2026 09:15:00,1", "t,1/13/2026 1:00:00,1"], 3),
    (["s,24.12.2026 09:15,1", "s,23.12.2026 19:15,1"], 2),
    (["s,2024/12/22 11:49:31 AM GMT+8,1", "s,2024/12/22 4:40:31 AM GMT+1,1"], 2),
    (["s,2024/12/22 11:49:31 AM GMT+8,1", "s,2024/12/22 1:49:31 PM GMT+8,1"], 3),
    (["s,2024/12/22 12:10:00 AM GMT+8,1", "s,2024/12/22 1:00:00 AM GMT+8,1"], 3),
    (["s,1700000001,1", "s,1700000000,1"], 2),
    (["s,1700000001,1", "s,1700000000999,1"], 2),
    (["s,2026-01-01 10:00:00 UTC,1", "s,2026-01-01 11:30:00 +0200,1"], 2),
    (["s,2026-01-01 10:00:00 UTC,1", "s,2026-01-01 10:00:00 UTC,2"], 3),
]


@pytest.mark.parametrize(("rows", "line"), SLASHED)
def test_times(tmp_path: Path, rows: list[str], line: int) -> None:
    found, _ = chosen([table(tmp_path / "a.csv", rows)])
    assert ("s", line) in found
    assert sum(name == "s" for name, _ in found) == 1


def test_dates_that_contradict_each_other_tell_nothing(tmp_path: Path) -> None:
    rows = ["s,5/10/2026,1", "s,6/9/2026,1", "t,13/1/2026,1", "u,1/13/2026,1"]
    found, wrong = chosen([table(tmp_path / "a.csv", rows)])
    assert [name for name, _ in found] == ["t", "u"]
    assert len(wrong) == 2


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026-13-01", "99/99/9999", "1/1/0 1:1", "9" * 100, "2026-01-01T99:00",
     "1/2/2026 1:00 +99", "12:30", "2026-01-01\x00", "0000-00-00", "٣/٣/٢٠٢٦"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    stamp = read_time(text)
    assert not stamp.month_first > 0 and not stamp.day_first > 0


def test_memory_is_bounded() -> None:
    count = 100_000

    def indexes() -> object:
        for at in range(0, count, 1000):
            ids = [f"student{number:08d}" for number in range(at, at + 1000)]
            yield SubmissionIndex(ids, list(range(at, at + 1000)), [""] * 1000)

    tracemalloc.start()
    census = Census()
    census.add("a", indexes())  # type: ignore[arg-type]
    which = census.chosen("newest")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert which.students == which.submissions == count
    assert peak < 160 * count
