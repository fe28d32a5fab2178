"""Rows of `gradcalc grade` and `gradcalc numbers`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.frozen.checking import DRAWN, HAND, MEASURES, RELU, REVEALS
from tests.frozen.made import CLASSES
from tests.frozen.run import Run
from tests.frozen.variants import everywhere, files, here_and_ascii, row

FORMS = ("plain", "canvas", "moodle", "gradescope", "brightspace")
DUPLICATES = ("newest", "first", "last", "best", "error")
FEEDBACK = {"md": REVEALS, **dict.fromkeys(("html", "tex", "txt"), REVEALS[2:3])}
"""Forms of feedback, and how much is revealed in each."""
REPORTS = ("html", "md", "txt", "tex")
BOOK = ("-o", "out/book.csv")
RESULTS = ("--results", "out/results.jsonl")


def rows(inputs: Path) -> Iterator[Run]:
    """Yield all rows."""
    for name in CLASSES:
        yield from of_class(name)
    for path in files(inputs, "hostile", ""):
        yield from of_hostile(path)
    yield from of_several()
    yield from of_calls()
    yield from of_numbers()


def of_class(name: str) -> Iterator[Run]:
    """Yield the rows of a class."""
    folder = f"made/classes/{name}"
    title = f"grade/{name}"
    problem = ("grade", f"problems/{name}.yaml")
    call = (*problem, f"{folder}/wide.csv")
    yield from everywhere(row(f"{title}/report", *call))
    for form in FORMS:
        yield row(f"{title}/{form}", *call, *BOOK, "--as", form)
    roster = ("--roster", f"{folder}/roster.csv")
    for form in FORMS[:2]:
        yield row(f"{title}/{form}-roster", *call, *BOOK, "--as", form, *roster)
    yield row(f"{title}/results", *call, *RESULTS)
    yield row(f"{title}/results-all", *call, *RESULTS, "--all")
    for style, reveals in FEEDBACK.items():
        for reveal in reveals:
            more = ("--feedback", "out/feedback", "--feedback-as", style, "--reveal", reveal)
            yield row(f"{title}/feedback-{style}-{reveal}", *call, *more)
    for end in REPORTS:
        yield row(f"{title}/report-{end}", *call, "--report", f"out/report.{end}")
    for measure, amount in MEASURES:
        yield row(f"{title}/{measure[2:]}", *call, *BOOK, *RESULTS, measure, amount)
    yield row(f"{title}/values-only", *call, *BOOK, *RESULTS, "--values-only")
    scheme = ("--scheme", f"{folder}/scheme.yaml")
    earlier = ("--compare", f"{folder}/earlier.csv")
    yield row(f"{title}/scheme", *call, *BOOK, *RESULTS, *scheme)
    yield row(f"{title}/compare", *call, *BOOK, *earlier)
    yield row(f"{title}/compare-same", *call, *BOOK, *earlier, *scheme)
    yield from here_and_ascii(row(f"{title}/preview", *call, "--preview"))
    for student in ("s002", "s005", "s009"):
        yield from here_and_ascii(row(f"{title}/only-{student}", *call, "--only", student))
    yield row(f"{title}/only-nobody", *call, "--only", "nobody")
    yield row(f"{title}/resume", *call, *BOOK, "--resume")
    for policy in DUPLICATES:
        twice = (*problem, f"{folder}/twice.csv", "--duplicates", policy)
        yield row(f"{title}/twice-{policy}", *twice, *BOOK, *RESULTS)
    for source in ("long.csv", "class.jsonl", "sheets"):
        outputs = (*BOOK, *RESULTS, "--feedback", "out/feedback", "--reveal", "full")
        yield row(f"{title}/{source}", *problem, f"{folder}/{source}", *outputs)
        yield row(f"{title}/{source}-preview", *problem, f"{folder}/{source}", "--preview")
    mixed = (*problem, f"{folder}/long.csv", f"{folder}/wide.csv")
    yield row(f"{title}/mixed", *mixed, *BOOK, "--duplicates", "last")


def of_hostile(path: Path) -> Iterator[Run]:
    """Yield the rows of a file that is no ordinary class."""
    name = f"grade/hostile/{path.name}"
    call = ("grade", RELU, path)
    yield from here_and_ascii(row(f"{name}/report", *call))
    yield row(f"{name}/preview", *call, "--preview")
    for form in FORMS:
        yield row(f"{name}/{form}", *call, *BOOK, *RESULTS, "--as", form)
    for style in ("md", "html"):
        yield row(f"{name}/{style}", *call, "--feedback", "out/f", "--feedback-as", style)
    for policy in DUPLICATES:
        yield row(f"{name}/{policy}", *call, *BOOK, "--duplicates", policy)
    yield row(f"{name}/check", "check", RELU, path)


def of_several() -> Iterator[Run]:
    """Yield the rows of several problems in one run."""
    folder = ("made/several",)
    named = ("--problem", "made/several/relu.yaml", "--problem", "made/several/neuron.yaml")
    for source in ("both.csv", "both.jsonl", "both-sheets"):
        for way, problems in (("folder", folder), ("named", named)):
            call = ("grade", *problems, f"made/{source}")
            name = f"grade/several/{source}/{way}"
            yield from here_and_ascii(row(f"{name}/report", *call))
            yield row(f"{name}/preview", *call, "--preview")
            for form in FORMS:
                yield row(f"{name}/{form}", *call, *BOOK, *RESULTS, "--as", form)
            for end in REPORTS:
                yield row(f"{name}/report-{end}", *call, "--report", f"out/report.{end}")
            for style in FEEDBACK:
                more = ("--feedback", "out/feedback", "--feedback-as", style)
                yield row(f"{name}/feedback-{style}", *call, *more)
            more = ("--roster", "made/both-roster.csv", "--scheme", "made/both-scheme.yaml")
            yield row(f"{name}/roster", *call, *BOOK, *RESULTS, *more)
            for student in ("s1", "q", "anna"):
                yield row(f"{name}/only-{student}", *call, "--only", student)


def of_calls() -> Iterator[Run]:
    """Yield rows of headers, rulings, names of files, standard input, and calls at fault."""
    ruled = ("grade", HAND, "made/ruled.csv")
    table = f"made/classes/{Path(HAND).stem}/wide.csv"
    sheet = "student_id,L,dL/dz[1]\n1,0.86,0.2\n2,0.8,-0.2\n"
    yield row("grade/calls/stdin", "grade", RELU, "-", *BOOK, *RESULTS, stdin=sheet)
    old = (("book.csv", "student,score\nan earlier gradebook\n"),)
    yield Run("grade/calls/over-earlier", ("grade", HAND, table, *BOOK), files=old)
    for name, more in {
        "rulings": (*ruled, "--rulings", "made/rulings.yaml", *BOOK, *RESULTS),
        "rulings-only": (*ruled, "--rulings", "made/rulings.yaml", "--only", "2"),
        "deducted": (*ruled, "--scheme", "made/deducted.yaml", *BOOK, *RESULTS),
        "ruled": (*ruled, *BOOK, *RESULTS, "--all", "--feedback", "out/f", "--reveal", "full"),
        "marking": ("grade", "made/more/marking.yaml", "made/marking.csv", *BOOK, *RESULTS),
        "letters": ("grade", RELU, "made/letters.csv", *BOOK, *RESULTS, "--feedback", "out/f"),
        "headers": ("grade", HAND, "made/headers.csv", "--columns", "made/columns.yaml", *BOOK),
        "headers-preview": (
            *("grade", HAND, "made/headers.csv", "--columns", "made/columns.yaml", "--preview"),
        ),
        "headers-unread": ("grade", HAND, "made/headers.csv", *BOOK),
        "pattern": ("grade", HAND, "made/named", "--pattern", r"-(?P<id>\d+)\.", *BOOK),
        "pattern-odd": ("grade", HAND, "made/named", "--pattern", "(", *BOOK),
        "pattern-without": ("grade", HAND, "made/named", "--pattern", "x", *BOOK),
        "one-process": ("grade", HAND, table, "--processes", "1", *BOOK),
        "two-processes": ("grade", HAND, table, "--processes", "2", *BOOK),
        "resume-alone": ("grade", HAND, table, "--resume"),
        "compare-alone": ("grade", HAND, table, "--compare", table),
        "compare-odd": ("grade", HAND, table, "--compare", table, *BOOK),
        "no-submissions": ("grade", HAND),
        "none": ("grade",),
        "no-problem": ("grade", "nothing.yaml", table),
        "no-table": ("grade", HAND, "nothing.csv", *BOOK),
        "no-scheme": ("grade", HAND, table, "--scheme", "nothing.yaml"),
        "odd-scheme": ("grade", HAND, table, "--scheme", "made/rulings.yaml"),
        "odd-rulings": ("grade", HAND, table, "--rulings", "made/deducted.yaml"),
        "odd-roster": ("grade", HAND, table, "--roster", "made/marking.csv"),
        "odd-columns": ("grade", HAND, table, "--columns", "made/rulings.yaml"),
        "other-problem": ("grade", RELU, table),
        "over-input": ("grade", HAND, table, "-o", table),
        "no-folder": ("grade", HAND, table, "-o", "out/no/book.csv"),
        "cluster-stdin": ("grade", HAND, "-", "--scheduler", "local"),
        "letters-problem": ("grade", "problems/softmax-letters.yaml", table),
        "two-measures": ("grade", HAND, table, "--abs", "1", "--decimals", "1"),
        "nothing-for-one": ("grade", "made/several", "made/letters.csv"),
    }.items():
        yield from here_and_ascii(row(f"grade/calls/{name}", *more))


def of_numbers() -> Iterator[Run]:
    """Yield the rows of students' own numbers."""
    ids = ("numbers", DRAWN, "4711", " 4712 ", "anna", "ANNA", "=1+1")
    yield row("numbers/ids", *ids)
    yield row("numbers/stdin", "numbers", DRAWN, "-", stdin="4711\nanna\n\n ben \n")
    for name, more in {
        "file": (*ids[1:], "-o", "out/numbers.csv"),
        "roster": (DRAWN, "--roster", "made/ids.csv"),
        "roster-file": (DRAWN, "--roster", "made/ids.csv", "-o", "out/numbers.csv"),
        "roster-and-ids": (DRAWN, "4711", "--roster", "made/ids.csv"),
        "drawn": ("made/more/drawn.yaml", *(f"s{at}" for at in range(12))),
        "none-drawn": (RELU, "4711"),
        "no-ids": (DRAWN,),
        "no-roster": (DRAWN, "--roster", "nothing.csv"),
        "odd-roster": (DRAWN, "--roster", "made/marking.csv"),
        "no-folder": (DRAWN, "4711", "-o", "out/no/numbers.csv"),
        "none": (),
    }.items():
        yield from here_and_ascii(row(f"numbers/{name}", "numbers", *more))
