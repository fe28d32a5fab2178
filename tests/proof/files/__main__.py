"""Draw files and take them through the commands: `python -m tests.proof.files --count 3000`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from time import monotonic

from tests.proof.files.runner import tried


def main() -> int:
    """Try so many seeds; print what is wrong, and return 1 where anything is."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.files")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=3000, help="how many files")
    parser.add_argument("--commands", type=int, default=10, help="calls a file")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    given = parser.parse_args()
    kinds: Counter[str] = Counter()
    solved = done = 0
    start = monotonic()
    for seed in range(given.seed, given.seed + given.count):
        if monotonic() - start > given.seconds:
            break
        outcome = tried(seed, given.commands)
        done += 1
        solved += outcome.solved
        for each in outcome.findings:
            kinds[each.kind] += 1
            print(f"--- seed {each.seed}: {each.kind}: {each.call}\n{each.text}\n{each.what}\n")
    print(f"seeds {given.seed} to {given.seed + done - 1}: {solved} of {done} files are solved")
    print("\n".join(f"{count:6} {kind}" for kind, count in kinds.most_common()) or "no findings")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
