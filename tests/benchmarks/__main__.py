"""Measure the goals of speed as ratios and print a table: `python -m tests.benchmarks`.

Start-up is measured on the installed command, whose modules are compiled. What the
library of mistakes finds is measured by `python -m tests.benchmarks.mistakes`.
"""

from __future__ import annotations

import os
from itertools import chain

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from tests.benchmarks import depth, exactness, in_process, start_up

if __name__ == "__main__":
    print(f"{'goal':4}  {'what':52}  {'ratio':>7}  {'goal':>7}")
    for row in chain(start_up.rows(), in_process.rows(), exactness.rows(), depth.rows()):
        mark = "" if row.reached else "  not reached"
        print(f"{row.name:4}  {row.what:52}  {row.ratio:7.3f}  {row.goal:7.3f}{mark}", flush=True)
        print(f"      against {row.reference}")
