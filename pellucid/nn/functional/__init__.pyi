# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from collections.abc import Callable, Sequence

from pellucid.ops import adaptive_avg_pool1d as adaptive_avg_pool1d
from pellucid.ops import adaptive_avg_pool2d as adaptive_avg_pool2d
from pellucid.ops import adaptive_avg_pool3d as adaptive_avg_pool3d
from pellucid.ops import adaptive_max_pool1d as adaptive_max_pool1d
from pellucid.ops import adaptive_max_pool2d as adaptive_max_pool2d
from pellucid.ops import adaptive_max_pool3d as adaptive_max_pool3d
from pellucid.ops import avg_pool1d as avg_pool1d
from pellucid.ops import avg_pool2d as avg_pool2d
from pellucid.ops import avg_pool3d as avg_pool3d
from pellucid.ops import channel_shuffle as channel_shuffle
from pellucid.ops import conv1d as conv1d
from pellucid.ops import conv2d as conv2d
from pellucid.ops import conv3d as conv3d
from pellucid.ops import conv_transpose1d as conv_transpose1d
from pellucid.ops import conv_transpose2d as conv_transpose2d
from pellucid.ops import conv_transpose3d as conv_transpose3d
from pellucid.ops import embedding as embedding
from pellucid.ops import gelu as gelu
from pellucid.ops import hardshrink as hardshrink
from pellucid.ops import layer_norm as layer_norm
from pellucid.ops import linear as linear
from pellucid.ops import logsigmoid as logsigmoid
from pellucid.ops import max_pool1d as max_pool1d
from pellucid.ops import max_pool2d as max_pool2d
from pellucid.ops import max_pool3d as max_pool3d
from pellucid.ops import pixel_shuffle as pixel_shuffle
from pellucid.ops import pixel_unshuffle as pixel_unshuffle
from pellucid.ops import softplus as softplus
from pellucid.ops import softshrink as softshrink
from pellucid.tensor import Tensor
from pellucid.types import _bool, _dtype, _float, _int

def alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """Dropout that keeps mean and variance, for networks with SELU."""
    ...

def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: _bool = False,
    momentum: _float = 0.1,
    eps: _float = 1e-05,
) -> Tensor:
    """Normalise each channel, by the batch (updating the running statistics) if `training`, else by the running
    statistics."""
    ...

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`y[k] = x1 @ weight[k] @ x2 + bias[k]`."""
    ...

def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(y log p + (1 - y) log(1 - p)), each logarithm at least -100."""
    ...

def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), y), without overflow. `pos_weight` weighs the positive targets."""
    ...

def celu(input: Tensor, alpha: _float = 1.0, inplace: _bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x / alpha) - 1)."""
    ...

def celu_(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`celu`, in place."""
    ...

def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: _float = 0,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where y is -1."""
    ...

def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08) -> Tensor:
    """The cosine of the angle between `x1` and `x2` along `dim`, which may be broadcast."""
    ...

def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    ignore_index: _int = -100,
    reduce: _bool | None = None,
    reduction: str = "mean",
    label_smoothing: _float = 0.0,
) -> Tensor:
    """nll_loss(log_softmax(x)); the target may also be probabilities of the shape of the input."""
    ...

def dropout(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero each element with probability `p` and scale the others by 1 / (1 - p)."""
    ...

def dropout1d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L)."""
    ...

def dropout2d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero whole channels of (N, C, H, W)."""
    ...

def dropout3d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    ...

def elu(input: Tensor, alpha: _float = 1.0, inplace: _bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x) - 1)."""
    ...

def elu_(input: Tensor, alpha: _float = 1.0) -> Tensor:
    """`elu`, in place."""
    ...

def feature_alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """`alpha_dropout` of whole channels."""
    ...

def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | _float,
    full: _bool = False,
    eps: _float = 1e-06,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of a normal distribution with mean `input` and variance `var` (at least `eps`)."""
    ...

def glu(input: Tensor, dim: _int = -1) -> Tensor:
    """The first half of `dim` times the sigmoid of the second."""
    ...

def group_norm(
    input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05
) -> Tensor:
    """Normalise each of `num_groups` groups of channels of (N, C, *), then scale and shift by channel."""
    ...

def gumbel_softmax(logits: Tensor, tau: _float = 1, hard: _bool = False, eps: _float = 1e-10, dim: _int = -1) -> Tensor:
    """A sample of the Gumbel-softmax distribution; with `hard` one-hot, but differentiated as if it were soft."""
    ...

def hardsigmoid(input: Tensor, inplace: _bool = False) -> Tensor:
    """relu6(x + 3) / 6."""
    ...

def hardswish(input: Tensor, inplace: _bool = False) -> Tensor:
    """x * relu6(x + 3) / 6."""
    ...

def hardtanh(input: Tensor, min_val: _float = -1.0, max_val: _float = 1.0, inplace: _bool = False) -> Tensor:
    """x limited to [min_val, max_val]. At the limits the gradient is 0."""
    ...

def hardtanh_(input: Tensor, min_val: _float = -1.0, max_val: _float = 1.0) -> Tensor:
    """`hardtanh`, in place."""
    ...

def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: _float = 1.0,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where y is 1, max(0, margin - x) where y is -1."""
    ...

def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: _float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """d^2 / 2 where d = |x - y| < delta, else delta * (d - delta / 2)."""
    ...

def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    log_target: _bool = False,
) -> Tensor:
    """y (log y - x) for an `input` of log-probabilities; also with reduction='batchmean', which is the divergence."""
    ...

