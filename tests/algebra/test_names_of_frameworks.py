"""Names and defaults of PyTorch, Keras 3, JAX (with optax) and ONNX, and what they mean here."""

from __future__ import annotations

import pytest

from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE

ACTIVATIONS = {
    "identity": "torch.nn.Identity jax.nn.identity keras.activations.linear onnx.Identity",
    "sigmoid": "torch.sigmoid jax.nn.sigmoid keras.activations.sigmoid onnx.Sigmoid logistic expit",
    "tanh": "torch.tanh nn.Tanh jax.nn.tanh keras.activations.tanh onnx.Tanh",
    "relu": "F.relu nn.ReLU jax.nn.relu keras.activations.relu onnx.Relu RELU",
    "leaky_relu": "F.leaky_relu nn.LeakyReLU jax.nn.leaky_relu onnx.LeakyRelu lrelu Leaky-ReLU",
    "leaky_relu(alpha=0.2)": "keras.LeakyReLU keras.layers.LeakyReLU"
    " tf.keras.activations.leaky_relu",
    "prelu": "nn.PReLU keras.layers.PReLU onnx.PRelu",
    "rrelu": "nn.RReLU F.rrelu",
    "relu6": "nn.ReLU6 jax.nn.relu6 keras.activations.relu6",
    "elu": "nn.ELU jax.nn.elu keras.activations.elu onnx.Elu",
    "selu": "nn.SELU jax.nn.selu keras.activations.selu onnx.Selu",
    "celu": "nn.CELU jax.nn.celu keras.activations.celu onnx.Celu",
    "gelu": "nn.GELU F.gelu keras.activations.gelu onnx.Gelu gelu GELU",
    "gelu_tanh": "jax.nn.gelu gelu_tanh GELUTanh gelu_new",
    "quick_gelu": "QuickGELU quick_gelu",
    "silu": "nn.SiLU jax.nn.silu keras.activations.silu",
    "swish": "jax.nn.swish keras.activations.swish onnx.Swish",
    "mish": "nn.Mish jax.nn.mish keras.activations.mish onnx.Mish",
    "softplus": "nn.Softplus jax.nn.softplus keras.activations.softplus onnx.Softplus",
    "softsign": "nn.Softsign jax.nn.soft_sign keras.activations.softsign onnx.Softsign",
    "hardtanh": "nn.Hardtanh jax.nn.hard_tanh keras.activations.hard_tanh onnx.Clip clamp",
    "hardsigmoid": "nn.Hardsigmoid jax.nn.hard_sigmoid keras.activations.hard_sigmoid",
    "hardsigmoid(alpha=0.2, beta=0.5)": "onnx.HardSigmoid keras2.hard_sigmoid",
    "hardswish": "nn.Hardswish jax.nn.hard_swish jax.nn.hard_silu keras.activations.hard_silu"
    " onnx.HardSwish",
    "log_sigmoid": "nn.LogSigmoid F.logsigmoid jax.nn.log_sigmoid keras.activations.log_sigmoid",
    "softshrink": "nn.Softshrink keras.activations.soft_shrink",
    "hardshrink": "nn.Hardshrink keras.activations.hard_shrink onnx.Shrink",
    "tanhshrink": "nn.Tanhshrink keras.activations.tanh_shrink",
    "threshold": "nn.Threshold keras.activations.threshold onnx.ThresholdedRelu",
    "squareplus": "jax.nn.squareplus keras.activations.squareplus",
    "sparse_plus": "jax.nn.sparse_plus keras.activations.sparse_plus",
    "sparse_sigmoid": "jax.nn.sparse_sigmoid keras.activations.sparse_sigmoid",
    "exp": "torch.exp keras.activations.exponential onnx.Exp",
    "abs": "torch.abs onnx.Abs",
    "square": "torch.square",
    "squared_relu": "relu2 relu_squared",
    "heaviside": "torch.heaviside step",
    "sign": "torch.sign onnx.Sign",
    "arctan": "torch.atan torch.arctan onnx.Atan",
    "softmax": "nn.Softmax jax.nn.softmax keras.activations.softmax onnx.Softmax",
    "log_softmax": "nn.LogSoftmax jax.nn.log_softmax keras.activations.log_softmax onnx.LogSoftmax",
    "softmin": "nn.Softmin F.softmin",
    "sparsemax": "jax.nn.sparsemax keras.activations.sparsemax",
    "glu": "nn.GLU jax.nn.glu keras.activations.glu",
    "amax": "torch.amax maxout",
    "max_pool": "nn.MaxPool1d nn.MaxPool2d F.max_pool2d keras.layers.MaxPooling2D",
    "mean_pool": "nn.AvgPool2d F.avg_pool1d keras.layers.AveragePooling2D",
    "conv1d": "nn.Conv1d F.conv1d keras.layers.Conv1D",
    "conv2d": "nn.Conv2d F.conv2d keras.layers.Conv2D",
    "layer_norm": "nn.LayerNorm F.layer_norm keras.layers.LayerNormalization",
    "batch_norm": "nn.BatchNorm1d F.batch_norm keras.layers.BatchNormalization",
    "embed": "nn.Embedding F.embedding keras.layers.Embedding",
    "flatten": "nn.Flatten torch.flatten torch.ravel keras.layers.Flatten",
    "concat": "torch.cat torch.concat jax.numpy.concatenate keras.layers.Concatenate",
    "stack": "torch.stack",
    "l2_normalize": "F.normalize",
}
LOSSES = {
    "mse": "MSELoss mean_squared_error",
    "mse(reduction=mean)": "nn.MSELoss F.mse_loss keras.losses.MeanSquaredError keras.mse",
    "squared_error": "sse sum_squared_error",
    "squared_error(reduction=none)": "optax.squared_error",
    "half_squared_error": "l2 l2_loss",
    "half_squared_error(reduction=none)": "optax.l2_loss",
    "rmse": "root_mean_squared_error",
    "l1": "l1 absolute_error",
    "l1(reduction=mean)": "L1Loss l1_loss nn.L1Loss F.l1_loss mae keras.MeanAbsoluteError",
    "huber": "huber",
    "huber(reduction=mean)": "HuberLoss nn.HuberLoss huber_loss F.huber_loss keras.losses.Huber",
    "huber(reduction=none)": "optax.huber_loss",
    "smooth_l1(reduction=mean)": "SmoothL1Loss F.smooth_l1_loss smooth_l1_loss",
    "log_cosh": "log_cosh",
    "log_cosh(reduction=mean)": "keras.losses.LogCosh",
    "log_cosh(reduction=none)": "optax.log_cosh",
    "msle": "mean_squared_logarithmic_error",
    "mape": "mean_absolute_percentage_error",
    "pinball": "quantile quantile_loss",
    "binary_cross_entropy": "bce binary_crossentropy",
    "binary_cross_entropy(reduction=mean)": "BCELoss F.binary_cross_entropy"
    " keras.losses.BinaryCrossentropy",
    "binary_cross_entropy_with_logits(reduction=mean)": "BCEWithLogitsLoss"
    " F.binary_cross_entropy_with_logits multilabel_soft_margin_loss",
    "binary_cross_entropy_with_logits(reduction=none)": "optax.sigmoid_binary_cross_entropy",
    "cross_entropy": "categorical_crossentropy cross_entropy",
    "cross_entropy(reduction=mean)": "keras.losses.CategoricalCrossentropy",
    "softmax_cross_entropy": "CrossEntropyLoss",
    "softmax_cross_entropy(reduction=mean)": "nn.CrossEntropyLoss F.cross_entropy"
    " onnx.SoftmaxCrossEntropyLoss",
    "softmax_cross_entropy(reduction=none)": "optax.softmax_cross_entropy"
    " optax.softmax_cross_entropy_with_integer_labels",
    "nll": "NLLLoss nll_loss",
    "nll(reduction=mean)": "F.nll_loss onnx.NegativeLogLikelihoodLoss",
    "kl_divergence": "kl_divergence",
    "kl_divergence(reduction=batchmean)": "keras.losses.kl_divergence keras.losses.KLDivergence",
    "kl_divergence_log(reduction=mean)": "KLDivLoss nn.KLDivLoss F.kl_div",
    "hinge": "hinge hinge_loss",
    "hinge(reduction=mean)": "keras.losses.Hinge",
    "hinge(reduction=none)": "optax.hinge_loss",
    "squared_hinge(reduction=mean)": "keras.losses.SquaredHinge",
    "perceptron(reduction=none)": "optax.perceptron_loss",
    "logistic_loss(reduction=mean)": "SoftMarginLoss soft_margin_loss F.soft_margin_loss",
    "multi_margin(reduction=mean)": "MultiMarginLoss multi_margin_loss F.multi_margin_loss",
    "categorical_hinge": "categorical_hinge multiclass_hinge",
    "categorical_hinge(reduction=mean)": "keras.losses.CategoricalHinge",
    "categorical_hinge(reduction=none)": "optax.multiclass_hinge_loss",
    "hinge_embedding(reduction=mean)": "HingeEmbeddingLoss F.hinge_embedding_loss",
    "margin_ranking(reduction=mean)": "MarginRankingLoss F.margin_ranking_loss",
    "triplet(eps=1e-6, reduction=mean)": "TripletMarginLoss F.triplet_margin_loss",
    "cosine_embedding(reduction=mean)": "CosineEmbeddingLoss F.cosine_embedding_loss",
    "negative_cosine(reduction=mean)": "keras.losses.CosineSimilarity"
    " keras.losses.cosine_similarity",
    "cosine_distance(reduction=none)": "optax.cosine_distance",
    "poisson_nll(reduction=mean)": "PoissonNLLLoss F.poisson_nll_loss",
    "poisson(reduction=mean)": "keras.losses.Poisson",
    "gaussian_nll(reduction=mean)": "GaussianNLLLoss F.gaussian_nll_loss",
    "focal(reduction=none)": "optax.sigmoid_focal_loss",
    "focal(reduction=mean)": "keras.losses.BinaryFocalCrossentropy",
}
DEFAULTS = {
    "leaky_relu": {"alpha": "0.01"},
    "rrelu": {"lower": "1/8", "upper": "1/3"},
    "elu": {"alpha": "1.0"},
    "selu": {"scale": "1.0507009873554805", "rate": "1.7580993408473766"},
    "celu": {"alpha": "1.0"},
    "swish": {"beta": "1.0"},
    "scaled_softplus": {"beta": "1.0"},
    "squareplus": {"b": "4"},
    "hardtanh": {"low": "-1", "high": "1"},
    "hardsigmoid": {"alpha": "1/6", "beta": "1/2"},
    "softshrink": {"lambda": "0.5"},
    "hardshrink": {"lambda": "0.5"},
    "snake": {"a": "1.0"},
    "huber": {"delta": "1.0"},
    "smooth_l1": {"beta": "1.0"},
    "pinball": {"tau": "0.5"},
    "multi_margin": {"p": "1", "margin": "1.0"},
    "hinge_embedding": {"margin": "1.0"},
    "margin_ranking": {"margin": "0"},
    "triplet": {"margin": "1.0", "eps": "0"},
    "cosine_embedding": {"margin": "0"},
    "focal": {"alpha": "0.25", "gamma": "2"},
}
PAIRS = [(n, call) for call, names in (ACTIVATIONS | LOSSES).items() for n in names.split()]


