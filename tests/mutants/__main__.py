"""Run the tests on faulty copies of the package: `python -m tests.mutants [NAME …]`.

Each fault of the lists is written into a temporary copy, alone, and the tests that
should find it are run there. A line a fault is printed; the exit code is 1 if any
fault goes unnoticed or a text to be changed is not there any more. NAME limits the
run to the faults of a module or to one of them: `matrix`, `autodiff-3`.

Many faults of `optimisers` and `solve` are found by a comparison with PyTorch only.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.mutants import in_the_passes, in_the_rules, in_the_table, in_the_updates
from tests.mutants.mutant import Mutant
from tests.mutants.workshop import Outcome, Workshops

PROCESSES = 2
MUTANTS = (
    *in_the_table.ELEMENTARY,
    *in_the_table.SMOOTH_ACTIVATIONS,
    *in_the_table.RECTIFIERS,
    *in_the_table.REGRESSION_LOSSES,
    *in_the_table.CLASSIFICATION_LOSSES,
    *in_the_table.MATRIX,
    *in_the_table.KERNELS,
    *in_the_rules.INFERENCE,
    *in_the_rules.OPERATION,
    *in_the_rules.SHAPES,
    *in_the_rules.SIMPLIFY,
    *in_the_rules.ENTRIES,
    *in_the_passes.AUTODIFF,
    *in_the_passes.GRAPH,
    *in_the_passes.ROUNDING,
    *in_the_passes.LAYERS,
    *in_the_passes.EXACT_VALUES,
    *in_the_passes.EVALUATE,
    *in_the_passes.OPERATION_FUNCTIONS,
    *in_the_passes.DIFFERENCES,
    *in_the_updates.OPTIMISERS,
    *in_the_updates.SOLVE,
)


def chosen(names: list[str]) -> list[Mutant]:
    """Return the faults whose name is given or begins with a given word."""
    return [
        mutant
        for mutant in MUTANTS
        if not names or any(mutant.name == n or mutant.name.startswith(n + "-") for n in names)
    ]


def main(names: list[str]) -> int:
    """Run all chosen faults, print what became of each, return the exit code."""
    with Workshops(PROCESSES) as workshops, ThreadPoolExecutor(PROCESSES) as pool:
        fault = workshops.sound()
        if fault:
            print(f"the tests fail on the package as it is: {fault}")
            return 1
        outcomes: list[Outcome] = []
        for outcome in pool.map(workshops.outcome, chosen(names)):
            outcomes.append(outcome)
            print(outcome, flush=True)
    alive = [outcome for outcome in outcomes if not outcome.killed]
    print(f"{len(outcomes)} faults, {len(outcomes) - len(alive)} found, {len(alive)} unnoticed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
