"""The table of operations, put together from the modules of its rows.

Formulas and values at the kinks as in PyTorch 2.13; see the aliases for the names
and defaults of other frameworks.

`definition` is the loss of one entry; `reduction` says how entries become one number
where a file does not: `sum` adds all, `mean` averages over all entries, `batchmean`
adds within a sample (a row) and averages over the samples, `none` leaves them as they
are. For rows that are `per_sample` (the entries of one sample are one loss) `mean` is
`batchmean`, and `none` leaves one number a sample; where the loss of a sample is no sum
over its entries, the definition is one number a sample, kept as an axis of one entry.
Formulas as in Goodfellow, Bengio, Courville, Deep Learning (2016), and PyTorch 2.13.
"""

from __future__ import annotations

from gradcalc.algebra.operations.classification_losses import CLASSES, MARGINS
from gradcalc.algebra.operations.elementary import ARITHMETIC, COMPARISONS, ELEMENTARY
from gradcalc.algebra.operations.layers import LAYERS
from gradcalc.algebra.operations.matrix import MATRIX
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.rectifiers import PIECES, RECTIFIERS
from gradcalc.algebra.operations.regression_losses import DISTANCES, ERRORS, LIKELIHOODS
from gradcalc.algebra.operations.smooth_activations import SMOOTH, VECTORS

ACTIVATIONS = (*SMOOTH[:3], *RECTIFIERS, *SMOOTH[3:], *PIECES, *VECTORS)

LOSSES = (*ERRORS, *MARGINS, *CLASSES, *LIKELIHOODS, *DISTANCES)

REFUSED = {
    "cosinesimilarity": "cosine_loss is −t·y/‖y‖, negative_cosine is −cos (as in Keras),"
    " cosine_distance is 1 − cos (as in optax); PyTorch's function is +cos, which is no loss",
    "cosine": "cosine_loss is −t·y/‖y‖, negative_cosine is −cos, cosine_distance is 1 − cos",
    "kldiv": "kl_divergence takes probabilities, kl_divergence_log their logarithms (PyTorch)",
}
"""Names that frameworks give to different things, folded, and what to choose from."""

TABLE = Table(
    [*ARITHMETIC, *COMPARISONS, *ELEMENTARY, *MATRIX, *LAYERS, *ACTIVATIONS, *LOSSES], REFUSED
)
