"""Every operation of the table, on all its samples, against PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from tests.algebra.samples import Sample, samples
from tests.algebra.test_table import gradients, weights
from tests.engine.test_torch import LOSSES, TORCH, Tensor, axis, entries, scalar, torch
from tests.proof.arithmetic import numbers as parameters
from tests.proof.arithmetic import shape_of

F = torch.nn.functional
FURTHER: dict[str, Callable[..., Tensor]] = {
    "lt": lambda _, a, b: (a < b).double(),
    "le": lambda _, a, b: (a <= b).double(),
    "gt": lambda _, a, b: (a > b).double(),
    "ge": lambda _, a, b: (a >= b).double(),
    "eq": lambda _, a, b: (a == b).double(),
    "exp": lambda _, x: x.exp(),
    "log": lambda _, x: x.log(),
    "sign": lambda _, x: x.sign(),
    "heaviside": lambda _, x: torch.heaviside(x.detach(), torch.tensor(0.5, dtype=x.dtype)),
    "min": lambda _, a, b: torch.minimum(a, b),
    "where": lambda _, c, a, b: torch.where(c != 0, a, b),
    "xlogy": lambda _, a, b: torch.special.xlogy(a, b),
    "xdivy": lambda _, a, b: a / b,
    "identity": lambda _, x: x,
    "transpose": lambda _, x: x.t(),
    "sum": lambda e, x: reduced(torch.sum, e, x),
    "mean": lambda e, x: reduced(torch.mean, e, x),
    "norm": lambda e, x: reduced(torch.linalg.vector_norm, e, x),
    "conv1d": lambda e, x, k: F.conv1d(x[None, None], k[None, None], **steps(e))[0, 0],
    "conv2d": lambda e, x, k: F.conv2d(x[None, None], k[None, None], **steps(e))[0, 0],
    "max_pool": lambda e, x: (F.max_pool2d if x.dim() == 2 else F.max_pool1d)(
        x[None, None], whole(e, "size", 2), whole(e, "stride", whole(e, "size", 2))
    )[0, 0],
    "mean_pool": lambda e, x: (F.avg_pool2d if x.dim() == 2 else F.avg_pool1d)(
        x[None, None], whole(e, "size", 2), whole(e, "stride", whole(e, "size", 2))
    )[0, 0],
    "layer_norm": lambda e, x: F.layer_norm(x, x.shape[-1:], eps=scalar(e, "eps", 1e-5)),
    "batch_norm": lambda e, x: F.batch_norm(
        torch.cat([x, x]), None, None, training=True, eps=scalar(e, "eps", 1e-5)
    )[: x.shape[0]],  # PyTorch refuses a batch of one; twice the batch has its mean and variance
    "embed": lambda e, table, c: F.embedding(
        c.detach().long() - 1, table.reshape(len(table), -1)
    ).reshape((*c.shape, *table.shape[1:])),
    "one_hot": lambda e, c: F.one_hot(c.detach().long() - 1, whole(e, "of", 1)).double(),
    "flatten": lambda e, x: x.flatten(),
    "reshape": lambda e, x: x.reshape(
        [whole(e, name, 0) for name in ("rows", "columns") if e.attr(name)]
    ),
    "concat": lambda e, *x: torch.cat(x, dim=whole(e, "axis", 0)),
    "stack": lambda e, *x: torch.stack(x),
    "flip": lambda e, x: x.flip(tuple(range(x.dim()))),
    "pick": lambda e, x: x.select(whole(e, "axis", 0), whole(e, "index", 1) - 1),
    "part": lambda e, x: x.narrow(
        whole(e, "axis", 0),
        whole(e, "first", 1) - 1,
        whole(e, "last", 1) - whole(e, "first", 1) + 1,
    ),
    "expand": lambda e, x: x.unsqueeze(axis(e)["dim"]),
    "fill": lambda e, x: x.broadcast_to(shape_of({k: v.value for k, v in parameters(e).items()})),
}


def whole(expr: Apply, name: str, default: int) -> int:
    return int(scalar(expr, name, default))


def steps(expr: Apply) -> dict[str, object]:
    """Return padding and stride as PyTorch takes them."""
    rows = whole(expr, "padding", 0)
    columns = whole(expr, "padding_columns", rows)
    padding = rows if expr.op == "conv1d" else (rows, columns)
    return {"padding": padding, "stride": whole(expr, "stride", 1)}


def reduced(function: Callable[..., Tensor], expr: Apply, x: Tensor) -> Tensor:
    """Return a sum or a mean; without an axis that of all, every axis kept if asked."""
    keep = "keepdims" in dict(expr.attrs)
    every = tuple(range(x.dim()))
    return function(x, **{"dim": every, "keepdim": keep, **axis(expr)})


def model(expr: Apply, *operands: Tensor) -> Tensor:
    """Return the value of one operation, computed by PyTorch alone."""
    if TABLE[expr.op].kind != "loss":
        return (FURTHER.get(expr.op) or TORCH[expr.op])(expr, *operands)
    y, t = (operand.reshape(operands[0].shape) for operand in operands)
    how = expr.attr("reduction")
    used = how.name if isinstance(how, Symbol) else LOSSES[expr.op]
    if expr.op in ("cross_entropy", "softmax_cross_entropy") and used == "mean":
        used = "batchmean"
    rows = y.shape[0] if y.dim() == 2 else 1
    if used == "none":
        own = entries(expr.op, y, t) if expr.op != "huber" else _huber(expr, y, t)
        by_sample = expr.op in ("cross_entropy", "softmax_cross_entropy") and y.dim()
        return own.sum(-1) if by_sample else own
    divisor = {"sum": 1, "mean": y.numel(), "batchmean": rows}[used]
    if expr.op == "huber":
        return _huber(expr, y, t).sum() / divisor
    return entries(expr.op, y, t).sum() / divisor


def _huber(expr: Apply, y: Tensor, t: Tensor) -> Tensor:
    return F.huber_loss(y, t, reduction="none", delta=scalar(expr, "delta", 1.0))


def expected(sample: Sample) -> dict[str, np.ndarray]:
    leaves = {n: torch.tensor(v, requires_grad=True) for n, v in sample.values.items()}
    value = model(sample.expr, *leaves.values())
    np.testing.assert_allclose(
        sample.value, value.detach().numpy(), rtol=1e-13, atol=1e-14, err_msg=str(sample)
    )
    total = (torch.tensor(weights(sample)) * value).sum()
    if total.requires_grad:
        total.backward()
    return {
        name: np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()
        for name, leaf in leaves.items()
    }


HERE = {*FURTHER, *TORCH, *LOSSES}
ELSEWHERE = {"arctan", "erf", "normal_cdf", "normal_pdf", "lncosh", "amax"}
ELSEWHERE |= {"first_half", "second_half", "join"}
ELSEWHERE |= {"spread", "unpool", "max_mask", "place"}  # of the backward pass, in test_layers.py


def test_every_other_row_stands_beside_pytorch_elsewhere() -> None:
    missing = {row.name for row in TABLE if row.name not in HERE and row.name != "array"}
    catalogue = {row.name for row in TABLE if row.kind in ("activation", "loss")}
    assert missing - catalogue == ELSEWHERE  # tests/algebra/test_torch.py has all of these


@pytest.mark.parametrize("row", [r for r in TABLE if r.name in HERE], ids=lambda row: row.name)
def test_operation(row: Operation) -> None:
    for sample in samples(row):
        slopes = expected(sample)
        for name, gradient in gradients(sample, weights(sample)).items():
            np.testing.assert_allclose(
                gradient, slopes[name], rtol=1e-12, atol=1e-13, err_msg=f"{sample} by {name}"
            )
