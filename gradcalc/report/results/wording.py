"""Mistakes in words: labels, sentences, and the formula that a wrong answer computes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, number, rebuild
from gradcalc.errors import TIED
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.patterns import AsIf, Pattern
from gradcalc.grading.mistakes.rule import Slip, changed_lines, computed_formula
from gradcalc.grading.mistakes.search import Explanation
from gradcalc.problem.names import Reference
from gradcalc.problem.solution import Solution
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.steps.view import View

OFF = ("act-skipped", "act-derivative-missing")
"""Mistakes that show at units which are off."""
WHOLE = 26
"""Columns above which a formula is shown by the lines that differ."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
VARIANTS = {
    "dropped": "missing",
    "doubled": "there although the ½ cancels it",
}
CONVENTIONS = {
    ("half", "dropped"): "a loss with ½ in front; this one has none",
    ("half", "doubled"): "a loss without ½; this one has it",
    ("reduction", "lost"): "a sum; this loss is a mean",
    ("reduction", ""): "a mean; this loss is a sum",
    ("layout", ""): "the other layout of the weights",
    ("relu_at_zero", ""): "the derivative at the kink from one side; this problem takes the other",
}
MISTAKE_WORDS = {
    "loss-target-dropped": "target forgotten",
    "loss-sign": "difference the wrong way round",
    "loss-factor-2": "the 2 of the square",
    "loss-reduction": "sum and mean mixed up",
    "reduction-twice": "averaged twice",
    "act-skipped": "activation left out",
    "act-derivative-missing": "f′ left out",
    "act-forward-missing": "activation left out forward",
    "act-derivative-extra": "f′ once too often",
    "act-wrong-argument": "f′ at the wrong value",
    "act-local-wrong": "wrong formula for f′",
    "relu-mask-upstream": "ReLU of the gradient",
    "relu-at-zero": "f′ at the kink",
    "softmax-diagonal": "softmax: diagonal only",
    "weight-not-transposed": "W and Wᵀ mixed up",
    "weight-missing": "W left out going back",
    "weight-wrong-layer": "W of another layer",
    "weight-gradient-propagated": "∂L/∂W sent back for W",
    "raw-error-propagated": "error, not δ, sent back",
    "elementwise-for-product": "entrywise for a product",
    "outer-transposed": "gradient transposed",
    "input-replaced-by-weight": "weight in place of input",
    "input-not-activated": "z in place of a",
    "weight-transposed": "Wᵀ forward",
    "bias-forgotten": "b left out of z",
    "bias-times-input": "∂L/∂b multiplied by b",
    "bias-not-summed": "∂L/∂b not summed",
    "paths-not-summed": "one path only",
    "inner-derivative-missing": "inner derivative left out",
    "power-rule": "power rule",
    "negated": "all signs",
    "sign-slip": "one sign",
    "scaled": "a constant factor",
    "decimal-slip": "one decimal point",
    "layout-transposed": "transposed",
    "rows-swapped": "rows exchanged",
    "columns-swapped": "columns exchanged",
    "entries-swapped": "entries exchanged",
    "digit-slip": "copied wrongly",
    "arithmetic-slip": "one entry miscalculated",
    "transcription": "an operand copied wrongly",
    "given-value-conflict": "given value computed anew",
}
"""Mistakes in a few words, for tables."""
TOPIC_WORDS = {
    "activation": "the activation",
    "derivative": "f′, the derivative of the activation",
    "loss": "the derivative of the loss",
    "back": "the way back through W",
    "weights": "the gradient of W",
    "bias": "b and its gradient",
    "chain": "the chain rule",
}
"""What mistakes are about."""
PATTERNS = {
    "negated": "every sign is the other way round",
    "sign-slip": "the sign is lost",
    "scaled": "{factor} times what is due",
    "decimal-slip": "the decimal point is misplaced: {factor} times what is due",
    "layout-transposed": "rows and columns are exchanged",
    "rows-swapped": "two rows are exchanged",
    "columns-swapped": "two columns are exchanged",
    "entries-swapped": "two entries are exchanged",
    "digit-slip": "copied wrongly",
    "arithmetic-slip": "this entry alone; miscalculated",
    "given-value-conflict": "computed anew, although it is given",
}


def wording(lines: Lines, *, unicode: bool = True) -> Wording:
    """Return how the mistakes of a problem are put into words."""
    view = View(Solution(lines.problem, {}), unicode=unicode)
    return Wording(view.notation, lines)


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key


