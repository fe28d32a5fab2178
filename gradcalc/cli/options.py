"""`gradcalc options`: make the options of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcalc.cli import output

if TYPE_CHECKING:
    from gradcalc.grading.questions.distractors import MadeOption


@click.command("options")
@click.argument("file", metavar="FILE")
@click.option("--find", help="The quantity that is asked for: dL/dW1, dL/dz[2].")
@click.option(
    "--count", type=click.IntRange(2, 26), default=5, show_default=True, help="Options in all."
)
@click.option("--decimals", type=click.IntRange(0, 12), help="Digits after the point.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where the key stands.")
def command(file: str, find: str | None, count: int, decimals: int | None, seed: int) -> int:
    """Make options for a question about FILE, to be pasted into it.

    Each wrong option comes from one named mistake, or from two; all differ as they are
    printed. Where there are not so many mistakes that show, the reason is said.

    \b
    Examples:
      gradcalc options problem.yaml --find dL/dz --count 5
      gradcalc options problem.yaml --find 'dL/dW1[2,1]' --decimals 3 --seed 7

    Exit code: 0 the options are printed, 2 there are none to be made, 70 a line of the
    problem fails its numerical proof.
    """
    from gradcalc.errors import ProblemError, visible
    from gradcalc.grading.evaluation.lines import lines_of
    from gradcalc.grading.questions.distractors import make_options
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import read_source
    from gradcalc.report.page import encodable
    from gradcalc.report.results.wording import wording

    problem = load(read_source(file))
    if find is not None:
        asked = problem.lexicon.read(find)
        if asked is None:
            raise click.UsageError(f"--find {find} names nothing in this problem")
    elif len(problem.find) == 1:
        (asked,) = problem.find
    else:
        names = ", ".join(str(ref) for ref in problem.find)
        raise ProblemError(
            "which quantity are the options for?", where=file, hint=f"--find one of {names}"
        )
    made = make_options(problem, asked, count, decimals, seed)
    words = wording(lines_of(problem), unicode=encodable(output.encoding()))
    values = [_value(option) for option in made.options]
    widest = max(map(len, values))
    text = "" if problem.asked and problem.find == (asked,) else f"find: {asked}\n"
    text += "options:\n"
    for option, value in zip(made.options, values, strict=True):
        said = "the key"
        if option.explanation is not None:
            said = ", ".join(words.label(slip) for slip in option.explanation.slips)
            said += f" ({', '.join(option.explanation.rules)})"
        text += f"  {option.label}: {value.ljust(widest)}  # {visible(said)}\n"
    output.write_text(f"{text}answer: {made.key}\n")
    return 0


def _value(option: MadeOption) -> str:
    """Return an option as YAML has it."""

    def nested(shape: tuple[int, ...], texts: tuple[str, ...]) -> str:
        if not shape:
            return texts[0]
        step = len(texts) // shape[0]
        rows = (nested(shape[1:], texts[i * step : (i + 1) * step]) for i in range(shape[0]))
        return "[" + ", ".join(rows) + "]"

    return nested(option.shape, option.texts)
