"""The training steps of a PyTorch script: the optimiser, and the loop of five steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcalc.algebra.optimisers import GRADIENT, PARAMETER, SETTINGS
from gradcalc.report.scripts.code_layout import assignment, band, folded, quoted
from gradcalc.report.scripts.formulas import FormulaWriter
from gradcalc.report.scripts.script import (
    Script,
    ScriptLetters,
    letters_of,
    setting_lines,
    step_equations,
)
from gradcalc.report.scripts.torch_dialect import OPTIMISERS, is_written_out
from gradcalc.report.scripts.torch_parts import OWN, TorchParts

if TYPE_CHECKING:
    from gradcalc.problem.model import Descent

_I = "    "


def training(parts: TorchParts, forward: Sequence[str], start: Sequence[str]) -> list[str]:
    """Return the optimiser and its loop, nothing without `descent:` or without numbers.

    forward: the lines of the forward pass; start: what starts the backward pass.
    """
    writer, model = parts.writer, parts.model
    plan, problem = parts.problem.descent, parts.problem
    if plan is None or not parts.script.numeric:
        return []
    inside = model.parameters if model else {}
    moved = {name: inside.get(name, writer.names[name]) for name in plan.parameters}
    found = band(f"{plan.optimiser.title}: {plan.steps} step{'s' if plan.steps > 1 else ''}")
    way = _Written(parts, plan, moved) if is_written_out(plan) else _Library(parts, plan, moved)
    several = len(plan.rates) > 1
    found += [
        *way.begin(),
        "for step, rate in enumerate(rates, start=1):"
        if several
        else f"for step in range(1, {plan.steps + 1}):",
        *(way.rate() if several else []),
        f"{_I}# 1. forget the gradients of the step before",
        *way.forget(),
        *_forward(parts, forward),
        f"{_I}# 4. backward pass: a gradient for every parameter",
        *_gradients(parts, moved, start),
        f"{_I}# 5. every parameter moves {_against(plan)} its gradient",
        *way.step(),
    ]
    if not problem.upstream:
        label = quoted(f"{problem.names.shown(plan.loss)} =")
        found.append(f'{_I}print("before step", step, {label}, {writer.names[plan.loss]}.item())')
    found.append("")
    turned = problem.layout == "inputs_by_units"
    for name, text in moved.items():
        end = ".T" if turned and text.endswith(".weight") else ""
        label = quoted(f"{problem.names.shown(name)} =")
        found.append(f"{writer.names[name]} = {text}.detach(){end}")
        found.append(f"print({label}, {writer.names[name]})")
    return found


@dataclass(frozen=True)
class _Library:
    """An optimiser of torch.optim; `moved` are the parameters as the script calls them."""

    parts: TorchParts
    plan: Descent
    moved: Mapping[str, str]

    def begin(self) -> list[str]:
        """Return what stands before the loop."""
        model, plan = self.parts.model, self.plan
        whole = model is not None and set(self.moved) == set(model.parameters)
        targets = "model.parameters()" if whole else f"[{', '.join(self.moved.values())}]"
        found = folded(f"optimizer = {_optimizer(plan, targets)}", "")
        if len(plan.rates) > 1:
            rates = ", ".join(repr(cell.value) for cell in plan.rates)
            found += folded(f"rates = [{rates}]", "")
        return found

    def rate(self) -> list[str]:
        """Return what takes the learning rate of a step."""
        return [f'{_I}optimizer.param_groups[0]["lr"] = rate']

    def forget(self) -> list[str]:
        """Return what sets the gradients aside."""
        return [f"{_I}optimizer.zero_grad()"]

    def step(self) -> list[str]:
        """Return the step; with decoupled weight decay, where the class has none of its own."""
        rate = "rate" if len(self.plan.rates) > 1 else repr(self.plan.rates[0].value)
        return [*_decay(self.plan, self.moved, rate), f"{_I}optimizer.step()"]


@dataclass(frozen=True)
class _Written:
    """An optimiser that torch.optim does not have: its equations, written out."""

    parts: TorchParts
    plan: Descent
    moved: Mapping[str, str]

    @property
    def letters(self) -> ScriptLetters:
        """Return the identifiers of settings and state."""
        return letters_of(self.plan, self.parts.writer, OWN)

    def begin(self) -> list[str]:
        """Return what stands before the loop: the settings, and a state of zeros."""
        found = ["# torch.optim does not have it: each step is written out"]
        found += setting_lines(self.plan, self.letters)
        for name, text in self.moved.items():
            for letter in self.plan.state:
                found.append(f"{self.letters[name, letter]} = torch.zeros_like({text})")
        return found

    def rate(self) -> list[str]:
        """Return what takes the learning rate of a step."""
        own = self.letters.get("eta", "rate")
        return [] if own == "rate" else [f"{_I}{own} = rate"]

    def forget(self) -> list[str]:
        """Return what sets the gradients aside."""
        return [f"{_I}{text}.grad = None" for text in self.moved.values()]

    def step(self) -> list[str]:
        """Return the equations; the parameter is changed in its place."""
        found = [f"{_I}with torch.no_grad():"]
        for name, text in self.moved.items():
            texts = {PARAMETER: text, GRADIENT: f"{text}.grad"}
            own = self.letters
            for letter, target, terms in step_equations(
                self.plan, self.parts.writer, own, name, texts
            ):
                if letter == PARAMETER:
                    found += folded(f"{text}.copy_({' '.join(terms)})", _I * 2)
                else:
                    found += assignment(target, terms, indent=_I * 2)
        return found


def _forward(parts: TorchParts, lines: Sequence[str]) -> list[str]:
    """Return the forward pass, the loss apart where it is the last line."""
    apart = parts.problem.loss in parts.losses and len(lines) > 1
    first, last = (lines[:-1], lines[-1:]) if apart else (lines, [])
    found = [f"{_I}# 2. forward pass" if apart else f"{_I}# 2. and 3. forward pass and loss"]
    found += [*first, *([f"{_I}# 3. the loss: how wrong it is, as one number"] if apart else [])]
    return [*found, *last]


def _gradients(parts: TorchParts, moved: Mapping[str, str], start: Sequence[str]) -> list[str]:
    """Return the backward pass, and 0 for parameters that the loss does not depend on."""
    apart = [text for name, text in moved.items() if name not in parts.paths.reached]
    found = [*start] if len(apart) < len(moved) else []
    found += [f"{text}.grad = torch.zeros_like({text})" for text in apart]
    return [f"{_I}{line}" for line in found]


def _against(plan: Descent) -> str:
    return "along" if plan.settings.get("maximise") else "against"


def _optimizer(plan: Descent, targets: str) -> str:
    """Return the call that makes the optimiser, defaults left out."""
    name, settings = OPTIMISERS[plan.optimiser.name]
    decay = plan.settings["weight_decay"]
    if name == "AdamW" and not plan.settings["decoupled"]:
        name = "Adam"
    given = [f"lr={plan.rates[0].value!r}"]
    if "beta1" in settings:
        given.append(f"betas=({plan.settings['beta1']!r}, {plan.settings['beta2']!r})")
    defaults = dict(plan.optimiser.defaults)
    switches = {row.key for row in SETTINGS if row.switch}
    given += [
        f"{key}={bool(value) if key in switches else value!r}"
        for key in settings
        for value in [plan.settings[key]]
        if key not in ("beta1", "beta2") and value != float(defaults[key])
    ]
    if name == "AdamW" or (decay and not plan.settings["decoupled"]):
        given.append(f"weight_decay={decay!r}")
    given += ["maximize=True"] if plan.settings["maximise"] else []
    return f"torch.optim.{name}({targets}, {', '.join(given)})"


def _decay(plan: Descent, moved: Mapping[str, str], rate: str) -> list[str]:
    """Return decoupled weight decay, where the optimiser has none of its own."""
    decay = plan.settings.get("weight_decay")
    if plan.optimiser.name == "adamw" or not decay or not plan.settings.get("decoupled"):
        return []
    lines = [f"{_I}with torch.no_grad():"]
    return [*lines, *(f"{_I * 2}{text} *= 1 - {rate} * {decay!r}" for text in moved.values())]


def iteration(
    script: Script, writer: FormulaWriter, losses: Mapping[str, tuple[str, str, str]]
) -> list[str]:
    """Return the five steps of a training iteration, as a comment to start from."""
    layers, names = script.problem.layers, writer.names
    loss = script.problem.loss
    if loss not in losses:
        return []
    label, _, factor = losses[loss]
    target = next(
        (names[data.name] for data in script.problem.data.values() if data.role == "target"), "y"
    )
    last, value = names[layers[-1].after], names[loss]
    rows = [
        ("optimizer.zero_grad()", "forget the gradients of the iteration before"),
        (f"{last} = model({names[layers[0].before]})", "forward pass"),
        (f"{value} = {label}({last}, {target}){factor}", "how wrong it is, as one number"),
        (f"{value}.backward()", "backward pass: a gradient for every parameter"),
        ("optimizer.step()", "every parameter moves against its gradient"),
    ]
    room = max(len(text) for text, _ in rows) + 3
    return [
        *band("To train the model, repeat five steps"),
        "# optimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
        *(f"# {text.ljust(room)}{words}" for text, words in rows),
    ]