@dataclass(frozen=True)
class Wording:
    """How the mistakes of one problem are put into words."""

    notation: Notation
    lines: Lines

    def words(self, slip: Slip) -> _Words:
        """Return what the braces of a rule's texts stand for at one slip."""
        found = _Words(
            {name: self.formula(expr).replace(" ", TIED) for name, expr in slip.words.items()}
        )
        activation = slip.words.get("f")
        if isinstance(activation, Apply):
            found["f"] = self.notation.function(activation.op)
        found["variant"] = VARIANTS.get(slip.variant, slip.variant)
        return found

    def formula(self, expr: Expr) -> str:
        """Return a formula in one row, with letters for the dimensions that are letters."""
        letters = self.lines.letters

        def change(part: Expr) -> Expr:
            if not isinstance(part, Number) or part.text is not None:
                return part
            name = letters.get(part.value.denominator)
            if name is not None:
                return Apply("div", (number(part.value.numerator), Symbol(name)))
            name = letters.get(part.value.numerator) if part.value.denominator == 1 else None
            return Symbol(name) if name else part

        return self.notation.line(rebuild(expr, change) if letters else expr)

    def label(self, slip: Slip) -> str:
        """Return one or two words for a slip: sign, factor, ReLU."""
        words = self.words(slip)
        label = RULES[slip.rule].label.format_map(words)
        return f"{label} (everywhere)" if slip.systematic else label

    def sentence(self, slip: Slip) -> str:
        """Return one sentence to the student."""
        text = RULES[slip.rule].student.format_map(self.words(slip))
        text += self.detail(slip)
        return f"At every layer: {text}" if slip.systematic else text

    def detail(self, slip: Slip) -> str:
        """Return what the numbers add to a sentence: which units are off."""
        expr = slip.words.get("f")
        if slip.rule not in OFF or not isinstance(expr, Apply) or expr.op != "relu":
            return ""
        z = expr.args[0]
        value = self.lines.values.get(z.name) if isinstance(z, Symbol) else None
        if value is None or value.ndim != 1 or not self.lines.problem.numeric:
            return ""
        units = [str(at + 1) for at in np.flatnonzero(value < 0)]
        if not units:
            return ""
        if len(units) == 1:
            return f" Unit {units[0]} is off, so its gradient has to be 0."
        listed = ", ".join(units[:-1]) + " and " + units[-1]
        return f" Units {listed} are off, so their gradient has to be 0."

    def explanation(self, explanation: Explanation) -> str:
        """Return all mistakes of an explanation in sentences."""
        return " ".join(self.sentence(slip) for slip in explanation.slips)

    def right_for(self, slip: Slip) -> str | None:
        """Return the convention under which a slip would be none."""
        key = RULES[slip.rule].convention
        if key is None:
            return None
        return CONVENTIONS.get((key, slip.variant)) or CONVENTIONS.get((key, ""))

    def computes(self, target: str, explanation: Explanation | None) -> list[str]:
        """Return the formula that a value comes from, or the lines in which it differs."""
        slips = explanation.slips if explanation else ()
        whole = computed_formula(self.lines, target, slips)
        if slips and whole == computed_formula(self.lines, target):
            whole = None  # the slip is in a value that this formula reads
        if whole is not None:
            text = self.formula(whole)
            if len(text) <= WHOLE:
                return [text]
        return [self.equation(name, expr) for name, expr in changed_lines(self.lines, slips)]

    def equation(self, name: str, expr: Expr) -> str:
        """Return a line of a solution in one row."""
        return f"{self.notation.name(name)} = {self.formula(expr)}"

    def pattern(self, pattern: Pattern) -> str:
        """Return what the shape of a difference says."""
        factor = self.fraction(pattern.factor) if pattern.factor is not None else ""
        return PATTERNS[pattern.id].format(factor=factor)

    def as_if(self, found: AsIf) -> str:
        """Return which operand was read as what."""
        name = self.reference(found.operand)
        text, right = self.notation.number(found.text), self.notation.number(found.right)
        return f"As if {name} were {text} instead of {right}: copied wrongly."

    def reference(self, ref: Reference) -> str:
        """Return the name of a quantity or of an entry."""
        if ref.index is None:
            return self.notation.name(ref.name)
        return self.notation.entry_name(ref.name, ref.index)

    def fraction(self, factor: Fraction) -> str:
        if factor.denominator == 1:
            return str(factor.numerator)
        decimal = {10: "0.1", 100: "0.01"}.get(factor.denominator)
        return decimal or self.notation.number(f"{factor.numerator}/{factor.denominator}")
