"""The training steps of a PyTorch script: the optimiser, and the loop of five steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gradcalc.report.codeformula import Writer
from gradcalc.report.codelayout import band, folded, quoted
from gradcalc.report.codescript import Script
from gradcalc.report.codetorch import OPTIMISERS, SWITCHES
from gradcalc.report.torchparts import Parts

if TYPE_CHECKING:
    from gradcalc.problem.descent import Descent

_I = "    "


def training(parts: Parts, forward: Sequence[str], start: Sequence[str]) -> list[str]:
    """Return the optimiser and its loop, nothing without `descent:` or without numbers.

    forward: the lines of the forward pass; start: what starts the backward pass.
    """
    script, writer, model = parts.script, parts.writer, parts.model
    plan, problem = script.problem.descent, script.problem
    if plan is None or not script.numeric:
        return []
    inside = model.parameters if model else {}
    moved = {name: inside.get(name, writer.names[name]) for name in plan.parameters}
    whole = model is not None and set(moved) == set(inside)
    targets = "model.parameters()" if whole else f"[{', '.join(moved.values())}]"
    found = band(f"{plan.optimiser.title}: {plan.steps} step{'s' if plan.steps > 1 else ''}")
    found += folded(f"optimizer = {_optimizer(plan, targets)}", "")
    head, rate = f"for step in range(1, {plan.steps + 1}):", repr(plan.rates[0].value)
    if len(plan.rates) > 1:
        rate = "rate"
        found += folded(f"rates = [{', '.join(repr(cell.value) for cell in plan.rates)}]", "")
        head = "for step, rate in enumerate(rates, start=1):"
    found += [head]
    if len(plan.rates) > 1:
        found.append(f'{_I}optimizer.param_groups[0]["lr"] = rate')
    found += [
        f"{_I}# 1. forget the gradients of the step before",
        f"{_I}optimizer.zero_grad()",
        *_forward(parts, forward),
        f"{_I}# 4. backward pass: a gradient for every parameter",
        *_gradients(parts, moved, start),
        f"{_I}# 5. every parameter moves {_against(plan)} its gradient",
        *_decay(plan, moved, rate),
        f"{_I}optimizer.step()",
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


def _forward(parts: Parts, lines: Sequence[str]) -> list[str]:
    """Return the forward pass, the loss apart where it is the last line."""
    apart = parts.problem.loss in parts.losses and len(lines) > 1
    first, last = (lines[:-1], lines[-1:]) if apart else (lines, [])
    found = [f"{_I}# 2. forward pass" if apart else f"{_I}# 2. and 3. forward pass and loss"]
    found += [*first, *([f"{_I}# 3. the loss: how wrong it is, as one number"] if apart else [])]
    return [*found, *last]


def _gradients(parts: Parts, moved: Mapping[str, str], start: Sequence[str]) -> list[str]:
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
    given = [f"lr={plan.rates[0].value!r}"]
    if "beta1" in plan.settings:
        given.append(f"betas=({plan.settings['beta1']!r}, {plan.settings['beta2']!r})")
    defaults = dict(plan.optimiser.defaults)
    for ours, theirs in settings:
        if plan.settings[ours] != float(defaults[ours]):
            given.append(f"{theirs}={plan.settings[ours]!r}")
    if plan.optimiser.name == "adamw" or (
        plan.settings["weight_decay"] and not plan.settings.get("decoupled")
    ):
        given.append(f"weight_decay={plan.settings['weight_decay']!r}")
    given += [f"{theirs}=True" for ours, theirs in SWITCHES if plan.settings.get(ours)]
    return f"torch.optim.{name}({targets}, {', '.join(given)})"


def _decay(plan: Descent, moved: Mapping[str, str], rate: str) -> list[str]:
    """Return decoupled weight decay, where the optimiser has none of its own."""
    decay = plan.settings.get("weight_decay")
    if plan.optimiser.name == "adamw" or not decay or not plan.settings.get("decoupled"):
        return []
    lines = [f"{_I}with torch.no_grad():"]
    return [*lines, *(f"{_I * 2}{text} *= 1 - {rate} * {decay!r}" for text in moved.values())]


def iteration(
    script: Script, writer: Writer, losses: Mapping[str, tuple[str, str, str]]
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
