"""What a call of the command costs, against importing NumPy and PyYAML."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.timing import Row, cpu, paired, wall

PAIRS = 21
REFERENCE = "python -c 'import numpy, yaml'"
NETWORK = Path(__file__).parent.parent.parent / "problems" / "relu-network-given-values.yaml"


def rows() -> Iterator[Row]:
    python = [sys.executable, "-c", "import numpy, yaml"]
    gradcalc = [sys.executable, "-m", "gradcalc"]
    solve = [*gradcalc, "solve", str(NETWORK)]
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / "broken.yaml"
        broken.write_text("inputs: {x: 1}\nequations: y = rellu(x)\n", encoding="utf-8")
        reference = wall(python)
        yield Row(
            "S1",
            "gradcalc --help",
            REFERENCE,
            0.60,
            paired(wall([*gradcalc, "--help"]), reference, PAIRS),
        )
        yield Row(
            "S1",
            "gradcalc --version",
            REFERENCE,
            0.60,
            paired(wall([*gradcalc, "--version"]), reference, PAIRS),
        )
        yield Row(
            "S1",
            "a usage error",
            REFERENCE,
            0.60,
            paired(wall([*gradcalc, "slove"]), reference, PAIRS),
        )
        yield Row(
            "S2",
            "solve a 3-2-2-1 network in colour, as on a terminal",
            REFERENCE,
            1.75,
            paired(wall(solve, FORCE_COLOR="1"), reference, PAIRS),
        )
        yield Row("S3", "the same, piped", REFERENCE, 1.30, paired(wall(solve), reference, PAIRS))
        yield Row(
            "S4",
            "S2 in CPU seconds",
            REFERENCE,
            1.05,
            paired(cpu(solve, FORCE_COLOR="1"), cpu(python), PAIRS),
        )
        yield Row(
            "S5",
            "a broken problem file reported",
            REFERENCE,
            0.80,
            paired(wall([*gradcalc, "solve", str(broken)]), reference, PAIRS),
        )
