"""The table of optimisers: each is a list of equations over letters, as in a textbook.

In a rule `w` is the parameter, `grad` the gradient of the loss, `g` what is descended along,
`t` the number of the step, counted from 1. A letter that a step reads before it writes it is
state: it starts at 0 and is kept from step to step. Formulas and defaults are those of
torch.optim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, substitute, symbols
from gradcalc.algebra.formula.names import fold
from gradcalc.algebra.operations.operation import formula
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.errors import did_you_mean

PARAMETER, GRADIENT, STEP = "w", "grad", "t"


@dataclass(frozen=True)
class Setting:
    """A number that an optimiser is run with.

    below: the setting is less than this. above: it is more than 0, not only no less.
    switch: it is yes or no, and a formula is one with it or without it.
    """

    key: str
    letter: str
    text: str
    below: float | None = None
    above: bool = False
    switch: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class UpdateRule:
    """One equation `name = text`, in force where all settings of `when` are other than 0.

    `!key` asks for a setting of 0. first: the formula of the first step.
    """

    name: str
    text: str
    when: tuple[str, ...] = ()
    first: str | None = None

    def holds(self, settings: Mapping[str, float]) -> bool:
        """Tell whether the equation is in force."""
        return all(bool(settings.get(key.lstrip("!"))) != (key[0] == "!") for key in self.when)


@dataclass(frozen=True)
class UpdateEquation:
    """One equation of a step: `name` takes the value of `expr`, in the first step of `first`."""

    name: str
    expr: Expr
    first: Expr | None = None

    def at(self, step: int) -> Expr:
        """Return the formula that is in force in a step, counted from 1."""
        return self.expr if self.first is None or step > 1 else self.first


@dataclass(frozen=True)
class Optimiser:
    """One row of the table; `defaults` are the settings it has, as numbers are written."""

    name: str
    title: str
    text: str
    rules: tuple[UpdateRule, ...]
    defaults: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    source: str = ""

    def assignments(self, settings: Mapping[str, float]) -> tuple[UpdateEquation, ...]:
        """Return the equations of a step in their order, for the settings by key.

        Equations for g that follow each other are made one; where g is the gradient or
        minus the gradient and is read once, it is written in.
        """
        along: Expr = Symbol(GRADIENT)
        for rule in _ALONG:
            if rule.holds(settings):
                along = substitute(formula(rule.text), {"g": along})
        lines = [
            UpdateEquation(
                rule.name, formula(rule.text), formula(rule.first) if rule.first else None
            )
            for rule in self.rules
            if rule.holds(settings)
        ]
        plain = not isinstance(along, Apply) or along.op == "neg"
        if plain and sum(_readings(line.expr) for line in lines) == 1:
            return tuple(_written_in(line, along) for line in lines)
        return (UpdateEquation("g", along), *lines)


def _readings(expr: Expr) -> int:
    """Return how often g is read in a formula."""
    if isinstance(expr, Apply):
        return sum(map(_readings, expr.args))
    return int(isinstance(expr, Symbol) and expr.name == "g")


def _written_in(line: UpdateEquation, along: Expr) -> UpdateEquation:
    def put(expr: Expr) -> Expr:
        found = substitute(expr, {"g": along})
        return found if found == expr or isinstance(along, Symbol) else simplify(found)

    return UpdateEquation(line.name, put(line.expr), put(line.first) if line.first else None)


def state(lines: Iterable[UpdateEquation]) -> tuple[str, ...]:
    """Return the letters that a step finds as the step before has left them."""
    lines = tuple(lines)
    own = {line.name for line in lines} - {PARAMETER}
    found: dict[str, None] = {}
    written: set[str] = set()
    for line in lines:
        read = [name for name in symbols(line.expr) if name in own and name not in written]
        found |= dict.fromkeys(read)
        written.add(line.name)
    return tuple(found)


def letters(lines: Iterable[UpdateEquation], taken: Iterable[str]) -> dict[str, str]:
    """Return the letter to print for each letter of the rules, none of `taken`.

    >>> letters([UpdateEquation("m", formula("m + g"))], ["m"])
    {'m': 'm_t', 'g': 'g'}
    """
    used = set(taken)
    found: dict[str, str] = {}
    for line in lines:
        for name in (line.name, *symbols(line.expr), *symbols(line.first or line.expr)):
            if name in (PARAMETER, GRADIENT) or name in found:
                continue
            shown = name
            while shown in used:
                shown += "_t" if shown == name else "_"
            found[name] = shown
            used.add(shown)
    return found


SETTINGS = (
    Setting(
        "learning_rate",
        "eta",
        "learning rate",
        above=True,
        aliases=("lr", "eta", "step_size"),
    ),
    Setting("momentum", "mu", "momentum", aliases=("mu",)),
    Setting("dampening", "tau", "dampening"),
    Setting("nesterov", "", "Nesterov's momentum", switch=True),
    Setting("weight_decay", "lam", "weight decay", aliases=("l2", "lam", "lambda")),
    Setting("decoupled", "", "decoupled weight decay", switch=True),
    Setting("alpha", "alpha", "memory of the squares", below=1, aliases=("rho", "smoothing")),
    Setting("centered", "", "centred squares", switch=True, aliases=("centred",)),
    Setting("beta1", "beta1", "memory of the gradients", below=1),
    Setting("beta2", "beta2", "memory of the squares", below=1),
    Setting("amsgrad", "", "AMSGrad", switch=True),
    Setting("eps", "epsilon", "against a division by 0", aliases=("epsilon",)),
    Setting("lr_decay", "kappa", "decay of the learning rate", aliases=("learning_rate_decay",)),
    Setting("maximise", "", "ascent", switch=True, aliases=("maximize", "ascent")),
)

_ALONG = (
    UpdateRule("g", "-g", ("maximise",)),
    UpdateRule("g", "g + lam*w", ("weight_decay", "!decoupled")),
)
_DECOUPLED = UpdateRule("w", "w - eta*lam*w", ("weight_decay", "decoupled"))
_SWITCHED_OFF = (("weight_decay", "0"), ("decoupled", "0"), ("maximise", "0"))

SGD = Optimiser(
    "sgd",
    "Gradient descent",
    "a step against the gradient; with momentum, against a sum of past gradients",
    (
        _DECOUPLED,
        UpdateRule("v", "mu*v + g", ("momentum", "!dampening")),
        UpdateRule("v", "mu*v + (1 - tau)*g", ("momentum", "dampening"), first="g"),
        UpdateRule("w", "w - eta*g", ("!momentum",)),
        UpdateRule("w", "w - eta*v", ("momentum", "!nesterov")),
        UpdateRule("w", "w - eta*(g + mu*v)", ("momentum", "nesterov")),
    ),
    (
        ("learning_rate", "0.001"),
        ("momentum", "0"),
        ("dampening", "0"),
        ("nesterov", "0"),
        *_SWITCHED_OFF,
    ),
    (
        ("gd", ()),
        ("gradient_descent", ()),
        ("momentum", (("momentum", "0.9"),)),
        ("nesterov", (("momentum", "0.9"), ("nesterov", "1"))),
        ("nag", (("momentum", "0.9"), ("nesterov", "1"))),
    ),
    "Sutskever et al., ICML 2013, as torch.optim.SGD",
)
RMSPROP = Optimiser(
    "rmsprop",
    "RMSProp",
    "each entry's step divided by the root of a running mean of its squared gradient",
    (
        _DECOUPLED,
        UpdateRule("s", "alpha*s + (1 - alpha)*g^2"),
        UpdateRule("gbar", "alpha*gbar + (1 - alpha)*g", ("centered",)),
        UpdateRule("v", "mu*v + g/(sqrt(s) + epsilon)", ("momentum", "!centered")),
        UpdateRule("v", "mu*v + g/(sqrt(s - gbar^2) + epsilon)", ("momentum", "centered")),
        UpdateRule("w", "w - eta*v", ("momentum",)),
        UpdateRule("w", "w - eta*g/(sqrt(s) + epsilon)", ("!momentum", "!centered")),
        UpdateRule("w", "w - eta*g/(sqrt(s - gbar^2) + epsilon)", ("!momentum", "centered")),
    ),
    (
        ("learning_rate", "0.01"),
        ("alpha", "0.99"),
        ("eps", "1e-8"),
        ("momentum", "0"),
        ("centered", "0"),
        *_SWITCHED_OFF,
    ),
    source="Hinton, lecture 6e, 2012; centred: Graves, 2013; as torch.optim.RMSprop",
)
ADAM = Optimiser(
    "adam",
    "Adam",
    "running means of the gradient and of its square, both freed from their start at 0",
    (
        _DECOUPLED,
        UpdateRule("m", "beta1*m + (1 - beta1)*g"),
        UpdateRule("v", "beta2*v + (1 - beta2)*g^2"),
        UpdateRule("vmax", "max(vmax, v)", ("amsgrad",)),
        UpdateRule("mhat", "m/(1 - beta1^t)"),
        UpdateRule("vhat", "v/(1 - beta2^t)", ("!amsgrad",)),
        UpdateRule("vhat", "vmax/(1 - beta2^t)", ("amsgrad",)),
        UpdateRule("w", "w - eta*mhat/(sqrt(vhat) + epsilon)"),
    ),
    (
        ("learning_rate", "0.001"),
        ("beta1", "0.9"),
        ("beta2", "0.999"),
        ("eps", "1e-8"),
        ("amsgrad", "0"),
        *_SWITCHED_OFF,
    ),
    (("amsgrad", (("amsgrad", "1"),)),),
    source="Kingma and Ba, ICLR 2015; as torch.optim.Adam",
)
ADAMW = replace(
    ADAM,
    name="adamw",
    title="AdamW",
    text="Adam with weight decay beside the step and not in the gradient",
    defaults=(
        *(pair for pair in ADAM.defaults if pair not in _SWITCHED_OFF),
        ("weight_decay", "0.01"),
        ("decoupled", "1"),
        ("maximise", "0"),
    ),
    aliases=(),
    source="Loshchilov and Hutter, ICLR 2019; as torch.optim.AdamW",
)
ADAGRAD = Optimiser(
    "adagrad",
    "AdaGrad",
    "each entry's step divided by the root of the sum of its squared gradients",
    (
        _DECOUPLED,
        UpdateRule("s", "s + g^2"),
        UpdateRule("w", "w - eta*g/(sqrt(s) + epsilon)", ("!lr_decay",)),
        UpdateRule("w", "w - eta/(1 + (t - 1)*kappa)*g/(sqrt(s) + epsilon)", ("lr_decay",)),
    ),
    (("learning_rate", "0.01"), ("eps", "1e-10"), ("lr_decay", "0"), *_SWITCHED_OFF),
    source="Duchi et al., JMLR 2011; as torch.optim.Adagrad",
)
OPTIMISERS = (SGD, RMSPROP, ADAM, ADAMW, ADAGRAD)


def setting(name: str) -> Setting | None:
    """Return the setting that a key or an alias means."""
    return next((row for row in SETTINGS if fold(name) in map(fold, (row.key, *row.aliases))), None)


def resolve(name: str) -> tuple[Optimiser, tuple[tuple[str, str], ...]] | None:
    """Return the optimiser that a name or an alias means, with the settings it presets.

    >>> resolve("torch.optim.AdamW")[0].name, resolve("nesterov")[1]
    ('adamw', (('momentum', '0.9'), ('nesterov', '1')))
    """
    known = fold(name.rpartition(".")[2])
    for row in OPTIMISERS:
        for alias, preset in ((row.name, ()), *row.aliases):
            if fold(alias) == known:
                return row, preset
    return None


def nearest(name: str) -> str | None:
    """Return the name of an optimiser that was probably meant."""
    return did_you_mean(name, [n for row in OPTIMISERS for n in (row.name, *dict(row.aliases))])


__all__ = [
    "GRADIENT",
    "OPTIMISERS",
    "PARAMETER",
    "SETTINGS",
    "STEP",
    "Optimiser",
    "Setting",
    "UpdateEquation",
    "UpdateRule",
    "letters",
    "nearest",
    "resolve",
    "setting",
    "state",
]
