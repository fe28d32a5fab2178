"""Functions of a script for the rows of layers: convolution, pooling, parts put back."""

from __future__ import annotations

_WINDOWS = "np.lib.stride_tricks.sliding_window_view"
_POOLED = f"""\
def _(x, size=2, stride=None):
    step = stride or size
    windows = {_WINDOWS}(x, (size,) * x.ndim)
    windows = windows[(slice(None, None, step),) * x.ndim]
    return np.{{}}(windows, axis=tuple(range(-x.ndim, 0)))"""

NUMPY_ROWS = {
    "conv1d": f"""\
def _(x, k, padding=0, stride=1):
    x = x[max(-padding, 0) : min(padding, 0) or None]  # below 0, padding cuts off
    x = np.pad(x, max(padding, 0))
    windows = {_WINDOWS}(x, k.shape)
    return windows[::stride] @ k""",
    "conv2d": f"""\
def _(x, k, padding=0, padding_columns=None, stride=1):
    sides = (padding, padding if padding_columns is None else padding_columns)
    x = x[tuple(slice(max(-p, 0), min(p, 0) or None) for p in sides)]  # p < 0 cuts off
    x = np.pad(x, [(max(p, 0),) * 2 for p in sides])
    windows = {_WINDOWS}(x, k.shape)
    return np.einsum("opij,ij->op", windows[::stride, ::stride], k)""",
    "spread": """\
def _(x, stride=1, rows=None, columns=None):
    if stride == 1:
        return x
    found = np.zeros((rows, columns)[: x.ndim])
    found[(slice(None, None, stride),) * x.ndim] = x
    return found""",
    "max_pool": _POOLED.format("max"),
    "mean_pool": _POOLED.format("mean"),
    "max_mask": """\
def _(x, size=2, stride=None):
    step = stride or size
    found = np.zeros(x.shape)
    for at in np.ndindex(*((n - size) // step + 1 for n in x.shape)):
        window = tuple(slice(i * step, i * step + size) for i in at)
        found[window].flat[np.argmax(x[window])] = 1  # the first of equal ones
    return found""",
    "unpool": """\
def _(v, x, size=2, stride=None):
    step = stride or size
    found = np.zeros(x.shape)
    for at in np.ndindex(v.shape):
        found[tuple(slice(i * step, i * step + size) for i in at)] = v[at]
    return found""",
    "layer_norm": """\
def _(x, eps=1e-05):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + eps)""",
    "batch_norm": """\
def _(x, eps=1e-05):
    centred = x - np.mean(x, axis=0, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=0, keepdims=True) + eps)""",
    "place": """\
def _(x, first=1, of=1, axis=0):
    sides = [(0, 0)] * x.ndim
    sides[axis] = (first - 1, of - first + 1 - x.shape[axis])
    return np.pad(x, sides)""",
    "embed": """\
def _(table, c):
    return table[np.asarray(c).astype(int) - 1]  # rows count from 1""",
    "one_hot": """\
def _(c, of):
    return np.equal.outer(c, np.arange(1, of + 1)).astype(float)""",
}

_POOL = """\
def _(x, size=2, stride=None):
    pool = F.{0}_pool1d if x.ndim == 1 else F.{0}_pool2d
    return pool(x[None, None], size, stride)[0, 0]"""

TORCH_ROWS = {
    "conv1d": """\
def _(x, k, padding=0, stride=1):
    x = F.pad(x, (padding, padding))
    return F.conv1d(x[None, None], k[None, None], stride=stride)[0, 0]""",
    "conv2d": """\
def _(x, k, padding=0, padding_columns=None, stride=1):
    wide = padding if padding_columns is None else padding_columns
    x = F.pad(x, (wide, wide, padding, padding))
    return F.conv2d(x[None, None], k[None, None], stride=stride)[0, 0]""",
    "spread": """\
def _(x, stride=1, rows=None, columns=None):
    if stride == 1:
        return x
    found = torch.zeros((rows, columns)[: x.ndim])
    found[(slice(None, None, stride),) * x.ndim] = x
    return found""",
    "max_pool": _POOL.format("max"),
    "mean_pool": _POOL.format("avg"),
    "max_mask": """\
def _(x, size=2, stride=None):
    pool = F.max_pool1d if x.ndim == 1 else F.max_pool2d
    at = pool(x[None, None], size, stride, return_indices=True)[1]
    found = torch.zeros(x.numel())
    found[at.flatten()] = 1
    return found.reshape(x.shape)""",
    "unpool": """\
def _(v, x, size=2, stride=None):
    wide = F.conv_transpose1d if x.ndim == 1 else F.conv_transpose2d
    window = torch.ones((1, 1) + (size,) * x.ndim)
    found = wide(v[None, None], window, stride=stride or size)[0, 0]
    rest = [n - m for n, m in zip(x.shape, found.shape)]
    return F.pad(found, [side for n in rest[::-1] for side in (0, n)])""",
    "layer_norm": """\
def _(x, eps=1e-05):
    return F.layer_norm(x, x.shape[-1:], eps=eps)""",
    "batch_norm": """\
def _(x, eps=1e-05):
    centred = x - torch.mean(x, dim=0, keepdim=True)
    return centred / torch.sqrt(torch.mean(centred**2, dim=0, keepdim=True) + eps)""",
    "place": """\
def _(x, first=1, of=1, axis=0):
    sizes = list(x.shape)
    sizes[axis] = of
    found = torch.zeros(sizes)
    found.narrow(axis, first - 1, x.shape[axis]).copy_(x)
    return found""",
    "flip": """\
def _(x):
    return torch.flip(x, dims=tuple(range(x.ndim)))""",
    "embed": """\
def _(table, c):
    return table[c.long() - 1]  # rows count from 1""",
    "one_hot": """\
def _(c, of):
    return (c[..., None] == torch.arange(1, of + 1)).double()""",
}
