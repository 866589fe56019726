"""pellucid: deep learning with PyTorch's interface, Python all the way down.

    import pellucid as torch

The public namespace, laid out as torch's. Names are only passed on from here: operators are declared in `ops`, a tensor
is described in `core`, kernels are made in `codegen`. docs/tour.md follows one call through all of them.
"""

from __future__ import annotations

import math as _math

from . import _C as _C
from . import autograd as autograd
from . import backends as backends
from . import cuda as cuda
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import random as random
from . import return_types as return_types
from . import special as special
from . import types as types
from . import storage as storage
from . import utils as utils
from . import version as version
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .autograd import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import is_inference_mode_enabled as is_inference_mode_enabled
from .core.memory import empty_cache, get_num_threads, memory_stats, set_num_threads
from .core.meta import Size, channels_last, channels_last_3d, contiguous_format, memory_format, preserve_format
from .device import device
from .dtypes import OPAQUE as _OPAQUE
from .dtypes import (
    bfloat16, bool, can_cast, cdouble, cfloat, chalf, complex32, complex64, complex128, double, dtype, finfo, float,
    float16, float32,
    float64,
    float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu,
    get_default_dtype, half, iinfo, int, int8, int16, int32, int64, long, promote_types, set_default_dtype, short,
    uint8, uint16,
    uint32, uint64,
)
from .nn.functional import bilinear, cosine_similarity, group_norm, pairwise_distance, prelu, rms_norm
from .ops import (
    _conj, _conj_physical, _neg_view,
    abs, abs_, absolute, acos, acos_, acosh, acosh_, adaptive_avg_pool1d, adaptive_max_pool1d, add, addbmm, addcdiv,
    addcmul, addmm,
    addmv, addmv_, addr, adjoint, alias_copy, all, allclose, amax, amin, aminmax, angle, any, arange, arccos, arccos_,
    arccosh,
    arccosh_, arcsin, arcsin_, arcsinh, arcsinh_, arctan, arctan2, arctan_, arctanh, arctanh_, argmax, argmin, argwhere,
    as_strided,
    as_strided_copy, as_strided_scatter, as_tensor, asarray, asin, asin_, asinh, asinh_, atan, atan2, atan_, atanh,
    atanh_, atleast_1d,
    atleast_2d, atleast_3d, avg_pool1d, baddbmm, bernoulli, bincount, bitwise_and, bitwise_left_shift, bitwise_not,
    bitwise_or,
    bitwise_right_shift, bitwise_xor, block_diag, bmm, broadcast_tensors, broadcast_to, cartesian_prod, cat, ceil,
    ceil_, celu, celu_,
    channel_shuffle, chunk, clamp, clamp_, clamp_max, clamp_max_, clamp_min, clamp_min_, clip, clip_, clone,
    column_stack, combinations,
    complex, concat, concatenate, conj, conj_physical, conj_physical_, constant_pad_nd, conv1d, conv2d, conv3d,
    conv_transpose1d,
    conv_transpose2d, conv_transpose3d, copysign, corrcoef, cos, cos_, cosh, cosh_, count_nonzero, cov, cross, cummax,
    cummin, cumprod,
    cumsum, cumulative_trapezoid, deg2rad, deg2rad_, diag, diag_embed, diagflat, diagonal, diagonal_copy,
    diagonal_scatter, diff, dist,
    div, divide, dot, dropout, dsplit, dstack, einsum, empty, empty_like, empty_permuted, empty_strided, eq, equal, erf,
    erf_, erfc,
    erfc_, exp, exp2, exp2_, exp_, expand_copy, expm1, expm1_, eye, fill, fill_, fix, fix_, flatten, flip, fliplr,
    flipud, float_power,
    floor, floor_, floor_divide, fmax, fmin, fmod, frac, frac_, from_dlpack, from_numpy, frombuffer, full, full_like,
    gather, ge, ger,
    greater, greater_equal, gt, hardshrink, heaviside, histc, hsplit, hstack, hypot, imag, index_add, index_copy,
    index_fill, index_put,
    index_put_, index_select, inner, isclose, isfinite, isinf, isnan, isneginf, isposinf, isreal, kron, layer_norm,
    ldexp, ldexp_, le,
    lerp, less, less_equal, linspace, log, log10, log10_, log1p, log1p_, log2, log2_, log_, log_softmax, logaddexp,
    logaddexp2,
    logcumsumexp, logical_and, logical_not, logical_or, logical_xor, logit, logit_, logspace, logsumexp, lt,
    masked_fill,
    masked_scatter, masked_select, matmul, max, max_pool1d, max_pool2d, max_pool3d, maximum, mean, meshgrid, min,
    minimum, mm, moveaxis,
    movedim, mul, multinomial, multiply, mv, nan_to_num, nan_to_num_, nanmean, nansum, narrow, narrow_copy,
    native_layer_norm, ne, neg, neg_,
    negative, negative_, nextafter, nonzero, normal, not_equal, ones, ones_like, outer, permute, permute_copy,
    pixel_shuffle,
    pixel_unshuffle, polar, positive, pow, prod, put, rad2deg, rad2deg_, rand, rand_like, randint, randint_like, randn,
    randn_like,
    randperm, ravel, real, reciprocal, reciprocal_, relu, relu_, remainder, renorm, repeat_interleave, reshape,
    resolve_conj, resolve_neg, roll,
    rot90, round,
    round_, row_stack, rsqrt, rsqrt_, rsub, scalar_tensor, scatter, scatter_add, select, select_copy, select_scatter,
    selu, selu_, sgn,
    sigmoid, sigmoid_, sign, signbit, sin, sin_, sinc, sinc_, sinh, sinh_, slice_scatter, softmax, split, split_copy,
    split_with_sizes,
    split_with_sizes_copy, sqrt, sqrt_, square, square_, squeeze, squeeze_copy, stack, std, std_mean, sub, subtract,
    sum, swapaxes,
    swapdims, t, t_copy, take, take_along_dim, tan, tan_, tanh, tanh_, tensor, tensor_split, tensordot, threshold,
    threshold_, tile,
    trace, transpose, transpose_copy, trapezoid, tril, tril_indices, triu, triu_indices, true_divide, trunc, trunc_,
    unbind,
    unbind_copy, unflatten, unfold_copy, unsqueeze, unsqueeze_copy, vander, var, var_mean, vdot, view_as_complex,
    view_as_complex_copy,
    view_as_real, view_as_real_copy, view_copy, vsplit, vstack, where, xlogy, xlogy_, zero_, zeros, zeros_like,
)
from .ops.made.arguments import get_default_device, set_default_device
from .ops.families.types import result_type
from .ops.reduce.norms import norm
from .ops.random.generator import (
    Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state,
)
from .ops.arrange.view import broadcast_shapes
from .printing import set_printoptions
from .storage import STORAGE_TYPES as _STORAGE_TYPES
from .storage import TypedStorage, UntypedStorage, from_file
from .layouts import layout, strided
from .tensor import (
    TENSOR_TYPES, Tensor, is_complex, is_conj, is_floating_point, is_neg, is_nonzero, is_same_size, is_signed,
    is_storage, is_tensor, numel,
)
from .utils.dlpack import to_dlpack
from .version import TorchVersion as _TorchVersion

__version__ = _TorchVersion(version.__version__)
inf, nan, pi, e = _math.inf, _math.nan, _math.pi, _math.e
newaxis = None
globals().update(TENSOR_TYPES | _STORAGE_TYPES | _OPAQUE)      # FloatTensor, ..., FloatStorage, ..., uint4, bits8, ...
bit = _OPAQUE["uint1"]
