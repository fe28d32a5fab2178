"""Rows of the table: losses of a prediction `y` and a target `t`, put together.

`definition` is the loss of one entry; `reduction` says how entries become one number
where a file does not: `sum` adds all, `mean` averages over all entries, `batchmean`
adds within a sample (a row) and averages over the samples, `none` leaves them as they
are. For rows that are `per_sample` (the entries of one sample are one loss) `mean` is
`batchmean`, and `none` leaves one number a sample; where the loss of a sample is no sum
over its entries, the definition is one number a sample, kept as an axis of one entry.
Formulas as in Goodfellow, Bengio, Courville, Deep Learning (2016), and PyTorch 2.13.
"""

from gradcalc.algebra.losses_classes import CLASSES
from gradcalc.algebra.losses_errors import ERRORS
from gradcalc.algebra.losses_likelihood import LIKELIHOODS
from gradcalc.algebra.losses_margin import MARGINS
from gradcalc.algebra.losses_vectors import DISTANCES

LOSSES = (*ERRORS, *MARGINS, *CLASSES, *LIKELIHOODS, *DISTANCES)

REFUSED = {
    "cosinesimilarity": "cosine_loss is −t·y/‖y‖, negative_cosine is −cos (as in Keras),"
    " cosine_distance is 1 − cos (as in optax); PyTorch's function is +cos, which is no loss",
    "cosine": "cosine_loss is −t·y/‖y‖, negative_cosine is −cos, cosine_distance is 1 − cos",
    "kldiv": "kl_divergence takes probabilities, kl_divergence_log their logarithms (PyTorch)",
}
"""Names that frameworks give to different things, folded, and what to choose from."""
