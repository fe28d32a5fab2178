"""The one precedence table, by which formulas are read and written."""

from __future__ import annotations

COMPARE, SUM, MINUS, PRODUCT, POWER, POSTFIX, ATOM = range(10, 80, 10)
INFIX: dict[str, tuple[str, int]] = {
    "<": ("lt", COMPARE),
    "<=": ("le", COMPARE),
    ">": ("gt", COMPARE),
    ">=": ("ge", COMPARE),
    "==": ("eq", COMPARE),
    "+": ("add", SUM),
    "-": ("add", SUM),
    "*": ("mul", PRODUCT),
    "/": ("div", PRODUCT),
    "@": ("matmul", PRODUCT),
    "^": ("pow", POWER),
}
LEVEL: dict[str, int] = dict(INFIX.values()) | {
    "neg": MINUS,
    "transpose": POSTFIX,
    "entry": POSTFIX,
}
SIGN: dict[str, str] = {op: sign for sign, (op, _) in INFIX.items() if sign != "-"}
