"""Print how a checkout of the package is built: `python -m tests.house [ROOT]`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.house.arrows import ARROWS
from tests.house.directions import overview, proposed
from tests.house.modules import read
from tests.house.table import figures, printed

HERE = Path(__file__).parents[2]


def main() -> None:
    """Print the figures of a checkout, its arrows, or a table of arrows that would fit."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=HERE, metavar="ROOT")
    parser.add_argument("--arrows", action="store_true", help="sub-packages in order, wrong arrows")
    parser.add_argument("--propose", action="store_true", help="a table of arrows that would fit")
    parser.add_argument("--explain", action="store_true", help="what each figure was counted from")
    given = parser.parse_args()
    house = read(given.root)
    if given.arrows or given.propose:
        print(*(overview if given.arrows else proposed)(house, ARROWS), sep="\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        for line in printed(figures(house, Path(folder)), given.explain):
            print(line, flush=True)


if __name__ == "__main__":
    main()
