"""The functions of a network: activations, convolutions, pooling, normalisation, dropout, embedding, losses, distances.

Those that are operators come from `ops` as they are. The others are compositions of tensor methods, with PyTorch's
signatures, in files by kind; their derivatives follow from their parts. Modes and classes with a __torch_function__ see
them as they see operators: themselves, not what they are made of. Called by `nn.modules` and by users.
"""

from __future__ import annotations

from pellucid import ops
from pellucid.nn.functional.activation import (
    celu, celu_, elu, elu_, glu, gumbel_softmax, hardsigmoid, hardswish, hardtanh, hardtanh_, leaky_relu,
    leaky_relu_, log_softmax, mish, prelu, relu, relu6, relu_, rrelu, rrelu_, selu, selu_, sigmoid, silu, softmax,
    softmin, softsign, tanh, tanhshrink, threshold, threshold_,
)
from pellucid.nn.functional.dropout import (
    alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout,
)
from pellucid.nn.functional.linear import (
    bilinear, one_hot,
)
from pellucid.nn.functional.loss import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss, cross_entropy, gaussian_nll_loss,
    hinge_embedding_loss, huber_loss, kl_div, l1_loss, margin_ranking_loss, mse_loss, multi_margin_loss,
    multilabel_soft_margin_loss, nll_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss, triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from pellucid.nn.functional.normalisation import (
    batch_norm, cosine_similarity, group_norm, normalize, pairwise_distance, rms_norm,
)
from pellucid.nn.functional.padding import (
    pad,
)
__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "feature_alpha_dropout",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

linear, layer_norm, embedding = ops.linear, ops.layer_norm, ops.embedding
conv1d, conv2d, conv3d = ops.conv1d, ops.conv2d, ops.conv3d
conv_transpose1d, conv_transpose2d, conv_transpose3d = ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d
max_pool1d, max_pool2d, max_pool3d = ops.max_pool1d, ops.max_pool2d, ops.max_pool3d
avg_pool1d, avg_pool2d, avg_pool3d = ops.avg_pool1d, ops.avg_pool2d, ops.avg_pool3d
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (ops.adaptive_avg_pool1d, ops.adaptive_avg_pool2d,
                                                                 ops.adaptive_avg_pool3d)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (ops.adaptive_max_pool1d, ops.adaptive_max_pool2d,
                                                                 ops.adaptive_max_pool3d)
pixel_shuffle, pixel_unshuffle, channel_shuffle = ops.pixel_shuffle, ops.pixel_unshuffle, ops.channel_shuffle
gelu, softplus, logsigmoid, hardshrink, softshrink = (ops.gelu, ops.softplus, ops.logsigmoid, ops.hardshrink,
                                                      ops.softshrink)
