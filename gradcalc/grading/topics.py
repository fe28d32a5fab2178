"""What mistakes are about, so that a class can be told what to take up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from gradcalc.grading.earlier import Mask
from gradcalc.grading.marked import Indices

TOPICS = {
    "activation": ("act-skipped", "act-forward-missing"),
    "derivative": (
        "act-derivative-missing",
        "act-derivative-extra",
        "act-wrong-argument",
        "act-local-wrong",
        "relu-mask-upstream",
        "softmax-diagonal",
    ),
    "loss": (
        "loss-sign",
        "loss-factor-2",
        "loss-target-dropped",
        "loss-reduction",
        "reduction-twice",
    ),
    "back": (
        "weight-not-transposed",
        "weight-missing",
        "weight-wrong-layer",
        "weight-gradient-propagated",
        "raw-error-propagated",
        "elementwise-for-product",
    ),
    "weights": ("outer-transposed", "input-replaced-by-weight", "input-not-activated"),
    "bias": ("bias-forgotten", "bias-times-input", "bias-not-summed"),
    "chain": ("paths-not-summed", "inner-derivative-missing", "power-rule"),
}
"""Rules by what they are about."""
TOPIC_OF = {rule: topic for topic, rules in TOPICS.items() for rule in rules}


def places(
    made: Mapping[str, Mapping[str, Mask]], counts: Indices
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield topic, the quantities where a student has it wrong, and how many do so there.

    made: by topic and quantity, for which kinds of students something is wrong; counts:
    how many students are of each kind.
    """
    for topic, masks in made.items():
        names = tuple(masks)
        table = np.stack([masks[name] for name in names], axis=1)
        some = table.any(axis=1)
        patterns, at = np.unique(table[some], axis=0, return_inverse=True)
        totals = np.bincount(at.ravel(), weights=counts[some], minlength=len(patterns))
        for pattern, count in zip(patterns, totals.tolist(), strict=True):
            here = tuple(name for name, wrong in zip(names, pattern, strict=True) if wrong)
            yield topic, here, int(count)


def topics(rules: Iterable[str]) -> set[str]:
    """Return what some mistakes are about."""
    return {TOPIC_OF[rule] for rule in rules if rule in TOPIC_OF}
