"""Class reports and feedback as files: golden pages, hostile texts, and what is revealed."""

from __future__ import annotations

import csv
import html
import random
import re
from pathlib import Path

import pytest

from gradcalc.cli import run
from gradcalc.grading.classes.assignment import Assignment, sheet_of
from gradcalc.grading.classes.tally import TOPIC_OF, Tally
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.report.results.feedback import ClassFeedback
from tests.cli.test_grade import LINES, PROBLEM, class_file
from tests.grading.classes import Student, student
from tests.report.samples_of_blocks import HOSTILE
from tests.report.test_blocks import Reader, shape_of_markdown
from tests.shown import GOLDEN, golden

REVEALS = ("score", "where", "why", "full")
RULINGS = """\
rulings:
  - {at: dL/dz2, as_if: dL/dyhat * (1 - yhat), name: "half of σ′ <b>|", share: 0.5}
"""
HAND = """\
student_id,z1,a1,z2,yhat,L,dL/dyhat,dL/dz2,dL/dW2[1],dL/dW2[2],dL/db2,dL/da1,dL/dz1
right,0.738 -0.88,0.677 0.293,0.29,0.572,1.73,1.86,0.456,0.309,0.134,0.456,-0.114 0.31,-0.025 0.0642
sign,0.738 -0.88,0.677 0.293,0.29,0.572,1.73,-1.86,-0.456,-0.31,-0.13,-0.456,0.114 -0.31,0.025 0.064
<script>,0.738 -0.88,0.677 0.293,0.29,0.572,n/a,1.86,0.796,0.539,0.233,,see p. 2,
"""
THREE = ("right", "sign", "script-")


def hostile_table(path: Path, texts: tuple[str, ...]) -> None:
    """Write a class whose ids and answers are `texts`."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student_id", "z2", "yhat", "dL/dyhat", "dL/dz2"])
        for at, text in enumerate(texts):
            writer.writerow([f"{at} {text}", text, "0.5721", f"{text}1", "0.797"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a class of forty, one of three, and a ruling."""
    found = tmp_path_factory.mktemp("reports")
    (found / "rulings.yaml").write_text(RULINGS)
    (found / "three.csv").write_text(HAND)
    class_file(found / "class.csv", 40)
    rows = (found / "class.csv").read_text().splitlines()
    rows[3] = rows[3].rpartition(",")[0] + ",n/a"
    (found / "class.csv").write_text("\n".join([*rows, "one,cell"]) + "\n")
    return found


@pytest.mark.parametrize("ending", ["html", "md", "tex", "txt"])
def test_the_class_report_as_a_file(folder, ending, capsys):
    path = folder / f"report.{ending}"
    assert run(["grade", PROBLEM, str(folder / "class.csv"), "--report", str(path)]) == 1
    said = capsys.readouterr().out
    text = path.read_text()
    golden(GOLDEN / "class" / f"report.{ending}", text)
    assert text == said if ending == "txt" else text != said


def test_all_three_say_the_same(folder, capsys):
    """Every number of the page of text stands in the others, in the same order."""
    pages = []
    for ending in ("txt", "html", "md"):
        path = folder / f"same.{ending}"
        run(["grade", PROBLEM, str(folder / "class.csv"), "--report", str(path)])
        text = path.read_text()
        if ending == "html":
            text = " ".join(Reader(text.partition("<main>")[2].partition("</main>")[0]).said)
        pages.append(re.findall(r"\d+(?:[.]\d+)?", text.replace("\\", "")))
    capsys.readouterr()
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("reveal", REVEALS)
@pytest.mark.parametrize("form", ["md", "html"])
def test_feedback_to_three(folder, reveal, form, capsys):
    out = folder / f"{reveal}-{form}"
    call = ["grade", PROBLEM, str(folder / "three.csv"), "--rulings", str(folder / "rulings.yaml")]
    call += ["--feedback", str(out), "--feedback-as", form, "--reveal", reveal]
    assert run(call) == 1
    capsys.readouterr()
    files = sorted(out.iterdir())
    assert len(files) == 3
    for name in THREE:
        (path,) = [file for file in files if file.name.startswith(name)]
        text = path.read_text()
        if form == "html":
            page = Reader(text)
            assert not page.open and "script" not in {tag for tag, _ in page.elements}
            text = text.partition("<main>")[2]  # the head is that of every report
        golden(GOLDEN / "class" / f"{name.strip('-')}-{reveal}.{form}", text)


