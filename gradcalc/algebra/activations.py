"""Rows of the table: the activations, put together from their sheets.

Formulas and values at the kinks as in PyTorch 2.13; see the aliases for the names
and defaults of other frameworks.
"""

from gradcalc.algebra.activations_pieces import PIECES
from gradcalc.algebra.activations_rectifiers import RECTIFIERS
from gradcalc.algebra.activations_smooth import SMOOTH
from gradcalc.algebra.activations_vector import VECTORS

ACTIVATIONS = (*SMOOTH[:3], *RECTIFIERS, *SMOOTH[3:], *PIECES, *VECTORS)
