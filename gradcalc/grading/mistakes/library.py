"""The library of mistakes: rules that rewrite lines, by id."""

from __future__ import annotations

from collections.abc import Iterable

from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.activation import ACTIVATION_RULES
from gradcalc.grading.mistakes.bias import BIAS_RULES
from gradcalc.grading.mistakes.chain_rule import CHAIN_RULES
from gradcalc.grading.mistakes.layer import LAYER_RULES
from gradcalc.grading.mistakes.loss import LOSS_RULES
from gradcalc.grading.mistakes.rule import Rule, Slip

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (*LOSS_RULES, *ACTIVATION_RULES, *LAYER_RULES, *BIAS_RULES, *CHAIN_RULES)
}
"""All rules, in the order in which equally simple explanations are listed."""


def slips_of(lines: Lines) -> tuple[Slip, ...]:
    """Return every slip that can be made in these lines, of each rule single ones first."""
    known: tuple[Slip, ...] | None = lines.memo.get("slips")
    if known is None:
        found: list[Slip] = []
        for rule in RULES.values():
            single = list(rule.find(lines))
            found += single
            if rule.everywhere:
                found += _everywhere(single)
        known = lines.memo["slips"] = tuple(found)
    return known


def _everywhere(single: Iterable[Slip]) -> list[Slip]:
    """Return for each variant of a rule the slip that makes it at every place."""
    groups: dict[str, list[Slip]] = {}
    for slip in single:
        groups.setdefault(slip.variant, []).append(slip)
    return [
        Slip(
            group[-1].rule,
            group[-1].at,
            tuple(edit for slip in group for edit in slip.edits),
            group[-1].words,
            variant,
            systematic=True,
        )
        for variant, group in groups.items()
        if len(group) > 1
    ]
