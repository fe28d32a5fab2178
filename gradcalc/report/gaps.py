"""Say of a line without a value that it does not exist, and why, or on what it rests."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.algebra.expr import Apply, parts, symbols
from gradcalc.engine.gaps import tolerant
from gradcalc.engine.graph import Node
from gradcalc.problem.model import SHOWN_ENTRIES, Gap
from gradcalc.report.view import View

LIMITS = {
    "xlogy": "0 ln 0 counts as 0, the limit of x ln x",
    "xdivy": "0/0 counts as 0: the term 0 ln 0 stays 0",
}
"""What counts as 0 where both operands are 0, and why."""


def beside(view: View, gap: Gap) -> str:
    """Return the words beside a line: that it does not exist, or which entries, and why."""
    why = _why(view, gap)
    if gap.whole:
        return f"does not exist: {why}"
    return f"{_entries(view, gap)} {_verb(gap)} not exist: {why}"


def missing(view: View) -> Iterator[str]:
    """Yield a sentence on each line at which something begins not to exist."""
    shown = {node.name for node in (*view.forward, *view.backward)}
    gaps = [gap for gap in view.solution.gaps.values() if gap.name in shown]
    asked = {ref.name for ref in view.problem.find}
    for gap in gaps:
        if gap.on is not None and gap.on in shown:
            continue
        name = view.notation.name(gap.name) if gap.whole else _entries(view, gap)
        rest = [
            view.notation.name(g.name) for g in gaps if g.name in asked and _rests(view, g, gap)
        ]
        after = f" {_listed(rest)} {'rests' if len(rest) == 1 else 'rest'} on it." if rest else ""
        yield f"! {name} {'does' if gap.whole else _verb(gap)} not exist: {_why(view, gap)}.{after}"


def _rests(view: View, gap: Gap, root: Gap) -> bool:
    """Tell whether a line has no value because another has none."""
    on = gap.on
    while on is not None and on != root.name and on in view.solution.gaps:
        on = view.solution.gaps[on].on
    return on == root.name


def _entries(view: View, gap: Gap) -> str:
    if len(gap.entries) > SHOWN_ENTRIES:
        return f"{len(gap.entries)} entries of {view.notation.name(gap.name)}"
    return _listed([view.notation.entry_name(gap.name, at) for at in gap.entries])


def _why(view: View, gap: Gap) -> str:
    if gap.on is None:
        return gap.why
    several = len(gap.entries) > 1 and not gap.whole
    return f"{'they rest' if several else 'it rests'} on {view.notation.name(gap.on)}"


def _verb(gap: Gap) -> str:
    return "does" if len(gap.entries) == 1 else "do"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def at_limit(view: View, node: Node) -> str | None:
    """Say that 0 ln 0 is 0, or that a term 0/0 is none, where a line meets it."""
    for part in parts(view.defined(node.expr)):
        if not isinstance(part, Apply) or part.op not in LIMITS or not view.values:
            continue
        values = []
        for arg in part.args:
            shapes = {name: view.shapes[name] for name in symbols(arg)}
            line = Node("value", arg, view.shape_of(arg))
            values.append(tolerant(line, view.solution.values, shapes, view.problem.table))
        factor, other = values
        if ((factor == 0) & (other == 0)).any():
            return LIMITS[part.op]
    return None
