"""Names as people type them and as gradcalc keeps them: of quantities, and of operations.

`∂L/∂W⁽¹⁾`, `dL/dW1` and `dW1` are one name; so are `ŷ` and `yhat`.

Names are folded: case, dashes, underscores and blanks do not count. A name with a
framework in front (`keras.LeakyReLU`, `torch.nn.L1Loss`, `optax.l2_loss`) brings the
defaults of that framework; an alias of a row may name one itself.
"""

from __future__ import annotations

import re
import unicodedata

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_DIGITS = str.maketrans(SUPERSCRIPTS + SUBSCRIPTS, "0123456789" * 2, "⁽⁾₍₎")
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}
GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "lam": "λ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "phi": "φ",
    "omega": "ω",
    "rho": "ρ",
    "tau": "τ",
    "xi": "ξ",
}
"""Words that are printed as a letter."""
_SPELLED = GREEK | {
    **{"zeta": "ζ", "iota": "ι", "kappa": "κ", "nu": "ν", "pi": "π", "upsilon": "υ", "chi": "χ"},
    **{"psi": "ψ", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π"},
    **{"Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω"},
}
_VARIANTS = str.maketrans("ϵϕϑϱςµ", "εφθρσμ")
_WORD = re.compile(r"[^\W\d_]+")

LETTER = rf"(?:(?![{SUPERSCRIPTS}{SUBSCRIPTS}ᵀ])\w|[\u0300-\u036f])"
IDENTIFIER = rf"(?!\d){LETTER}+(?:[{SUBSCRIPTS}]+|⁽[{SUPERSCRIPTS}]+⁾[{SUBSCRIPTS}]*)?"
GRADIENT = rf"[d∂]{IDENTIFIER}/[d∂]{IDENTIFIER}"

_GRADIENT = re.compile(rf"[d∂](?P<of>{IDENTIFIER})/[d∂](?P<by>{IDENTIFIER})\Z")
_NAME = re.compile(rf"{IDENTIFIER}\Z")

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


def canonical(name: str) -> str:
    """Return the name as gradcalc keeps it: plain letters and digits, `d` for `∂`."""
    gradient = _GRADIENT.match(name)
    if gradient:
        return gradient_name(_plain(gradient["of"]), _plain(gradient["by"]))
    return _plain(name)


def _plain(name: str) -> str:
    if name.isascii():
        return name
    letters = unicodedata.normalize("NFD", name.translate(_DIGITS))
    if len(letters) == 2 and letters[1] in _ACCENTS:
        return letters[0] + _ACCENTS[letters[1]]
    if len(letters) > 2 and letters[1] in _ACCENTS and letters[2:].isdigit():
        return letters[0] + _ACCENTS[letters[1]] + letters[2:]
    return unicodedata.normalize("NFC", letters)


def is_name(text: str) -> bool:
    """Tell whether `text` can name a quantity."""
    return bool(_NAME.match(text))


def gradient_name(of: str, by: str) -> str:
    """Return the name of the derivative of `of` by `by`: `dL/dW1`."""
    return f"d{of}/d{by}"


def gradient_parts(name: str) -> tuple[str, str] | None:
    """Return (`of`, `by`) of a derivative's name, or None for any other name."""
    match = _GRADIENT.match(name)
    return (match["of"], match["by"]) if match else None


def alike(name: str) -> str:
    """Return what a canonical name has in common with all that mean the same letters.

    >>> alike("alpha1") == alike("α1"), alike("lam") == alike("λ") == alike("lambda")
    (True, True)
    """
    letters = name.translate(_VARIANTS)
    return _WORD.sub(lambda word: _SPELLED.get(word[0], word[0]), letters)


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
