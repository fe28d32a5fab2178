"""How many answers of a sheet are right, in one or two sentences."""

from __future__ import annotations

from gradcalc.grading.verdict import Review
from gradcalc.report.wording import NUMBERS

SINGLE = "Printed from single precision (float32): what its rounding moves counts as right"
"""What is said of a sheet whose numbers NumPy or PyTorch printed."""


def summary(review: Review) -> str:
    """Return in one or two sentences how many numbers are right."""
    verdicts = [v for v in review.verdicts if v.status != "missing" and not v.absent]
    absent = sum(v.absent for v in review.verdicts)
    wrong = [v for v in verdicts if v.status == "incorrect"]
    unread = [v for v in verdicts if v.status == "unreadable"]
    blank = len(review.verdicts) - len(verdicts) - absent
    follows = sum(v.status == "follows" for v in verdicts)
    right = len(verdicts) - len(wrong) - len(unread)
    kind = "number" if all(v.value is not None for v in verdicts) else "answer"
    if not verdicts:
        text = "There is no answer to check."
    elif not wrong and not unread:
        every = f"Both {kind}s" if right == 2 else f"All {right} {kind}s"
        text = f"{every} are right." if right > 1 else f"The one {kind} is right."
    elif not wrong and not right:
        one = len(verdicts) == 1
        text = "The one answer could not be read." if one else "None of the answers could be read."
    elif not wrong:
        text = f"{_word(right).capitalize()} of the {len(verdicts)} {kind}s {_are(right)} right."
    else:
        slips = len({v.finding for v in wrong if v.finding is not None}) or 1
        text = f"{_word(slips).capitalize()} {'slip' if slips == 1 else 'slips'}, in "
        text += (
            f"{len(wrong)} of the {len(verdicts)} {kind}s."
            if len(verdicts) > 1
            else (f"the one {kind}.")
        )
        if right:
            text += " The other one is right" if right == 1 else f" The other {right} are right"
            if follows:
                verb = "follows" if follows == 1 else "follow"
                what = "it" if right == 1 else "all" if follows == right else str(follows)
                text += f"; {what} {verb} from an earlier slip"
            text += "."
    if unread and (right or wrong):
        text += f" {_word(len(unread)).capitalize()} could not be read."
    if absent:
        what = "stands for a value that does" if absent == 1 else "stand for values that do"
        text += f" {_word(absent).capitalize()} {what} not exist, and {_are(absent)} not judged."
    if blank:
        text += f" {_word(blank).capitalize()} {_are(blank)} blank."
    return text


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _word(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