@pytest.mark.parametrize("form", ["tex", "txt"])
def test_feedback_as_latex_and_as_text(folder, form, capsys):
    out = folder / f"plain-{form}"
    call = ["grade", PROBLEM, str(folder / "three.csv"), "--feedback", str(out)]
    assert run([*call, "--feedback-as", form, "--reveal", "full"]) == 1
    capsys.readouterr()
    start = {"tex": r"\documentclass", "txt": "Gradients of a 3-2-1"}[form]
    for name in THREE:
        (path,) = [file for file in out.iterdir() if file.name.startswith(name)]
        text = path.read_text()
        assert path.suffix == f".{form}" and text.startswith(start) and "Line by line" in text
        assert form == "tex" or max(map(len, text.splitlines())) <= 80


def test_less_is_revealed_than_is_asked_for(folder, capsys):
    """Below `full` no value stands in the feedback that is not the student's own."""
    own = set(re.findall(r"\d+[.]\d+", HAND))
    for reveal in ("where", "why"):
        out = folder / f"own-{reveal}"
        call = ["grade", PROBLEM, str(folder / "three.csv"), "--feedback", str(out)]
        run([*call, "--reveal", reveal])
        for file in out.iterdir():
            assert set(re.findall(r"\d+\.\d+", file.read_text())) <= own
    capsys.readouterr()


def test_hostile_ids_answers_titles_and_rulings_stay_text(tmp_path, capsys):
    harmless = tuple(f"text{at}" for at in range(len(HOSTILE)))
    texts = tuple(text.encode("utf-8", "replace").decode().replace("\0", "") for text in HOSTILE)
    kinds: dict[str, set[str]] = {}
    for kind, own in (("harmless", harmless), ("hostile", texts)):
        here = tmp_path / kind
        here.mkdir()
        name = "<i>|[x](javascript:y) `z`" if kind == "hostile" else "name"
        problem = re.sub(r"(?m)^title: .*$", f"title: '{name}'", Path(PROBLEM).read_text())
        (here / "p.yaml").write_text(problem)
        (here / "r.yaml").write_text(RULINGS.replace("half of σ′ <b>|", name))
        hostile_table(here / "c.csv", own)
        for form in ("html", "md"):
            folder = here / form
            folder.mkdir()
            call = ["grade", str(here / "p.yaml"), str(here / "c.csv"), "--feedback", str(folder)]
            call += ["--rulings", str(here / "r.yaml"), "--report", str(folder / f"report.{form}")]
            assert run([*call, "--feedback-as", form, "--reveal", "full"]) == 1
            assert len(list(folder.iterdir())) > 20
        kinds[kind] = set()
        for path in (here / "html").iterdir():
            assert re.fullmatch(r"[\w.@+-]+", path.name)
            page = Reader(path.read_text())
            assert not page.open and not page.others
            kinds[kind] |= {re.sub(r"[\d.]+", "0", str(element)) for element in page.shape}
        for path in (here / "md").iterdir():
            kinds[kind] |= set(shape_of_markdown(path.read_text()))
        capsys.readouterr()
    said = (tmp_path / "hostile" / "md" / "report.md").read_text()
    assert "\\<i\\>\\|\\[x\\](javascript:y) \\`z\\`" in said
    assert kinds["hostile"] <= kinds["harmless"]
    assert not any(word in kind for kind in kinds["hostile"] for word in ("html_", "link", "image"))


def test_several_checks_are_one_page_of_html(tmp_path, capsys):
    for at, text in enumerate(HOSTILE):
        sheet = f"z2 = {text}\n{text}\ndL/dz2 = 0.79\n".encode("utf-8", "replace")
        (tmp_path / f"{at}.txt").write_bytes(sheet.replace(b"\0", b""))
    run(["check", PROBLEM, str(tmp_path), "--format", "html"])
    page = Reader(capsys.readouterr().out)
    tags = [tag for tag, _ in page.elements]
    assert not page.open and not page.others
    assert tags.count("html") == 1 and tags.count("h1") > 20
    assert not {"script", "img", "b", "i"} & set(tags)
    run(["check", PROBLEM, str(tmp_path), "--format", "markdown"])
    blocks = " ".join(shape_of_markdown(capsys.readouterr().out))
    assert not any(word in blocks for word in ("html", "link", "image"))
    assert run(["check", PROBLEM, "--options", "--format", "html"]) == 2


