"""Every shipped problem with numbers against PyTorch: the forward pass alone is written here.

The numbers are read from the files with PyYAML, so that neither gradcalc's reader nor its
derivatives take part in what is expected.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import yaml

import gradcalc

torch = pytest.importorskip("torch")
F = torch.nn.functional

PROBLEMS = Path(__file__).parents[2] / "problems"
Forward = Callable[[dict], dict]
MODELS: dict[str, Forward] = {}


def identity(z):
    return z


def dense(loss: Callable, *activations: Callable, by_inputs: bool = False) -> Forward:
    """Return the forward pass of a dense network, one sample or one sample a row."""

    def forward(d: dict) -> dict:
        found, a = {}, d["x"]
        for i, activation in enumerate(activations, start=1):
            weight = d[f"W{i}"].T if by_inputs else d[f"W{i}"]
            z = F.linear(a, weight) + d.get(f"b{i}", 0)
            a = activation(z)
            found[f"z{i}"] = z
            found["yhat" if i == len(activations) else f"a{i}"] = a
        target = (d["t"] if "t" in d else d["y"]).expand_as(a)
        return {**found, "L": loss(a, target)}

    return forward


def squares(prediction, target):
    return F.mse_loss(prediction, target, reduction="sum")


def half_squares(prediction, target):
    return squares(prediction, target) / 2


def classes(prediction, target):
    return -(target * prediction.log()).sum(dim=-1).mean()


def huber(prediction, target):
    return F.huber_loss(prediction, target, reduction="sum", delta=0.5)


def margins(prediction, target):
    return torch.clamp(1 - target * prediction, min=0).sum()


def five_relu(z):
    return 5 * torch.relu(z)


def softmax(z):
    return torch.softmax(z, dim=-1)


def leaky(z):
    return F.leaky_relu(z, 0.1)


relu, tanh, sigmoid = torch.relu, torch.tanh, torch.sigmoid
MODELS |= {
    "relu-network-given-values": dense(half_squares, relu, relu, identity),
    "hand-calculation": dense(half_squares, sigmoid, sigmoid, by_inputs=True),
    "scaled-relu-regression": dense(squares, five_relu, identity),
    "scaled-relu-regression-batch": dense(squares, five_relu, identity),
    "tanh-sigmoid-regression": dense(squares, tanh, sigmoid),
    "tanh-sigmoid-regression-batch": dense(squares, tanh, sigmoid),
    "tanh-sigmoid-cross-entropy": dense(F.binary_cross_entropy, tanh, sigmoid),
    "tanh-sigmoid-cross-entropy-batch": dense(F.binary_cross_entropy, tanh, sigmoid),
    "individual-neuron": dense(half_squares, sigmoid),
    "tanh-network": dense(half_squares, tanh, identity),
    "leaky-relu-network": dense(half_squares, leaky, identity),
    "own-activation": dense(half_squares, F.silu, identity),
    "relu-at-zero": dense(half_squares, relu, identity),
    "dead-unit": dense(half_squares, relu, identity),
    "vanishing-gradient": dense(half_squares, sigmoid, sigmoid, sigmoid, sigmoid),
    "xor-network": dense(squares, relu, identity),
    "layer-without-bias": dense(half_squares, relu, identity),
    "shared-bias": dense(half_squares, relu),
    "batch-sum": dense(squares, identity),
    "batch-mean": dense(F.mse_loss, identity),
    "softmax-cross-entropy": dense(classes, softmax),
    "softmax-cross-entropy-logits": dense(F.cross_entropy, identity),
    "softmax-batch": dense(classes, softmax),
    "adam-steps": dense(F.binary_cross_entropy, sigmoid),
    "weight-decay-step": dense(squares, five_relu, identity),
    "logistic-unit": dense(F.binary_cross_entropy, sigmoid),
    "logistic-unit-logits": dense(F.binary_cross_entropy_with_logits, identity),
    "huber-within": dense(huber, identity),
    "huber-beyond": dense(huber, identity),
    "hinge-loss": dense(margins, identity),
}


def model(name: str) -> Callable[[Forward], Forward]:
    def keep(forward: Forward) -> Forward:
        MODELS[name] = forward
        return forward

    return keep


@model("relu-squared-loss")
@model("relu-squared-loss-sharper")
def relu_squared_loss(d):
    y = relu(d["z"])
    return {"y": y, "L": squares(y, d["t"])}


@model("momentum-steps")
def momentum_steps(d):
    y = d["w"] * d["x"] + d["b"]
    return {"y": y, "L": half_squares(y, d["t"])}


@model("polynomial-descent")
@model("polynomial-partials")
def polynomial_partials(d):
    return {"f": -(d["x"] ** 3) + 100 * (d["y"] ** 2 - d["x"]) ** 2}


@model("scalar-circuit")
def scalar_circuit(d):
    q = d["x"] + d["y"]
    return {"q": q, "f": q * d["z"]}


@model("two-paths")
def two_paths(d):
    c, e = d["a"] + d["b"], d["b"] + 1
    return {"c": c, "d": e, "e": c * e}


@model("logistic-neuron")
def logistic_neuron(d):
    z = d["w"] @ d["x"] + d["b"]
    return {"z": z, "f": sigmoid(z)}


@model("vector-length")
def vector_length(d):
    return {"r": torch.linalg.vector_norm(d["x"])}


@model("cosine-similarity")
def cosine_similarity(d):
    return {"L": -F.cosine_similarity(d["s"], d["t"], dim=0)}


@model("l1-loss")
def l1_loss(d):
    return {"L": F.l1_loss(d["s"], d["t"], reduction="sum")}


@model("skip-connection")
def skip_connection(d):
    z1 = d["W1"] @ d["x"] + d["b1"]
    a1 = relu(z1)
    z2 = d["W2"] @ a1 + d["b2"]
    yhat = z2 + d["x"]
    return {"z1": z1, "a1": a1, "z2": z2, "yhat": yhat, "L": half_squares(yhat, d["y"])}


@model("recurrent-cell")
def recurrent_cell(d):
    h1 = tanh(d["w"] * d["h0"] + d["u"] * d["x1"] + d["b"])
    h2 = tanh(d["w"] * h1 + d["u"] * d["x2"] + d["b"])
    return {"h1": h1, "h2": h2, "L": half_squares(h2, d["y"])}


@model("weight-decay")
def weight_decay(d):
    found = dense(half_squares, relu, identity)(d)
    error, a2 = found.pop("L"), found.pop("yhat")
    penalty = d["lam"] / 2 * ((d["W1"] ** 2).sum() + (d["W2"] ** 2).sum())
    return {**found, "a2": a2, "E": error, "L": error + penalty}


@model("attention-head")
def attention_head(d):
    s = d["K"] @ d["q"] / sqrt(2)
    a = softmax(s)
    o = a @ d["V"]
    return {"s": s, "a": a, "o": o, "L": half_squares(o, d["t"])}


@model("convolution-1d")
def convolution_1d(d):
    z = F.conv1d(d["x"][None, None], d["k"][None, None])[0, 0]
    return {"z": z, "L": half_squares(z, d["t"])}


@model("convolution-2d")
def convolution_2d(d):
    z = F.conv2d(d["x"][None, None], d["K"][None, None], padding=1, stride=2)[0, 0] + d["b"]
    a = relu(z)
    f = a.flatten()
    return {"z": z, "a": a, "f": f, "L": half_squares(f, d["t"])}


@model("max-pooling")
def max_pooling(d):
    p = F.max_pool2d(d["x"][None, None], 2)[0, 0]
    f = p.flatten()
    return {"p": p, "f": f, "L": half_squares(f, d["t"])}


@model("mean-pooling")
def mean_pooling(d):
    p = F.avg_pool2d(d["x"][None, None], 2)[0, 0]
    f = p.flatten()
    yhat = F.linear(f, d["w"][None], d["b"][None])[0]
    return {"p": p, "f": f, "yhat": yhat, "L": half_squares(yhat, d["y"])}


@model("concatenation")
def concatenation(d):
    a = relu(d["A"] @ d["x"])
    c = torch.cat([a, d["u"]])
    z = d["W"] @ c
    return {"a": a, "c": c, "z": z, "L": half_squares(z, d["y"])}


@model("embedding")
def embedding(d):
    e = F.embedding(d["c"].detach().long() - 1, d["E"])
    m = e.mean(dim=0)
    z = d["w"] @ m
    return {"e": e, "m": m, "z": z, "L": F.binary_cross_entropy_with_logits(z, d["y"])}


@model("layer-norm")
def layer_norm(d):
    y = F.layer_norm(d["x"], (4,), d["g"], d["b"], eps=0.5)
    return {"y": y, "L": half_squares(y, d["t"])}


@model("batch-norm")
def batch_norm(d):
    y = F.batch_norm(d["x"], None, None, d["g"], d["b"], training=True, eps=0.5)
    return {"y": y, "L": half_squares(y, d["t"])}


@model("dropout")
def dropout(d):
    a = relu(d["W"] @ d["x"])
    dropped = a * torch.tensor([1.0, 0, 1, 1]) / 0.75
    yhat = d["w"] @ dropped
    return {"a": a, "d": dropped, "yhat": yhat, "L": half_squares(yhat, d["y"])}


@model("self-attention")
def self_attention(d):
    query, key, value = (d[name][None] for name in "QKV")
    out = F.scaled_dot_product_attention(query, key, value)[0]
    return {"O": out, "L": half_squares(out, d["t"])}


@model("recurrent-network")
def recurrent_network(d):
    h, found = d["h0"], {}
    for t in range(3):
        h = torch._VF.rnn_tanh_cell(
            d["x"][t][None], h[None], d["U"], d["W"], d["b"], torch.zeros(2, dtype=h.dtype)
        )[0]
        found[f"h{t + 1}"] = h
    return {**found, "L": half_squares(h, d["y"])}


@model("lstm-cell")
def lstm_cell(d):
    """PyTorch's gates stand in the order i, f, g, o."""
    kinds = "ifgo"
    w, u, b = (torch.stack([d[f"{letter}{k}"] for k in kinds])[:, None] for letter in "wub")
    h, c, found = d["h0"][None, None], d["c0"][None, None], {}
    for t in range(2):
        h, c = torch._VF.lstm_cell(d["x"][t][None, None], (h, c), w, u, b[:, 0], 0 * b[:, 0])
        found[f"h{t + 1}"] = h[0, 0]
        h = found[f"h{t + 1}"][None, None]
    return {**found, "L": half_squares(found["h2"], d["y"])}


