"""Type the pages of many random problems: `python -m tests.grading.printed_at_length 3000`."""

from __future__ import annotations

import sys

from gradcalc.problem.solve import solve
from tests.grading.printed import printed, random_problems
from tests.grading.test_printed import columns_refused, refused


def main(count: int, seed: int) -> int:
    """Return 1 where a printed line is not read as what it was printed for."""
    lines, wrong = 0, 0
    for problem in random_problems(count, seed):
        solution = solve(problem)
        for unicode in (True, False):
            rows = printed(solution, unicode=unicode)
            lines += len(rows)
            for line in (*refused(problem, rows), *columns_refused(problem, rows)):
                wrong += 1
                sys.stdout.write(f"{problem.source.text}{line}\n\n")
    sys.stdout.write(f"{lines} printed lines of {count} problems, {wrong} refused\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, [*sys.argv[1:], "1000", "7"][:2])))
