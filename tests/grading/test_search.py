"""The search for mistakes: what a combination gives, which is found, and what is not claimed."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

import gradcalc
from gradcalc.grading.answers.written import read_written
from gradcalc.grading.evaluation.comparison import Tolerance, Typed, typed
from gradcalc.grading.evaluation.earlier_answers import Own
from gradcalc.grading.evaluation.follow_through import Style as Rounded
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.mistakes.diagnosis import Way, chance, diagnose, telling
from gradcalc.grading.mistakes.library import slips_of
from gradcalc.grading.mistakes.mistaken_values import Effects
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.mistakes.search import Search
from tests.benchmarks.mistakes import measure, pairs, single
from tests.benchmarks.networks import network
from tests.benchmarks.students import Style, gradients, values_of

EXACT = Style(17, True, False)
OPTIONS = """
inputs:  {z: [0.1, -0.1, 0.4, 0.7, -0.2]}
targets: {t: [0, 0, 1, 0, 0]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz
"""
NETWORK = """
inputs: {x: [1, -2]}
targets: {y: [0.5, 1]}
weights:
  W1: [[0.5, -0.3], [0.2, 0.4]]
  b1: [0.1, -0.2]
  W2: [[0.7, 0.1], [-0.6, 0.3]]
  b2: [0.05, -0.1]
activations: [tanh, sigmoid]
loss: squared_error
"""


def written(*texts: str) -> Typed:
    return typed([read_written(text) for text in texts], (len(texts),))


def of(lines: Lines, rule: str, at: str) -> Slip:
    return next(slip for slip in slips_of(lines) if (slip.rule, slip.at) == (rule, at))


# --- what mistakes give --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(300, 312))
def test_the_search_gives_what_one_run_over_the_rewritten_lines_gives(seed: int) -> None:
    lines, random = network(seed), Random(seed)
    for name in gradients(lines):
        search = Search(lines, name)
        some = [tuple(random.sample(search.possible, count)) for count in (1, 2, 3) * 8]
        for made, value in search.effects(some):
            expected = values_of(lines, made, EXACT)
            if expected is None or value is None:
                continue
            assert value.shape == expected[name].shape
            np.testing.assert_allclose(value, expected[name], rtol=1e-9, atol=1e-12)


def test_nothing_is_changed_by_no_mistake() -> None:
    lines = lines_of(gradcalc.load(NETWORK))
    search = Search(lines, "dL/dW1")
    np.testing.assert_allclose(search.unchanged, lines.values["dL/dW1"], rtol=1e-14)


def test_the_own_values_stand_in_place_of_computed_ones() -> None:
    lines = lines_of(gradcalc.load(NETWORK))
    delta = np.array([0.3, -0.4])
    own = {"dL/dz2": Own(delta, np.array([True, True]))}
    search = Search(lines, "dL/db2", own)
    np.testing.assert_array_equal(search.unchanged, delta)
    assert search.inside == {"dL/db2"}
    assert {slip.rule for slip in search.possible} == {"bias-times-input"}


def test_values_that_are_partly_written_are_partly_computed() -> None:
    lines = lines_of(gradcalc.load(NETWORK))
    own = {"dL/dz2": Own(np.array([0.3, 0.0]), np.array([True, False]))}
    found = Search(lines, "dL/db2", own).unchanged
    np.testing.assert_allclose(found, [0.3, lines.values["dL/dz2"][1]])


def test_slips_of_one_rule_with_one_effect_are_one() -> None:
    lines = lines_of(gradcalc.load(NETWORK))
    search = Search(lines, "dL/dW1")
    effects = [(slip.rule, np.round(value, 12).tobytes()) for slip, value in search.singles]
    assert len(effects) == len(set(effects))


def test_two_ways_of_one_rule_at_one_line_are_not_made_together() -> None:
    search = Search(lines_of(gradcalc.load(NETWORK)), "dL/dW1")
    for count in (2, 3):
        table = search.together(count, 10**6)
        assert len(table)
        for row in table[:: max(1, len(table) // 200)]:
            for one, other in combinations((search.slips[number] for number in row), 2):
                places = {(one.rule, edit.line) for edit in one.edits}
                assert not places & {(other.rule, edit.line) for edit in other.edits}


@pytest.mark.parametrize("seed", [301, 305, 309])
def test_the_reach_covers_what_rounding_every_line_does(seed: int) -> None:
    lines = network(seed)
    name = gradients(lines)[-1]
    effects = Effects(lines, name)
    slips = [slip for slip in effects.possible if not slip.systematic][:6]
    table = np.arange(len(slips))[:, None]

    def halves(value: np.ndarray) -> np.ndarray:
        return np.full(np.shape(value), 1e-4)

    for rows, value, room in effects.reach(slips, table, {}, halves):
        assert (room >= 0).all()
        for row, middle, reach in zip(rows, value, room, strict=True):
            expected = values_of(lines, (slips[row],), EXACT)
            moved = values_of(lines, (slips[row],), Style(4, False, True))
            if expected is None or moved is None:
                continue
            np.testing.assert_allclose(middle, expected[name], rtol=1e-9, atol=1e-12)
            assert (np.abs(moved[name] - middle) <= reach * 1.2 + 6e-5).all()


# --- what is found -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        (("-0.2", "0", "1.2", "-1.4", "0"), ["loss-sign"]),
        (("0.1", "0", "-0.6", "0.7", "0"), ["loss-factor-2"]),
        (("0.2", "-0.2", "-1.2", "1.4", "-0.4"), ["act-skipped"]),
        (("0.2", "0", "0.8", "1.4", "0"), ["loss-target-dropped"]),
        (("-0.2", "0", "-0.8", "-1.4", "0"), ["loss-sign", "loss-target-dropped"]),
        (("-0.1", "0", "0.6", "-0.7", "0"), ["loss-factor-2", "loss-sign"]),
        (("-0.1", "0.1", "0.6", "-0.7", "0.2"), ["act-skipped", "loss-factor-2", "loss-sign"]),
    ],
)
def test_options_come_from_the_simplest_combination(
    texts: tuple[str, ...], rules: list[str]
) -> None:
    search = Search(lines_of(gradcalc.load(OPTIONS)), "dL/dz")
    diagnosis = diagnose(search, written(*texts), Tolerance())
    assert sorted(diagnosis.explanations[0].rules) == rules
    assert diagnosis.complete


def test_explanations_stand_in_the_order_of_their_lines() -> None:
    search = Search(lines_of(gradcalc.load(OPTIONS)), "dL/dz")
    diagnosis = diagnose(search, written("-0.1", "0.1", "0.6", "-0.7", "0.2"), Tolerance())
    places = [search.lines.place[slip.at] for slip in diagnosis.explanations[0].slips]
    assert places == sorted(places)


def test_a_slip_in_a_line_that_is_not_written_is_found_through_own_rounding() -> None:
    """Only dL/dW1 is handed in, all steps rounded to three digits, the derivative left out."""
    lines = lines_of(gradcalc.load(NETWORK))
    made = of(lines, "act-derivative-missing", "dL/dz1")
    style = Style(3, True, True)
    values = values_of(lines, (made,), style)
    assert values is not None
    rows = [" ".join(style.text(entry) for entry in row) for row in values["dL/dW1"].tolist()]
    review = check(lines.problem, "dL/dW1 = " + "; ".join(rows))
    assert review.findings[0].ids == ("act-derivative-missing",)


def test_another_written_value_can_contradict_an_explanation() -> None:
    """The sign of the error would turn dL/dW2 as well, and that is right."""
    lines = lines_of(gradcalc.load(NETWORK))
    value = {name: lines.values[name] for name in ("dL/dW2", "dL/dW1")}

    def text(name: str, sign: int) -> str:
        rows = [" ".join(f"{sign * entry:.5f}" for entry in row) for row in value[name].tolist()]
        return f"{name} = {'; '.join(rows)}\n"

    alone = check(lines.problem, text("dL/dW1", -1))
    assert alone.findings[0].ids == ("loss-sign",)
    both = check(lines.problem, text("dL/dW2", -1) + text("dL/dW1", -1))
    assert both.findings[0].ids == ("loss-sign",)
    other = check(lines.problem, text("dL/dW2", 1) + text("dL/dW1", -1))
    assert other.findings[0].ids == ("negated",)


def test_equal_explanations_come_with_what_would_tell_them_apart() -> None:
    lines = lines_of(gradcalc.load(OPTIONS))
    search = Search(lines, "dL/dz")
    diagnosis = diagnose(search, written("0.2", "-0.2", "-1.2", "1.4", "-0.4"), Tolerance())
    reference = telling(search, diagnosis)
    if len(diagnosis.explanations) > 1:
        assert reference is not None
        assert reference.name in lines.visible
    else:
        assert reference is None


# --- what is not claimed -------------------------------------------------------------------


def test_a_number_that_comes_from_nothing_has_no_explanation() -> None:
    search = Search(lines_of(gradcalc.load(NETWORK)), "dL/db1")
    way = Way(Rounded(4, 4))
    assert diagnose(search, written("0.1234", "0.5678"), Tolerance(), way).explanations == ()


def test_fewer_digits_match_more_by_chance() -> None:
    search = Search(lines_of(gradcalc.load(NETWORK)), "dL/db1")
    luck = [chance(search, written(*texts)) for texts in (("0.1", "0.5"), ("0.12", "0.51"))]
    assert luck[0] > 50 * luck[1]
    wide = chance(search, written("0.12", "0.51"), np.array([0.1, 0.1]))
    assert wide > luck[1]


def test_one_digit_does_not_prove_a_combination() -> None:
    """Among hundreds of combinations some would give any single digit."""
    search = Search(lines_of(gradcalc.load(NETWORK)), "dL/db1")
    way = Way(Rounded(1, 1))
    for texts in (("0.9", "0.4"), ("0.7", "-0.6"), ("-0.8", "0.9")):
        diagnosis = diagnose(search, written(*texts), Tolerance(), way)
        assert all(len(each.slips) == 1 for each in diagnosis.explanations)


def test_a_search_that_is_cut_short_says_so() -> None:
    search = Search(lines_of(gradcalc.load(NETWORK)), "dL/db1")
    assert not diagnose(search, written("0.9", "0.4"), Tolerance(), Way(Rounded(1, 1))).complete


# --- the benchmark, small ------------------------------------------------------------------


def test_slips_are_named() -> None:
    counts = measure((single, seed) for seed in (500, 502, 503))
    for kind in ("steps", "asked"):
        assert sum(counts.total(kind, what) for what in ("first", "equal")) > 60
        assert counts.named(kind) >= 0.95


def test_pairs_of_slips_are_named() -> None:
    counts = measure((pairs, seed) for seed in range(510, 515))
    for kind in ("steps", "asked"):
        assert counts.pairs[kind, "both"] > 15
        assert counts.both(kind) >= 0.85
