"""How names of operations are compared, and what a framework in front of one means.

Names are folded: case, dashes, underscores and blanks do not count. A name with a
framework in front (`keras.LeakyReLU`, `torch.nn.L1Loss`, `optax.l2_loss`) brings the
defaults of that framework; an alias of a row may name one itself.
"""

from __future__ import annotations

FRAMEWORKS = {
    "torch": "torch",
    "nn": "torch",
    "functional": "torch",
    "f": "torch",
    "keras": "keras",
    "tf": "keras",
    "tensorflow": "keras",
    "keras2": "keras2",
    "optax": "optax",
    "jax": "jax",
    "flax": "jax",
    "onnx": "onnx",
}
REDUCED = {"torch": "mean", "keras": "mean", "keras2": "mean", "onnx": "mean", "optax": "none"}
"""How a framework makes one number of a loss where nothing is said."""


def fold(name: str) -> str:
    """Return a name without case, dashes, underscores and blanks."""
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def framework_of(name: str) -> tuple[str, str]:
    """Return the framework of a dotted name, empty where none is known, and the last part.

    >>> framework_of("torch.nn.L1Loss")
    ('torch', 'L1Loss')
    """
    *before, last = name.split(".")
    known = [FRAMEWORKS[fold(part)] for part in before if fold(part) in FRAMEWORKS]
    return (known[0] if known else ""), last
