"""The table of arrows: packages, and what each consists of, from the bottom to the top.

A sub-package or loose module may import those before it; those of an inner tuple stand beside
each other and may not import one another. A package may import the packages before it, and
`errors` lies below everything. The `__init__.py` of a package stands above all that is in it.
"""

from __future__ import annotations

from collections.abc import Mapping

Units = tuple[str | tuple[str, ...], ...]
Table = Mapping[str, Units]

ARROWS: Table = {
    "algebra": (
        "formula",
        "operations",
        "rewriting",
        ("derivation", "optimisers"),
    ),
    "engine": (
        ("graph", "exact_values", "rounding"),
        ("autodiff", "exact_rules", "operation_functions"),
        "evaluate",
        ("differences", "undefined_values", "typed_formula"),
        "gradient_check",
    ),
    "problem": (
        ("text", "names"),
        "model",
        ("solution", "evaluation_errors", "traps"),
        ("undefined_lines", "samples"),
        ("limit_values", "solve"),
        "reading",
        "authoring",
    ),
    "grading": (
        "answers",
        ("evaluation", "submissions"),
        "mistakes",
        "marking",
        "classes",
        "questions",
    ),
    "report": (
        "mathematics",
        "page",
        "steps",
        ("pictures", "scripts"),
        "blocks",
        ("formats", "solution"),
        "results",
        "catalogue",
        "notebook",
    ),
    "cli": (
        "output",
        "formats",
        "grade_parts",
        "grade_outputs",
        ("grade_run", "check"),
        (
            "derive",
            "grade",
            "graph",
            "lint",
            "mistakes",
            "new",
            "numbers",
            "ops",
            "options",
            "plot",
            "schema",
            "solve",
        ),
    ),
}