@model("gru-cell")
def gru_cell(d):
    """PyTorch's gates stand in the order r, z, n; its z is u here."""
    w, u = (torch.cat([d[f"{letter}{k}"] for k in "run"]) for letter in "WU")
    h, found = d["h0"], {}
    for t in range(2):
        none = torch.zeros(6, dtype=h.dtype)
        h = torch._VF.gru_cell(d["x"][t][None], h[None], w, u, none, none)[0]
        found[f"h{t + 1}"] = h
    return {**found, "L": half_squares(h, d["y"])}


# Rounding and an upstream gradient have no counterpart in PyTorch; given values are recomputed.
OTHERWISE = {"hand-calculation-rounded", "relu-backward", "activation-derivatives"}


def read(name: str) -> dict:
    raw = yaml.safe_load((PROBLEMS / f"{name}.yaml").read_text(encoding="utf-8"))
    found = {}
    for section in ("inputs", "targets", "weights", "constants"):
        for key, value in raw.get(section, {}).items():
            found[key] = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    return found


def test_every_problem_with_numbers_has_a_model():
    names = {path.stem for path in PROBLEMS.glob("*.yaml") if not path.stem.endswith("-letters")}
    assert names == set(MODELS) | OTHERWISE


@pytest.mark.parametrize("name", sorted(MODELS))
def test_all_values_and_gradients_equal_those_of_pytorch(name):
    problem = gradcalc.load(PROBLEMS / f"{name}.yaml")
    values = gradcalc.solve(problem, given="recompute").values
    data = read(name)
    found = MODELS[name](data)
    for value in found.values():
        value.retain_grad()
    found[problem.loss].backward()
    expected = {key: value.detach() for key, value in found.items()}
    for key, value in (data | found).items():
        if value.grad is not None:
            expected[f"d{problem.loss}/d{key}"] = value.grad
    compared = [key for key in expected if key in values]
    assert set(found) <= set(compared)
    assert {reference.name for reference in problem.find} <= set(compared)
    for key in compared:
        theirs = expected[key].numpy()
        assert values[key].shape == theirs.shape, key
        np.testing.assert_allclose(values[key], theirs, rtol=1e-12, atol=1e-13, err_msg=key)
