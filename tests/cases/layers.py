"""What the problems with layers come to: by hand where the numbers are small, else in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def arrays(*values):
    return tuple(np.array(value, dtype=float) for value in values)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def normalised(x, g, b, t, axis):
    """Return the closed form of a normalisation with eps = ½ and of its gradients."""
    x, g, b, t = arrays(x, g, b, t)
    d = x - x.mean(axis=axis, keepdims=True)
    s = np.sqrt((d**2).mean(axis=axis, keepdims=True) + 0.5)
    n = d / s
    error = g * n + b - t
    dn = g * error
    mean = dn.mean(axis=axis, keepdims=True) + n * (dn * n).mean(axis=axis, keepdims=True)
    batch = x.ndim == 2
    return {
        "n": n,
        "y": error + t,
        "dL/dx": (dn - mean) / s,
        "dL/dg": (error * n).sum(axis=0) if batch else error * n,
        "dL/db": error.sum(axis=0) if batch else error,
    }


def concatenation():
    x, W = arrays([1, 2], [[1, 0, 0.5, -1, 0.2], [0, 1, 1, 0.5, -0.1]])
    c, error = arrays([0, 4.5, 0.5, -1, 3], [0.85, 4.2])
    dc = W.T @ error
    return {
        "c": c,
        "dL/dz": error,
        "dL/dW": np.outer(error, c),
        "dL/dA": np.outer([0, dc[1]], x),
        "dL/du": dc[2:],
    }


def embedding():
    w, error = np.array([0.2, -0.4]), sigmoid(0.3) - 1
    rows = [error * w / 3, 0 * w, 2 * error * w / 3, 0 * w]
    return {"m": [1.5, 0], "z": 0.3, "dL/dw": error * np.array([1.5, 0]), "dL/dE": rows}


def recurrent():
    x, U, W = arrays(
        [[1, 0], [0.5, -1], [0, 1]], [[0.5, -0.3], [0.2, 0.8]], [[0.6, 0.1], [-0.4, 0.7]]
    )
    h = [np.zeros(2)]
    for row in x:
        h.append(np.tanh(U @ row + W @ h[-1] + [0.1, 0]))
    back, dU, dW, db = h[3] - [0.5, -0.5], 0, 0, 0
    for t in (3, 2, 1):
        delta = back * (1 - h[t] ** 2)
        dU, dW, db = dU + np.outer(delta, x[t - 1]), dW + np.outer(delta, h[t - 1]), db + delta
        back = W.T @ delta
    return {"h3": h[3], "dL/dU": dU, "dL/dW": dW, "dL/db": db}


def lstm():
    x, c, h, kept = (1, -0.5), 0.5, 0.0, []
    w = {"i": (0.5, 0.4, 0), "f": (-0.3, 0.2, 1), "o": (0.8, -0.5, 0.1), "g": (0.9, 0.3, -0.2)}
    for value in x:
        z = {k: a * value + u * h + b for k, (a, u, b) in w.items()}
        gate = {k: np.tanh(v) if k == "g" else sigmoid(v) for k, v in z.items()}
        before = (c, h)
        c = gate["f"] * c + gate["i"] * gate["g"]
        h = gate["o"] * np.tanh(c)
        kept.append((value, *before, gate, c))
    found = {f"dL/d{letter}{k}": 0.0 for k in w for letter in "wub"}
    dh, dc = h - 0.6, 0.0
    for value, c0, h0, gate, c1 in reversed(kept):
        dc += dh * gate["o"] * (1 - np.tanh(c1) ** 2)
        up = {"i": dc * gate["g"], "f": dc * c0, "o": dh * np.tanh(c1), "g": dc * gate["i"]}
        slope = {k: 1 - v**2 if k == "g" else v * (1 - v) for k, v in gate.items()}
        delta = {k: up[k] * slope[k] for k in w}
        for k, each in delta.items():
            found[f"dL/dw{k}"] += each * value
            found[f"dL/du{k}"] += each * h0
            found[f"dL/db{k}"] += each
        dh, dc = sum(delta[k] * w[k][1] for k in w), dc * gate["f"]
    return {"h2": h, **found}


def gru():
    x, h = arrays([[1, 0.5], [-1, 2]], [0.2, -0.4])
    W = dict(zip("run", arrays([[0.5, -0.2], [0.1, 0.3]], [[0.2, 0.6], [-0.5, 0.1]],
                               [[1, 0.3], [0.2, -0.8]]), strict=True))  # fmt: skip
    U = dict(zip("run", arrays([[0.4, 0], [-0.3, 0.2]], [[0.1, -0.1], [0.3, 0.5]],
                               [[0.6, 0.2], [-0.4, 0.7]]), strict=True))  # fmt: skip
    kept = []
    for row in x:
        r, u = (sigmoid(W[k] @ row + U[k] @ h) for k in "ru")
        n = np.tanh(W["n"] @ row + r * (U["n"] @ h))
        kept.append((row, h, r, u, n))
        h = (1 - u) * n + u * h
    found = {f"dL/d{letter}{k}": np.zeros((2, 2)) for k in "run" for letter in "WU"}
    dh = h - [0.5, 0]
    for row, h0, r, u, n in reversed(kept):
        dn = dh * (1 - u) * (1 - n**2)
        du = dh * (h0 - n) * u * (1 - u)
        dr = dn * (U["n"] @ h0) * r * (1 - r)
        for k, delta in (("r", dr), ("u", du), ("n", dn)):
            found[f"dL/dW{k}"] += np.outer(delta, row)
            found[f"dL/dU{k}"] += np.outer(delta * r if k == "n" else delta, h0)
        dh = dh * u + U["r"].T @ dr + U["u"].T @ du + U["n"].T @ (dn * r)
    return {"h2": h, **found}


def attention():
    Q, K, V = arrays([[1, 0], [0, 1], [1, 1]], [[1, 1], [0, 1], [-1, 0]], [[1, 2], [0, 1], [3, -1]])
    e = np.exp(Q @ K.T / np.sqrt(2))
    a = e / e.sum(axis=1, keepdims=True)
    error = a @ V - [[1, 1], [1, 0], [1, 2]]
    da = error @ V.T
    ds = a * (da - (da * a).sum(axis=1, keepdims=True)) / np.sqrt(2)
    return {"A": a, "dL/dV": a.T @ error, "dL/dQ": ds @ K, "dL/dK": ds.T @ Q}


LAYERS: dict[str, Callable[[], dict]] = {
    "convolution-1d": lambda: {
        "z": [0, 3, 0],
        "L": 5.5,
        "dL/dk": [-3, 7, -8],
        "dL/dx": [-2, 5, 2, -4, 1],
    },
    "convolution-2d": lambda: {
        "z": [[0.5, 0.5], [-1.5, 4.5]],
        "dL/dK": [[10.5, 3.5], [3.5, 0.5]],
        "dL/db": 3.5,
        "dL/dx": [[0, -0.5, 0], [0, 3.5, 7], [0, -3.5, 0]],
    },
    "max-pooling": lambda: {
        "f": [4, 5, 2, 7],
        "dL/dx": [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]],
    },
    "mean-pooling": lambda: {
        "f": [2, 1, 1, 2],
        "yhat": 3,
        "dL/dw": [4, 2, 2, 4],
        "dL/db": 2,
        "dL/dx": np.kron([[0.25, -0.5], [1, 0.125]], np.ones((2, 2))),
    },
    "dropout": lambda: {
        "d": [0, 0, 4, 0],
        "dL/dw": [0, 0, 4, 0],
        "dL/dW": np.outer([0, 0, 2 / 3, 0], [1, -1, 2]),
    },
    "layer-norm": lambda: normalised(
        [1, 2, 4, 5], [1, 2, 0.5, 1], [0, 0.5, 0, -0.5], [0, 0, 1, 1], -1
    ),
    "batch-norm": lambda: normalised(
        [[1, 2], [3, 2], [5, 8]], [1, 2], [0.5, 0], [[0, 0], [0, 1], [1, 1]], 0
    ),
    "concatenation": concatenation,
    "embedding": embedding,
    "recurrent-network": recurrent,
    "lstm-cell": lstm,
    "gru-cell": gru,
    "self-attention": attention,
}