def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|x - y|."""
    ...

def leaky_relu(input: Tensor, negative_slope: _float = 0.01, inplace: _bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    ...

def leaky_relu_(input: Tensor, negative_slope: _float = 0.01) -> Tensor:
    """`leaky_relu`, in place."""
    ...

def log_softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _dtype | None = None) -> Tensor:
    """log(softmax(x)), computed as x - logsumexp(x)."""
    ...

def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: _float = 0,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -y (x1 - x2) + margin)."""
    ...

def mish(input: Tensor, inplace: _bool = False) -> Tensor:
    """x * tanh(softplus(x))."""
    ...

def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(x - y)^2."""
    ...

def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: _int = 1,
    margin: _float = 1.0,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over other classes i of max(0, margin - x[y] + x[i])^p."""
    ...

def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over classes of -(y log sigmoid(x) + (1 - y) log sigmoid(-x))."""
    ...

def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    ignore_index: _int = -100,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-x[y] for an `input` of log-probabilities (N, C, *) and a `target` of classes (N, *), weighted by class."""
    ...

def normalize(
    input: Tensor, p: _float = 2.0, dim: _int | tuple[_int, ...] = 1, eps: _float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """x / max(norm(x), eps) along `dim`."""
    ...

def one_hot(tensor: Tensor, num_classes: _int = -1) -> Tensor:
    """Zeros of shape (*, num_classes) with a 1 at each index."""
    ...

def pad(input: Tensor, pad: Sequence[_int], mode: str = "constant", value: _float | None = None) -> Tensor:
    """Pad by `pad` = (before, after) of each dimension, the last one first; negative numbers crop.

    `mode` is 'constant' (with `value`), 'reflect', 'replicate' or 'circular'."""
    ...

def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """The `p`-norm of `x1 - x2 + eps` over the last dimension."""
    ...

def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: _bool = True,
    full: _bool = False,
    size_average: _bool | None = None,
    eps: _float = 1e-08,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of Poisson counts; `full` adds Stirling's approximation of log(y!)."""
    ...

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """leaky_relu with a learned slope, one for all or one a channel."""
    ...

def relu(input: Tensor, inplace: _bool = False) -> Tensor:
    """max(x, 0)."""
    ...

def relu6(input: Tensor, inplace: _bool = False) -> Tensor:
    """x limited to [0, 6]."""
    ...

def relu_(input: Tensor) -> Tensor:
    """`relu`, in place."""
    ...

def rms_norm(
    input: Tensor, normalized_shape: Sequence[_int], weight: Tensor | None = None, eps: _float | None = None
) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimensions, times `weight`. `eps` None is that of the dtype."""
    ...

def rrelu(
    input: Tensor,
    lower: _float = 0.125,
    upper: _float = 0.3333333333333333,
    training: _bool = False,
    inplace: _bool = False,
) -> Tensor:
    """leaky_relu with a slope drawn from [lower, upper] for each element if `training`, else their mean."""
    ...

def rrelu_(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False) -> Tensor:
    """`rrelu`, in place."""
    ...

def selu(input: Tensor, inplace: _bool = False) -> Tensor:
    """scale * elu(x, alpha), with the constants that keep mean 0 and variance 1."""
    ...

def selu_(input: Tensor) -> Tensor:
    """`selu`, in place."""
    ...

def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    ...

def silu(input: Tensor, inplace: _bool = False) -> Tensor:
    """x * sigmoid(x)."""
    ...

def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    beta: _float = 1.0,
) -> Tensor:
    """d^2 / (2 beta) where d = |x - y| < beta, else d - beta / 2."""
    ...

def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-y x))."""
    ...

def softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _dtype | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `dim`."""
    ...

def softmin(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _dtype | None = None) -> Tensor:
    """softmax(-x)."""
    ...

def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    ...

def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    ...

def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    ...

def threshold(input: Tensor, threshold: _float, value: _float, inplace: _bool = False) -> Tensor:
    """x where x > threshold, else value."""
    ...

def threshold_(input: Tensor, threshold: _float, value: _float) -> Tensor:
    """`threshold`, in place."""
    ...

def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: _float = 1.0,
    p: _float = 2,
    eps: _float = 1e-06,
    swap: _bool = False,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the `p`-norm."""
    ...

def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: _float = 1.0,
    swap: _bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin); `swap` also tries d(positive, negative)."""
    ...
