"""Mathematics as one row of text, in Unicode or in plain ASCII."""

from __future__ import annotations

from gradcalc.report.mathematics.tree import Math


def row_text(math: Math, *, unicode: bool = True) -> str:
    """Return mathematics as one row of text."""
    raise NotImplementedError
