"""Mathematics as MathML Core, with classes by which a page finds the uses of a quantity."""

from __future__ import annotations

from collections.abc import Callable

from gradcalc.errors import escaped
from gradcalc.report.mathematics.tree import (
    GAP,
    Accent,
    Atom,
    Blank,
    Cases,
    Fenced,
    Fraction,
    Grid,
    Math,
    Quantity,
    Root,
    Row,
    Scripts,
    tall,
)

ACCENTS = {"hat": "^", "tilde": "~", "bar": "¯"}
PRIME = Atom("operator", "′")
MINUS, PLUS = Atom("operator", "−"), Atom("operator", "+")
PREFIX = ("∂", "Σ", "∑", "∇")
Classes = Callable[[str], str]
"""What gives the class of a quantity, nothing where a page does not know it."""


def formula(part: Math, classes: Classes, label: str = "") -> str:
    """Return a formula of its own."""
    said = f' aria-label="{escaped(label)}"' if label else ""
    return f'<math displaystyle="true"{said}>{mathml(part, classes)}</math>'


def mathml(part: Math, classes: Classes) -> str:
    """Return mathematics as one element."""

    def of(inner: Math) -> str:
        return mathml(inner, classes)

    match part:
        case Atom():
            return _atom(part)
        case Blank():
            return '<mspace class="blank" width="3em" height="1em"></mspace>'
        case Accent():
            sign = f'<mo stretchy="false">{ACCENTS[part.sign]}</mo>'
            return f'<mover accent="true">{of(part.base)}{sign}</mover>'
        case Row():
            return f"<mrow>{_row(part, classes)}</mrow>"
        case Scripts():
            return _script(part, of)
        case Fraction():
            small = ' displaystyle="false"' if part.small else ""
            inner = f"<mfrac>{of(part.over)}{of(part.under)}</mfrac>"
            return f"<mstyle{small}>{inner}</mstyle>" if small else inner
        case Root():
            return f"<msqrt>{of(part.inner)}</msqrt>"
        case Fenced():
            stretchy = "true" if tall(part.inner) else "false"
            left, right = (
                f'<mo fence="true" stretchy="{stretchy}">{sign}</mo>'
                for sign in (part.left, part.right)
            )
            return f"<mrow>{left}{of(part.inner)}{right}</mrow>"
        case Grid():
            rows = "".join(
                f"<mtr>{''.join(f'<mtd>{of(cell)}</mtd>' for cell in line)}</mtr>"
                for line in part.rows
            )
            return f'<mtable class="matrix">{rows}</mtable>'
        case Cases():
            return _cases(part, of)
        case Quantity():
            name = classes(part.key)
            inner = of(part.inner)
            return f'<mrow class="{name}">{inner}</mrow>' if name else inner


def _row(part: Row, classes: Classes) -> str:
    found: list[str] = []
    before: Math | None = None
    for each in part.parts:
        if each == MINUS and _opens(before):
            found.append('<mo form="prefix">−</mo>')
        elif each == PLUS and before is None:  # of a sum that goes on
            found.append('<mo form="infix">+</mo>')
        else:
            found.append(mathml(each, classes))
        before = before if isinstance(each, Atom) and each.kind == "space" else each
    return "".join(found)


def _opens(before: Math | None) -> bool:
    """Tell whether a sign after this part belongs to a number, not between two."""
    return before is None or (
        isinstance(before, Atom)
        and (before.text in "([," or (before.kind == "operator" and before.text not in PREFIX))
    )


def _atom(part: Atom) -> str:
    text = escaped(part.text)
    if part.kind == "number":
        return f"<mn>{text}</mn>"
    if part.kind == "space":
        wide = "0.35em" if part.text == GAP else "0.2em"
        return f'<mspace width="{wide}"></mspace>'
    if part.kind == "sign":
        return '<mo form="prefix">−</mo>'
    if part.kind == "letter":
        return f"<mi>{text}</mi>"
    if part.kind == "word":
        return f'<mi class="word">{text}</mi>'
    if part.kind == "function":
        return f"<mi>{text}</mi>"
    if part.kind == "bracket" or part.text in "|‖":
        return f'<mo stretchy="false">{text}</mo>'
    if part.text in ("Σ", "∑"):
        return '<mo largeop="false" movablelimits="false" lspace="0" rspace="0.2em">∑</mo>'
    if part.text == "/":
        return '<mo lspace="0.1em" rspace="0.1em">/</mo>'
    if part.text in (*PREFIX, "⊤"):
        return f'<mi mathvariant="normal">{text}</mi>'
    return f"<mo>{text}</mo>"


def _script(part: Scripts, of: Callable[[Math], str]) -> str:
    base = of(part.base) if part.base is not None else "<mrow></mrow>"
    if part.above == PRIME and part.below is None:  # its sign is raised by itself
        return f'<mrow>{base}<mo lspace="0" rspace="0">′</mo></mrow>'
    if part.below is not None and part.above is not None:
        return f"<msubsup>{base}{of(part.below)}{of(part.above)}</msubsup>"
    if part.below is not None:
        return f"<msub>{base}{of(part.below)}</msub>"
    return f"<msup>{base}{of(part.above)}</msup>" if part.above is not None else base


def _cases(part: Cases, of: Callable[[Math], str]) -> str:
    rows = []
    for value, words, condition in part.rows:
        said = f"<mtext>{escaped(words)}\u00a0</mtext>"
        beside = f"<mrow>{said}{of(condition)}</mrow>" if condition is not None else said
        rows.append(f"<mtr><mtd>{of(value)}</mtd><mtd>{beside}</mtd></mtr>")
    table = f'<mtable class="cases">{"".join(rows)}</mtable>'
    return f'<mrow><mo fence="true" stretchy="true" symmetric="true">{{</mo>{table}</mrow>'
