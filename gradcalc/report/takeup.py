"""What a class should be taught once more: what most points are lost by."""

from __future__ import annotations

from math import fsum

from gradcalc.grading.tally import BIG, Tally
from gradcalc.grading.topics import TOPICS
from gradcalc.report.classwords import mistake_name, percent
from gradcalc.report.wording import NUMBERS, TOPIC_WORDS, Wording

PLACES = 3
"""Places of a topic that are named."""


def take_up_again(tally: Tally, words: Wording) -> str:
    """Return what most points are lost by, as something to be taught once more."""
    notation = words.notation
    best = max(TOPICS, key=lambda topic: _points(tally, topic))
    places = {names: n for (topic, names), n in tally.topics.items() if topic == best}
    students = sum(places.values())
    if students < BIG or not _points(tally, best):
        return ""
    one_in = round(tally.students / students)
    share = f"one in {NUMBERS[one_in]}" if 2 <= one_in <= 10 else percent(students / tally.students)
    made = sorted(
        ((tally.mistakes[rule].students, rule) for rule in TOPICS[best] if rule in tally.mistakes),
        reverse=True,
    )
    ways = ", ".join(f"{mistake_name(rule)} ({count})" for count, rule in made)
    text = f"To take up again: {TOPIC_WORDS[best]}. {students} students, {share}: {ways}."
    order = sorted(places.items(), key=lambda item: (-item[1], item[0]))
    order = [item for item in order if item[1] > 1][:PLACES]
    if len(places) > 1 and order:
        told = []
        for names, count in order:
            listed = " and ".join(notation.name(name) for name in names)
            told.append(f"{count} at {listed}" + " alone" * (len(names) == 1))
        text += f" {', '.join(told)}."
    return text


def _points(tally: Tally, topic: str) -> float:
    """Return the points that the class lost by what is about one topic."""
    found = tally.mistakes
    return fsum(found[rule].points for rule in TOPICS[topic] if rule in found)