def test_feedback_says_what_a_check_of_the_sheet_alone_does(tmp_path):
    table = tmp_path / "c.csv"
    class_file(table, 60, pool=60, seed=7)
    given = Assignment(PROBLEM, (str(table),))
    for block in given.blocks():
        marked = given.marker.mark(block)
        said = ClassFeedback(given.marker, "full")
        for row in range(len(block.ids)):
            review, _, _ = said.review(marked, row, given.lines)
            alone = check(given.problem, sheet_of(block.of(row), 0, given.lines))
            due = {(v.name, v.index): v for v in alone.verdicts}
            for verdict in review.verdicts:
                other = due.get((verdict.name, verdict.index))
                if other is None or other.status == "missing":
                    assert verdict.status == "missing"
                    continue
                assert (verdict.status, verdict.given) == (other.status, other.given)
                assert verdict.own == pytest.approx(other.own, rel=1e-9, abs=1e-12)
            ids = [(finding.name, finding.ids) for finding in review.findings]
            assert ids == [(finding.name, finding.ids) for finding in alone.findings]


def test_what_is_said_again_is_what_would_be_said_anew(tmp_path):
    table = tmp_path / "c.csv"
    class_file(table, 80, pool=25, seed=3)
    given = Assignment(PROBLEM, (str(table),))
    for block in given.blocks():
        marked = given.marker.mark(block)
        for reveal in ("why", "full"):
            once = ClassFeedback(given.marker, reveal)
            for row, (name, parts) in enumerate(once.of(marked)):
                alone = given.marker.mark(block.of(row))
                (anew,) = ClassFeedback(given.marker, reveal).of(alone)
                assert (name, parts) == anew
            assert once.memory


def test_topics_are_counted_by_student_and_place(tmp_path):
    table = tmp_path / "c.csv"
    class_file(table, 60, pool=60, seed=11)
    given = Assignment(PROBLEM, (str(table),))
    due: dict[tuple[str, tuple[str, ...]], int] = {}
    tally = Tally((), given.scheme)
    for block in given.blocks():
        tally.add(given.marker.mark(block))
        for row in range(len(block.ids)):
            review = check(given.problem, sheet_of(block.of(row), 0, given.lines))
            made: dict[str, list[str]] = {}
            for finding in review.findings:
                for topic in {TOPIC_OF[rule] for rule in finding.ids if rule in TOPIC_OF}:
                    made.setdefault(topic, []).append(finding.name)
            for topic, names in made.items():
                key = (topic, tuple(dict.fromkeys(names)))
                due[key] = due.get(key, 0) + 1
    assert due and tally.topics == due


def test_a_class_report_names_what_to_take_up_again(tmp_path, capsys):
    """Twelve of thirty leave σ′ out at the output: told by a script, not by the program."""
    chance = random.Random(5)
    right, wrong = [], []
    while len(right) < 18 or len(wrong) < 12:
        each: Student = student(LINES, chance, slips=0.9, blanks=0, pen=0)
        if each.slip is None and len(right) < 18:
            right.append(each)
        elif (
            each.slip is not None
            and each.slip.rule == "act-derivative-missing"
            and not each.slip.systematic
            and len(wrong) < 12
        ):
            wrong.append(each)
    names = list(right[0].answers)
    rows = [
        [str(at), *(" ".join(each.answers[name]) for name in names)]
        for at, each in enumerate(right + wrong)
    ]
    with (tmp_path / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["student_id", *names], *rows])
    run(["grade", PROBLEM, str(tmp_path / "c.csv")])
    page = " ".join(capsys.readouterr().out.split())
    assert "To take up again: f′" in page and "students, one in" in page
    assert html.unescape(page) == page