@pytest.mark.parametrize(("name", "call"), PAIRS, ids=[name for name, _ in PAIRS])
def test_a_name_means_a_row_with_its_defaults(name: str, call: str) -> None:
    found = TABLE.resolve(name)
    assert found is not None
    assert format(found) == (call if "(" in call else f"{call}()")


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(name: str) -> None:
    assert dict(TABLE[name].defaults) == DEFAULTS[name]


@pytest.mark.parametrize(
    "name",
    ["cosine_similarity", "CosineSimilarity", "torch.cosine_similarity", "cosine", "kl_div"],
)
def test_a_name_of_several_meanings_is_refused_with_the_choices(name: str) -> None:
    assert TABLE.resolve(name) is None
    assert "cosine_loss" in (TABLE.refusal(name) or "") or "kl_div" in name
    assert TABLE.refusal(name)


@pytest.mark.parametrize(
    ("call", "meaning"),
    [
        ("F.leaky_relu(x, negative_slope=0.3)", "leaky_relu(x, alpha=0.3)"),
        ("F.hardtanh(x, min_val=0, max_val=2)", "hardtanh(x, low=0, high=2)"),
        ("onnx.Swish(x, alpha=2)", "swish(x, beta=2)"),
        ("silu(x, beta=2)", "swish(x, beta=2)"),
        ("softplus(x, beta=2)", "scaled_softplus(x, beta=2)"),
        ("softmax(x, temperature=2)", "tempered_softmax(x, tau=2)"),
        ("F.softshrink(x, lambd=1)", "softshrink(x, lambda=1)"),
        (
            "CrossEntropyLoss(x, y, label_smoothing=0.1)",
            "smoothed_cross_entropy(x, y, epsilon=0.1)",
        ),
        (
            "nn.BCEWithLogitsLoss(x, y, pos_weight=3)",
            "weighted_bce_with_logits(x, y, w=3, reduction=mean)",
        ),
        ("keras.Huber(x, y, reduction=sum_over_batch_size)", "huber(x, y, reduction=mean)"),
        ("keras.LeakyReLU(x)", "leaky_relu(x, alpha=0.2)"),
        ("keras.LeakyReLU(x, negative_slope=0.1)", "leaky_relu(x, alpha=0.1)"),
    ],
)
def test_parameters_of_frameworks(call: str, meaning: str) -> None:
    assert format(resolve(parse(call), TABLE)) == meaning


@pytest.mark.parametrize("row", [row for row in TABLE if row.variants], ids=lambda row: row.name)
def test_a_variant_without_its_parameter_is_the_row(row: Operation) -> None:
    for _, other in row.variants:
        assert TABLE[other].params == row.params
        call = Apply(other, tuple(map(Symbol, row.params)))
        assert isinstance(resolve(call, TABLE), Apply)
