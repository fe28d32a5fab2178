"""Steps of an optimiser against torch.optim, for a network and a function of two variables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcalc.algebra.optimisers import OPTIMISERS
from tests.problem.test_training import NETWORK, SURFACE, trained

torch = pytest.importorskip("torch")
F = torch.nn.functional
Parameters = dict[str, "torch.Tensor"]

START = {
    "W1": [[0.2, -0.4, 0.1], [0.7, 0.3, -0.5]],
    "b1": [0.1, -0.2],
    "W2": [[0.6, -0.9]],
    "b2": 0.05,
}


def network(p: Parameters) -> torch.Tensor:
    x = torch.tensor([[0.5, -1.2, 0.3], [1.1, 0.4, -0.7]], dtype=torch.float64)
    y = torch.tensor([[1.0], [-0.5]], dtype=torch.float64)
    return F.mse_loss(torch.tanh(x @ p["W1"].T + p["b1"]) @ p["W2"].T + p["b2"], y)


def surface(p: Parameters) -> torch.Tensor:
    return -(p["x"] ** 3) + 100 * (p["y"] ** 2 - p["x"]) ** 2


SGD, RMSPROP = torch.optim.SGD, torch.optim.RMSprop
ADAM, ADAMW, ADAGRAD = torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad
CASES = [
    ("", SGD, {}),
    ("weight_decay: 0.1", SGD, {"weight_decay": 0.1}),
    ("maximise: true", SGD, {"maximize": True}),
    ("momentum: 0.9", SGD, {"momentum": 0.9}),
    ("method: momentum", SGD, {"momentum": 0.9}),
    ("momentum: 0.9, dampening: 0.3", SGD, {"momentum": 0.9, "dampening": 0.3}),
    (
        "momentum: 0.8, dampening: 0.3, weight_decay: 0.2, maximise: true",
        SGD,
        {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.2, "maximize": True},
    ),
    ("method: nesterov", SGD, {"momentum": 0.9, "nesterov": True}),
    (
        "momentum: 0.7, nesterov: true, weight_decay: 0.1",
        SGD,
        {"momentum": 0.7, "nesterov": True, "weight_decay": 0.1},
    ),
    ("method: rmsprop", RMSPROP, {}),
    ("method: rmsprop, centered: true", RMSPROP, {"centered": True}),
    ("method: rmsprop, momentum: 0.9", RMSPROP, {"momentum": 0.9}),
    (
        "method: RMSprop, alpha: 0.9, eps: 1e-3, centered: true, momentum: 0.5,"
        " weight_decay: 0.1, maximise: true",
        RMSPROP,
        {
            "alpha": 0.9,
            "eps": 1e-3,
            "centered": True,
            "momentum": 0.5,
            "weight_decay": 0.1,
            "maximize": True,
        },
    ),
    ("method: adam", ADAM, {}),
    (
        "method: adam, betas: [0.8, 0.95], weight_decay: 0.1, eps: 0.01",
        ADAM,
        {"betas": (0.8, 0.95), "weight_decay": 0.1, "eps": 0.01},
    ),
    ("method: adam, amsgrad: true", ADAM, {"amsgrad": True}),
    ("method: adam, maximise: true", ADAM, {"maximize": True}),
    ("method: adamw", ADAMW, {}),
    (
        "method: adamw, weight_decay: 0.3, amsgrad: true, beta1: 0.5, maximise: true",
        ADAMW,
        {"weight_decay": 0.3, "amsgrad": True, "betas": (0.5, 0.999), "maximize": True},
    ),
    ("method: adagrad", ADAGRAD, {}),
    (
        "method: adagrad, lr_decay: 0.2, weight_decay: 0.1",
        ADAGRAD,
        {"lr_decay": 0.2, "weight_decay": 0.1},
    ),
]
MODELS = [
    pytest.param(NETWORK, network, START, id="network"),
    pytest.param(SURFACE, surface, {"x": 1.0, "y": 2.0}, id="surface"),
]
STEPS = 20


@pytest.mark.parametrize(("text", "model", "start"), MODELS)
@pytest.mark.parametrize(("settings", "optimiser", "options"), CASES, ids=[c[0] for c in CASES])
def test_every_step_equals_that_of_torch(
    text: str,
    model: Callable[[Parameters], torch.Tensor],
    start: dict[str, object],
    settings: str,
    optimiser: type,
    options: dict[str, object],
) -> None:
    # the surface is steep: only steps that are freed of the gradient's size can be large
    rate = 1e-6 if model is surface and optimiser is SGD else 0.05
    descent = f"descent: {{learning_rate: {rate}, steps: {STEPS}, {settings}}}\n"
    training = trained(text + descent.replace(", }", "}"))
    assert training.stopped is None
    assert len(training.updates) == STEPS
    parameters = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in start.items()
    }
    theirs = optimiser(parameters.values(), lr=rate, **options)
    for update in training.updates:
        theirs.zero_grad()
        loss = model(parameters)
        loss.backward()
        assert update.loss is not None
        close(update.loss, loss)
        for name, tensor in parameters.items():
            close(update.before[name], tensor)
            close(update.gradients[f"d{'L' if 'W1' in start else 'f'}/d{name}"], tensor.grad)
        theirs.step()
        for name, tensor in parameters.items():
            close(update.after[name], tensor)
    assert training.loss is not None
    close(training.loss, model(parameters))


def close(own: np.ndarray, theirs: torch.Tensor) -> None:
    np.testing.assert_allclose(own, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_the_defaults_are_those_of_torch() -> None:
    classes = {"sgd": SGD, "rmsprop": RMSPROP, "adam": ADAM, "adamw": ADAMW, "adagrad": ADAGRAD}
    keys = {"learning_rate": "lr", "maximise": "maximize"}
    assert set(classes) == {row.name for row in OPTIMISERS}
    for row in OPTIMISERS:
        defaults = classes[row.name]([torch.zeros(1)]).defaults
        own = {keys.get(key, key): float(value) for key, value in row.defaults}
        if "betas" in defaults:
            assert defaults["betas"] == (own.pop("beta1"), own.pop("beta2"))
        own.pop("decoupled")
        for key, value in own.items():
            assert float(defaults[key]) == value, (row.name, key)
