"""`gradcalc numbers`: every student's own numbers, as a table to hand out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from gradcalc.cli import output


@click.command("numbers")
@click.argument("problem", metavar="PROBLEM")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--roster", type=click.Path(path_type=Path), help="Who is in the class: a CSV file.")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), help="The table, a CSV file."
)
def command(problem: str, ids: tuple[str, ...], roster: Path | None, target: Path | None) -> int:
    """List the numbers that each student has under `individual:` in a PROBLEM.

    Students are the IDs, those of a roster, or - for ids on standard input, one a line.
    An id gives the same numbers in every list and in `gradcalc grade`; capitals and
    blanks around it make no difference. The table is CSV: the id, then a column an entry.

    \b
    Examples:
      gradcalc numbers problem.yaml 4711 4712
      gradcalc numbers problem.yaml --roster roster.csv -o numbers.csv
      cut -d, -f1 class.csv | gradcalc numbers problem.yaml -

    Exit code: 0 the table is written, 2 the input is at fault, 3 it could not be written.
    """
    from gradcalc.cli.output import aside
    from gradcalc.grading.classes.individual import distinct, individual_of, number_table
    from gradcalc.grading.classes.roster import read_roster
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import read_source

    if (roster is None) == (not ids):
        raise click.UsageError("name students, or a --roster" + (", not both" * bool(ids)))
    if problem == "-" and ("-" in ids or str(roster) == "-"):
        raise click.UsageError("standard input is the problem or the ids, not both")
    found = load(read_source(problem))
    individual_of(found)
    students = read_roster(str(roster)).ids if roster is not None else distinct(_named(ids))
    lines = number_table(found, students)
    if target is None:
        output.write_text("".join(lines))
        return 0
    with aside(target) as file:
        file.writelines(lines)
    return 0


def _named(ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each id with where it stands; - stands for the lines of standard input."""
    from gradcalc.grading.submissions.streams import STDIN, Origin

    for text in ids:
        if text != "-":
            yield text, "the call"
            continue
        origin = Origin(STDIN, "-")
        file = origin.open()
        try:
            for at, line in enumerate(file, start=1):
                if line.strip():
                    yield line.decode("utf-8", "replace"), f"{STDIN}:{at}"
        finally:
            origin.close(file)
