"""Random problems whose numbers meet kinks and ties, and numbers where arrays are usual.

Every number is one of a few, so that pre-activations, errors and margins are often exactly
at a kink; lines read constants alone, have no path to the loss, or are another value.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

from gradcalc.algebra.operations.operation import Operation, slopes_at_kink
from gradcalc.algebra.operations.table import TABLE

NUMBERS = ("-1", "0", "0.5", "1", "2")
SLOPES = ("0", "1", "0.5", "-1", "1/3")
UNARY = [
    row.name for row in TABLE if len(row.params) == 1 and row.kind in ("activation", "elementwise")
]
KINKED = [*UNARY, "relu", "abs", "hardtanh", "sign", "heaviside", "relu'", "hardtanh'"]
LOSSES = [row.name for row in TABLE if row.kind == "loss"]
CHOOSABLE = [row.name for row in TABLE if slopes_at_kink(row)]
SHAPES: tuple[tuple[int, ...], ...] = ((), (), (1,), (2,), (3,), (4,), (2, 2), (1, 2), (2, 1))
OWN = (
    "f(z) = {a}*relu(z) + z",
    "f(z) = where(z > {a}, z, {b}*z)",
    "f(z) = max(z, {a})*{b}",
    "f(z) = min({a}*z, {b})",
    "f(z) = abs(z - {a})",
    "f(z) = {a}",
    "f(z) = {a}*z",
    "f(z) = max({a}, {b})*z",
    "f(z) = sign(z)*z^2",
    "f(z) = (z > {a})*z",
    "f(z) = {b}*sigmoid({a}) + 0*z",
    "f(z) = leaky_relu(z, alpha={a}) - hardtanh(z)",
)
OPTIMISERS = (
    "{learning_rate: 0.5, steps: 2}",
    "{learning_rate: [0.5, 1], momentum: 0.5, weight_decay: 0.5}",
    "{learning_rate: 0.5, steps: 2, weight_decay: 0.5, decoupled: true}",
    "{method: nesterov, learning_rate: 0.5, steps: 3, maximise: true}",
    "{method: adam, learning_rate: 0.5, steps: 2, weight_decay: 0.5}",
    "{method: adamw, learning_rate: 0.5, steps: 2}",
    "{method: rmsprop, centered: true, learning_rate: [0.5, 0.25]}",
    "{method: adagrad, lr_decay: 0.5, learning_rate: 0.5, steps: 3}",
)


def problem(seed: int) -> str:
    """Return the text of a problem, the same for the same seed."""
    draw = Draw(Random(seed))
    return draw.network() if draw.chance(0.25) else draw.equations()


class Draw:
    """One problem in the making: where its choices come from, and the shape of its numbers."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.shape = random.choice(SHAPES)
        self.own = random.random() < 0.3

    def chance(self, part: float) -> bool:
        """Tell whether something is to be, as often as `part` says."""
        return self.random.random() < part

    def one(self, *choices: str) -> str:
        """Return one of some texts."""
        return self.random.choice(choices)

    def number(self) -> str:
        """Return a number that may meet a kink."""
        return self.one(*NUMBERS)

    def value(self, shape: tuple[int, ...]) -> str:
        """Return numbers of a shape as a file has them."""
        if not shape:
            return self.number()
        return f"[{', '.join(self.value(shape[1:]) for _ in range(shape[0]))}]"

    def network(self) -> str:
        """Return a network whose pre-activations are often 0."""
        sizes = [self.random.randint(1, 3) for _ in range(self.random.randint(2, 3))]
        batch = (self.random.choice([1, 2]),) if self.chance(0.5) else ()
        turned = self.chance(0.3)
        weights = ""
        for at, (before, after) in enumerate(pairwise(sizes), start=1):
            shape = (before, after) if turned else (after, before)
            weights += f"  W{at}: {self.value(shape)}\n"
            bias = self.value((after,)) if self.chance(0.8) else self.number()
            weights += f"  b{at}: {bias}\n" if self.chance(0.8) else ""
        names = ["f"] if self.own else []
        functions = [self.one(*UNARY, "relu", "relu", "identity", *names) for _ in sizes[1:]]
        text = f"inputs: {{x: {self.value((*batch, sizes[0]))}}}\n"
        text += f"targets: {{t: {self.value((*batch, sizes[-1]))}}}\nweights:\n{weights}"
        text += "weights_layout: inputs_by_units\n" if turned else ""
        text += f"activations: [{', '.join(functions)}]\n"
        lines = [self.function()] if self.own else []
        last = "yhat = a" + str(len(functions))
        if self.chance(0.7):
            text += f"loss: {self.one(*(name for name in LOSSES if _operands(name) == 2))}\n"
        else:
            lines += [last, f"L = {self.one('mse', 'hinge', 'l1')}(yhat, t) + 0.5*sum(W1^2)"]
        text += "equations: |\n" + "".join(f"  {line}\n" for line in lines) if lines else ""
        return text + self.kinks(text) + self.descent()

    def equations(self) -> str:
        """Return lines over up to four quantities, and what is asked of them."""
        kept = [name for name in "xwk" if self.chance(0.75)] or ["k"]
        lines, names = [], [*kept]
        for at in range(1, self.random.randint(2, 4)):
            lines.append(f"u{at} = {self.formula(names, self.random.randint(0, 2))}")
            names.append(f"u{at}")
        last = names[-1] if self.chance(0.8) else self.one(*names)
        lines += self.end(last, names)
        lines = [self.function(), *lines] if self.own else lines
        read = {*"".join(sign if sign.isalnum() else " " for sign in " ".join(lines)).split()}
        names = [name for name in (*names, "t") if name in read]
        text = ""
        for role, name in zip(("inputs", "targets", "weights", "constants"), "xtwk", strict=True):
            if name in read:
                shape = self.shape if name == "t" or self.chance(0.8) else ()
                text += f"{role}: {{{name}: {self.value(shape)}}}\n"
        text += "equations: |\n" + "".join(f"  {line}\n" for line in lines)
        wanted = [name for name in names if self.chance(0.6)]
        text += f"find: [{', '.join(f'dL/d{name}' for name in wanted)}]\n" if wanted else ""
        if "u1" in names and self.chance(0.1):
            text += f"given: {{u1: {self.value(self.shape)}}}\n"
        moves = "w" in read or ("x" in read and not wanted) or "x" in wanted
        return text + self.kinks(text) + (self.descent() if moves else "")

    def function(self) -> str:
        """Return a function of the file's own."""
        return self.one(*OWN).format(a=self.number(), b=self.number())

    def formula(self, names: list[str], depth: int) -> str:
        """Return a formula of the problem's shape, or of numbers alone."""
        if depth == 0:
            return self.number() if self.chance(0.2) else self.one(*names)
        a, b, c, d = (self.formula(names, depth - 1) for _ in range(4))
        sign, number = self.one(">", "<=", "==", "<"), self.number()
        return self.one(
            *[f"{self.one(*KINKED)}({a})" for _ in range(3)],
            f"{self.one('max', 'min')}({a}, {b})",
            f"{self.one('max', 'min')}({a}, {b})",
            f"({a})*({b})",
            f"({a}) + ({b})",
            f"({a}) - ({b})",
            f"-({a})",
            f"({a})^{self.one('2', '3', '0', '1')}",
            f"2^({a})",
            f"({a})/(1 + ({b})^2)",
            f"({number})^(-1) + ({a})" if number != "0" else f"({a})/2^(-1)",
            f"where({a} {sign} {b}, {c}, {d})",
            f"where({number} {sign} {self.number()}, {c}, {d})",
            f"({a} {sign} {b})*({c})",
            f"prelu({a}, {self.number()})",
            f"xlogy({a}, {self.one('0.5', '1', '2')})",
            f"xdivy({a}, {self.one('0.5', '-1', '2')})",
            f"hardtanh({a}, low=0, high={self.one('1', '2')})",
            f"leaky_relu({a}, alpha={self.number()})",
            *([f"f({a})"] * 3 if self.own else []),
        )

    def end(self, last: str, names: list[str]) -> list[str]:
        """Return the lines that make one number of the problem's."""
        kind = self.random.random()
        if kind < 0.4:
            name = self.one(*LOSSES)
            operands = [last, "t", self.one(*names, "1", "2")][: _operands(name)]
            reduction = f", reduction={self.one('mean', 'sum', 'batchmean')}"
            setting = "" if TABLE[name].reduction == "whole" or self.chance(0.6) else reduction
            return [f"L = {name}({', '.join(operands)}{setting})"]
        if kind < 0.7:
            return [f"v = {self.whole(last)}", f"L = sum({self.one('v', 'v^2', 'relu(v)')})"]
        if kind < 0.9 and not self.shape:
            return [f"L = {self.formula([*names, 't'], 1)}"]
        return [f"L = sum({last})"]

    def whole(self, name: str) -> str:
        """Return an operation on entries of different places, or on all of them."""
        rank = len(self.shape)
        found = [f"{op}({name})" for op in ("sum", "mean", "amax", "norm")]
        if rank:
            found += [f"amax({name}, axis={rank - 1})", f"sum({name}, axis=0, keepdims=1)"]
            found += [f"{op}({name})" for op in ("flatten", "l2_normalize", "layer_norm", "flip")]
            found += [f"{name}[1]", f"max_pool({name}, size=1)", f"one_hot({name}^0, of=2)"]
        if rank and min(self.shape) > 1:
            found += [f"max_pool({name})", f"mean_pool({name})", f"{name}*max_mask({name})"]
        if rank == 1:
            found += [f"dot({name}, {name})", f"{name} @ {name}", f"outer({name}, {name})"]
            found += [f"concat({name}, [0, 1])", f"stack({name}, {name})", f"diag({name})"]
            found += [f"conv1d({name}, [1, -1], padding=1)", f"embed({name}, [1, 1])"]
            found += [f"softmax({name})", f"sparsemax({name})", f"reshape({name}, rows=1)"]
        if rank == 2:
            found += [f"{name}.T", f"{name} @ {name}.T", f"conv2d({name}, [[1, -1]], padding=1)"]
            found += [f"batch_norm({name})", f"embed({name}, 1)", f"{name}[:,1]"]
        if not rank:
            found += [f"stack({name}, 0, {name})", f"stack({name}, 1)", f"stack(1, {name})^2"]
        return self.one(*found)

    def kinks(self, text: str) -> str:
        """Return the derivatives that the file takes at kinks of what it reads."""
        read = [name for name in CHOOSABLE if f"{name}(" in text or name in _words(text)]
        if not read or self.chance(0.5):
            return ""
        chosen = [f"{name}: {self.slopes(TABLE[name])}" for name in read]
        return f"kinks: {{{', '.join(chosen)}}}\n"

    def slopes(self, row: Operation) -> str:
        """Return one slope for all kinks of a row, or one for each."""
        if len(row.kinks) > 1 and self.chance(0.5):
            return f"[{', '.join(self.one(*SLOPES) for _ in row.kinks)}]"
        return self.one(*SLOPES)

    def descent(self) -> str:
        """Return steps of an optimiser, often none."""
        return f"descent: {self.one(*OPTIMISERS)}\n" if self.chance(0.3) else ""


def _operands(loss: str) -> int:
    return len(TABLE[loss].params)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace("[", " ").replace("]", " ").split()
