"""The table of operations, put together from its sheets."""

from gradcalc.algebra.activations import ACTIVATIONS
from gradcalc.algebra.elementary import ARITHMETIC, COMPARISONS, ELEMENTARY
from gradcalc.algebra.layers import LAYERS
from gradcalc.algebra.losses import LOSSES, REFUSED
from gradcalc.algebra.matrix import MATRIX
from gradcalc.algebra.operations import Table

TABLE = Table(
    [*ARITHMETIC, *COMPARISONS, *ELEMENTARY, *MATRIX, *LAYERS, *ACTIVATIONS, *LOSSES], REFUSED
)
