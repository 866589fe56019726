"""One or more calls of every public operator: what `test_every_op.py` and the sweeps (test_gradient_layouts.py,
test_meta_device.py, test_out_forms.py, test_default_dtype.py) walk through. calls.py makes arguments of them.

A sample is (arguments, keyword arguments). Strings stand for tensors: "2x3" is a float tensor of that shape with values
that suit the operator's domain (see DOMAINS), "2x3:int64" one of another type, "2x3:index4" indices below 4, "2x3:bool"
a mask, "()" a 0-d tensor; "2x3:-1..1" draws from an interval. An operator without a sample, and without a word in
NO_SAMPLE on why, fails the test.

SAMPLES are small, so that derivatives can be taken numerically. LARGE are wider than every tile of every schedule (no
side that a kernel walks has fewer than 64 elements), and no multiple of a vector.
"""

from __future__ import annotations

import math
from typing import Any

import pellucid as torch

Sample = tuple[tuple[Any, ...], dict[str, Any]]


def _(*args: Any, **kwargs: Any) -> Sample:
    return args, kwargs


UNARY = [_("2x3"), _("()"), _("0x3")]
BINARY = [_("2x3", "2x3"), _("2x3", "3"), _("2x1", "1x3"), _("2x3", "()"), _("0x3", "3")]

# where a function is defined and smooth
DOMAINS = {
    "log": (0.2, 3), "log2": (0.2, 3), "log10": (0.2, 3), "log1p": (-0.5, 3), "sqrt": (0.2, 3), "rsqrt": (0.2, 3),
    "asin": (-0.9, 0.9), "acos": (-0.9, 0.9),
    "atanh": (-0.9, 0.9), "acosh": (1.2, 3), "pow": (0.5, 2), "reciprocal": (0.5, 2), "div": (0.5, 2),
    "true_divide": (0.5, 2), "tan": (-1, 1),
    "floor_divide": (1.1, 5), "trunc_divide": (1.1, 5), "remainder": (1.1, 5), "fmod": (1.1, 5), "erfinv": (-0.9, 0.9),
    "addcdiv": (0.5, 2),
    "prod": (0.5, 2), "cumprod": (0.5, 2), "atan2": (0.5, 2), "bernoulli": (0.1, 0.9), "copysign": (0.5, 2),
    "lerp": (0.1, 0.4), "logit": (0.1,
          0.9), "special_entr": (0.2, 2), "xlogy": (0.5, 2), "special_xlog1py": (0.5, 2), "hypot": (0.5, 2),
    "float_power": (0.5, 2), "ldexp": (0.5, 2), "sinc": (0.2, 2), "polar": (0.5, 2), "nextafter": (0.5, 2),
    "norm": (0.5, 2),
    "linalg_vector_norm": (0.5, 2), "dist": (0.5, 2),
}

UNARY_NAMES = """abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 floor frac gelu hardsigmoid
hardswish log log10 log1p log2 logsigmoid mish neg positive reciprocal relu relu6 round rsqrt selu sgn sigmoid sign silu
sin sinh sqrt square tan tanh trunc isfinite isinf isnan isneginf isposinf signbit logical_not angle conj_physical
deg2rad rad2deg sinc isreal special_entr special_ndtr nan_to_num celu elu hardshrink hardtanh leaky_relu softplus
softshrink clone""".split()
BINARY_NAMES = """add sub mul div true_divide floor_divide trunc_divide remainder fmod pow maximum minimum fmax fmin
atan2 copysign eq ne lt le gt ge logical_and logical_or logical_xor logaddexp logaddexp2 hypot xlogy special_xlog1py
nextafter float_power rsub""".split()
INTEGER_BINARY = "bitwise_and bitwise_or bitwise_xor".split()
SHIFTS = "bitwise_left_shift bitwise_right_shift".split()
REDUCTIONS = "sum mean nansum nanmean amax amin all any argmax argmin".split()

SAMPLES: dict[str, list[Sample]] = {
    **{n: UNARY for n in UNARY_NAMES}, **{n: BINARY for n in BINARY_NAMES},
    **{n: [_("2x3:int64", "2x3:int64"), _("2x3:bool", "3:bool")] for n in INTEGER_BINARY},
    **{n: [_("2x3:int64", "2x3:index5"), _("2x3:int64", 2)] for n in SHIFTS},
    **{n: [_("2x3"), _("2x3", 1), _("2x3x4", 1, True), _("40x3", 0), _("()")] for n in REDUCTIONS},
    "floor_divide": [_("2x3:int64", 2), _("2x3:int64", 2.5)],                 # its derivative raises
    "heaviside": [_("2x3:int64", "2x3:int64"), _("2x3:int64", "3:int64")],    # and its own
    "special_round": [_("2x3"), _("2x3", decimals=1)],
    "bitwise_not": [_("2x3:int64"), _("3:bool")],
    "prod": [_("2x3"), _("2x3", 1), _("2x3x4", 1, True), _("()")],
    "count_nonzero": [_("2x3"), _("2x3", 1)],
    "var": [_("2x3"), _("2x3", 1), _("4x3", 0, correction=0), _("2x3x4", (0, 2), keepdim=True)],
    "std": [_("2x3"), _("2x3", 1), _("4x3", 0, correction=0)],
    "var_mean": [_("2x3", 1)], "std_mean": [_("2x3", 1)],
    "max": [_("2x3"), _("2x3", 1), _("2x3", "2x3")], "min": [_("2x3"), _("2x3", 1), _("2x3", "2x3")],
    "aminmax": [_("2x3"), _("2x3", dim=1)],
    "logsumexp": [_("2x3", 1), _("2x3", (0, 1), True)],
    "cumsum": [_("2x3", 0), _("2x3x2", 1), _("3", 0)], "cumprod": [_("2x3", 0), _("2x3x2", 1)],
    "softmax": [_("2x3", 1), _("2x3x4", 1), _("()", 0)], "log_softmax": [_("2x3", 1), _("2x3x4", 1)],
    "layer_norm": [_("2x3x4", (4,)), _("2x3x4", (3, 4), "3x4", "3x4"), _("5x6", (6,), "6", "6")],
    "native_layer_norm": [_("5x6", (6,), "6", "6", 1e-5)],
    "batch_norm": [_("4x3", "3", "3:0.5..1", "3", "3", False), _("4x3x5", None, None, "3", "3", True)],
    "batch_norm_train": [_("4x3x5", "3", "3", 1e-5)],
    "addmm": [_("2x4", "2x3", "3x4"), _("4", "2x3", "3x4", beta=2, alpha=3)], "addmv": [_("2", "2x3", "3")],
    "addbmm": [_("2x4", "5x2x3", "5x3x4")],
    "baddbmm": [_("5x2x4", "5x2x3", "5x3x4")], "addr": [_("2x3", "2", "3")],
    "mm": [_("2x3", "3x4"), _("0x3", "3x4"), _("2x0", "0x4")], "bmm": [_("5x2x3", "5x3x4")], "mv": [_("2x3", "3")],
    "dot": [_("3", "3")], "outer": [_("3",
          "4")],
    "matmul": [_("2x3", "3x4"), _("3", "3"), _("2x3", "3"), _("3", "3x4"), _("5x2x3", "3x4"), _("2x1x2x3", "5x3x4")],
    "linear": [_("2x3", "4x3", "4"), _("5x2x3", "4x3"), _("3", "4x3", "4")],
    "conv1d": [_("2x3x8", "4x3x3", "4"), _("2x4x8", "4x2x3", None, 2, 1, 2, 2)],
    "conv2d": [_("2x3x6x5", "4x3x3x3", "4", 1, 1), _("1x2x7x7", "2x1x3x3", None, 2, 1, 1, 2), _("3x5x5", "2x3x2x2")],
    "conv3d": [_("1x2x4x4x4", "3x2x2x2x2", "3")],
    "conv_transpose1d": [_("2x3x5", "3x2x3", "2", 2, 1, 1)], "conv_transpose2d": [_("1x2x4x3", "2x3x3x3", "3", 2, 1)],
    "conv_transpose3d": [_("1x2x2x3x2", "2x1x2x2x2")],
    "convolution": [_("2x3x6x5", "4x3x3x3", None, (1, 1), (1, 1), (1, 1), 1)],
    "conv_input_gradient": [_("2x4x6x5", "4x3x3x3", None, (2, 3, 6, 5), (1, 1), (1, 1), (1, 1), 1)],
    "conv_weight_gradient": [_("2x4x6x5", "2x3x6x5", (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1)],
    "max_pool1d": [_("2x3x8", 2)], "max_pool2d": [_("2x3x6x6", 2), _("1x2x7x7", 3, 2, 1)],
    "max_pool3d": [_("1x2x4x4x4", 2)],
    "avg_pool1d": [_("2x3x8", 2)], "avg_pool2d": [_("2x3x6x6", 2), _("1x2x7x7", 3, 2, 1)],
    "avg_pool3d": [_("1x2x4x4x4", 2)],
    "adaptive_avg_pool1d": [_("2x3x8", 3)], "adaptive_avg_pool2d": [_("2x3x6x5", 2)],
    "adaptive_avg_pool3d": [_("1x2x4x4x3", 2)],
    "adaptive_max_pool1d": [_("2x3x8", 3)], "adaptive_max_pool2d": [_("2x3x6x5", 2)],
    "adaptive_max_pool3d": [_("1x2x4x4x3", 2)],
    "max_pool": [_("2x3x6x6", ((2, 2), (2, 2), (0, 0), (1, 1), False))],
    "average_pool": [_("2x3x6x6", ((2, 2), (2, 2), (0, 0), (1, 1), False), True, None)],
    "average_pool_gradient": [_("2x3x3x3", (2, 3, 6, 6), ((2, 2), (2, 2), (0, 0), (1, 1), False), True, None)],
    "mse_loss": [_("2x3", "2x3"), _("2x3", "2x3", reduction="sum"), _("2x3", "2x3", reduction="none")],
    "cross_entropy": [_("4x3", "4:index3"), _("4x3", "4:index3", reduction="sum"),
                      _("4x3", "4:index3", label_smoothing=0.1), _("2x3x5", "2x5:index3"),
                      _("4x3", "4x3:0..1"), _("4x3", "4:index3", "3:0.5..1")],
    "nll_loss": [_("4x3", "4:index3"), _("2x3x5", "2x5:index3", "3:0.5..1")],
    "embedding": [_("4:index5", "5x3"), _("2x3:index5", "5x3", padding_idx=1)],
    "where": [_("2x3:bool", "2x3", "2x3"), _("3:bool", "2x3", "()")],
    "masked_fill": [_("2x3", "2x3:bool", 2.5), _("2x3", "3:bool", "()")],
    "clamp": [_("2x3", -0.3, 0.4), _("2x3", None, 0.2), _("2x3", "3:-1..0", "3:0..1")], "clamp_min": [_("2x3", 0.1)],
    "clamp_max": [_("2x3", 0.1)],
    "lerp": [_("2x3", "2x3", "2x3"), _("2x3", "2x3", 0.3)],
    "addcmul": [_("2x3", "2x3", "3"), _("2x3", "2x3", "2x3", value=2.5)],
    "addcdiv": [_("2x3", "2x3", "3"), _("2x3", "2x3", "2x3", value=2.5)], "threshold": [_("2x3", 0.1, 0.2)],
    "isclose": [_("2x3", "2x3")], "allclose": [_("2x3", "2x3")], "equal": [_("2x3", "2x3")], "is_nonzero": [_("()")],
    "dropout": [_("2x3", 0.5, False)],
    # views
    "view": [_("2x6", 3, 4), _("2x6", -1)], "view_as": [_("2x6", "3x4")], "reshape": [_("2x6", (3, 4)), _("()", (1,))],
    "reshape_as": [_("2x6", "3x4")],
    "expand": [_("2x1", 2, 3), _("3", 2, 3)], "expand_as": [_("2x1", "2x3")], "broadcast_to": [_("2x1", (2, 3))],
    "transpose": [_("2x3x4", 0, 2)], "t": [_("2x3")], "permute": [_("2x3x4", (2, 0, 1))],
    "movedim": [_("2x3x4", 0, 2)], "squeeze": [_("2x1x3"), _("2x1x3", 1)], "unsqueeze": [_("2x3", 1)],
    "narrow": [_("4x3", 0, 1, 2)], "select": [_("2x3", 1, 2)], "unfold": [_("7", 0, 3, 2)],
    "diagonal": [_("3x4"), _("2x3x4", 1, 1, 2)],
    "split": [_("5x2", 2), _("5x2", (1, 4))], "split_with_sizes": [_("5x2", (1, 4))], "tensor_split": [_("5x2", 2)],
    "chunk": [_("5x2", 2)],
    "unbind": [_("3x2", 0)],
    "flatten": [_("2x3x4", 1)], "unflatten": [_("2x6", 1, (2, 3))], "ravel": [_("2x3")],
    "as_strided": [_("12", (2, 3), (4, 1), 1)],
    "hsplit": [_("2x4", 2)], "vsplit": [_("4x2", 2)], "dsplit": [_("2x2x4", 2)], "adjoint": [_("2x3")],
    "matrix_transpose": [_("2x3")],
    "matrix_adjoint": [_("2x3")],
    "matrix_h": [_("2x3")], "real": [_("2x3")], "conj": [_("2x3")],
    "resolve_conj": [_("2x3")], "resolve_neg": [_("2x3")], "atleast_1d": [_("()")], "atleast_2d": [_("3")],
    "atleast_3d": [_("3")],
    "select_scatter": [_("2x3", "2", 1, 2)], "slice_scatter": [_("4x3", "2x3", 0, 1, 3)],
    "diagonal_scatter": [_("3x3", "3")],
    "as_strided_scatter": [_("12", "2x3", (2, 3), (4, 1), 1)], "view_as_real": [_("2x3:complex128")],
    "view_as_complex": [_("3x2")],
    "imag": [_("3:complex128")],
    # joining and moving
    "cat": [_(("2x3", "2x3"), 0), _(("2x3", "2x1"), 1)],
    "stack": [_(("2x3", "2x3"), 1)], "hstack": [_(("2x3", "2x3"))], "vstack": [_(("2x3", "2x3"))],
    "dstack": [_(("2x3", "2x3"))],
    "column_stack": [_(("3", "3"))], "repeat": [_("2x3", 2, 1)], "tile": [_("2x3", (2,))],
    "flip": [_("2x3", (0, 1))], "fliplr": [_("2x3")], "flipud": [_("2x3")], "roll": [_("2x3", 1, 1), _("2x3", 2)],
    "tril": [_("3x4"), _("2x3x3", 1)],
    "triu": [_("3x4"), _("2x3x3", -1)], "contiguous": [_("2x3")], "broadcast_tensors": [_("2x1", "3")],
    "meshgrid": [_("2", "3", indexing="ij")],
    # indices
    "gather": [_("3x4", 1, "3x2:index4")],
    "scatter": [_("3x4", 1, "3x1:index4", "3x1"), _("3x4", 1, "3x2:index4", 1.5)], "scatter_add": [_("3x4", 1,
          "3x2:index4", "3x2")],
    "index_select": [_("3x4", 1, "5:index4")], "index_add": [_("3x4", 0, "2:index3", "2x4")],
    "index_copy": [_("3x4", 0, "1:index3", "1x4")],
    "index_fill": [_("3x4", 0, "2:index3", 1.5)], "take": [_("3x4", "5:index12")],
    "take_along_dim": [_("3x4", "3x2:index4", 1)],
    "masked_select": [_("2x3", "2x3:bool")], "nonzero": [_("2x3:bool")], "argwhere": [_("2x3:bool")],
    "masked_scatter": [_("2x3", "2x3:bool", "6")],
    "index_put": [_("3x4", ("1:index3",), "4")], "put": [_("3x4", "2:index12", "2")],
    # norms, differences, areas, counts
    "logit": [_("2x3"), _("2x3", 0.2)], "ldexp": [_("2x3", "2x3"), _("2x3", "3:index4")],
    "complex": [_("2x3", "2x3"), _("2x3", "3")], "polar": [_("2x3",
          "2x3")],
    "norm": [_("2x3"), _("2x3", 1), _("2x3", 3, 1), _("2x3", "fro", (0, 1), True)],
    "linalg_vector_norm": [_("2x3", 2), _("2x3", 1, 1), _("2x3", math.inf, 0), _("2x3", -math.inf), _("2x3", 0),
                           _("2x3", 3.5, 1), _("2x3", 1.5), _("()")],
    "dist": [_("2x3", "2x3"), _("2x3", "3", 1)], "renorm": [_("3x4", 2, 0, 0.5)],
    "diff": [_("2x5"), _("2x5", 2, 0), _("2x5", 1, 1, "2x2", "2x1")],
    "trapezoid": [_("2x5"), _("2x5", "5"), _("2x5", dx=0.5, dim=0)],
    "cumulative_trapezoid": [_("2x5"), _("2x5", "5")],
    "cov": [_("3x5"), _("5", correction=0), _("2x4", fweights="4:index5", aweights="4:0.1..1")], "corrcoef": [_("3x5")],
    "bincount": [_("7:index4"), _("7:index4", "7", 6)], "histc": [_("12", 4), _("12", 5, -1, 1)],
    "cummax": [_("2x4", 1), _("()", 0)], "cummin": [_("4x2", 0)], "logcumsumexp": [_("2x4", 1), _("4x2", 0)],
    # other products
    "vdot": [_("3", "3")], "inner": [_("2x3", "4x3"), _("()", "3")],
    "tensordot": [_("2x3x4", "3x4x2"), _("2x3", "3x2", ([0, 1], [1, 0]))],
    "linalg_vecdot": [_("2x3", "2x3"), _("2x3", "2x3", dim=0)], "cross": [_("2x3", "2x3"), _("3x2", "3x2")],
    "linalg_cross": [_("3x2", "3x2", dim=0)],
    "einsum": [_("ij,jk->ik", "2x3", "3x4"), _("bij,bjk", "2x2x3", "2x3x2"), _("ii->i", "3x3"),
               _("...i,...i->...", "2x3", "2x3"), _("i,j,k->kij", "2",
          "3", "2")],
    "kron": [_("2x3", "2x2"), _("2", "2x2")], "trace": [_("3x4")],
    "linalg_multi_dot": [_(("2x3", "3x4", "4x2"),), _(("3", "3x4", "4"),)],
    "linalg_vander": [_("3"), _("2x3", N=4)], "vander": [_("3"), _("3", 4, True)],
    "linalg_diagonal": [_("2x3x4", offset=1)],
    # diagonals, blocks, turns, pixels
    "diag": [_("3"), _("3x4", 1)], "diag_embed": [_("2x3"), _("2x3", 1, 0, 2)], "diagflat": [_("2x2", 1)],
    "block_diag": [_("2x2", "3", "()")],
    "cartesian_prod": [_("2", "3"), _("3")], "combinations": [_("4"), _("4", 3, True)],
    "rot90": [_("2x3"), _("2x3x2", -1, (1, 2))],
    "repeat_interleave": [_("2x3", 2), _("2x3", 2, 1), _("2x3", "3:index4", 1), _("4:index3")],
    "constant_pad_nd": [_("2x3", (1, 2)), _("2x3", (-1, 1, 2, 0), 0.5)], "pixel_shuffle": [_("1x8x2x3", 2)],
    "pixel_unshuffle": [_("1x2x4x6", 2)],
    "channel_shuffle": [_("1x6x2x2", 3)],
    # views as copies
    "alias_copy": [_("2x3")], "as_strided_copy": [_("12", (2, 3), (4, 1), 1)], "diagonal_copy": [_("3x4")],
    "expand_copy": [_("2x1", (2, 3))], "narrow_copy": [_("4x3", 0, 1, 2)], "permute_copy": [_("2x3x4", (2, 0, 1))],
    "select_copy": [_("2x3", 1, 2)],
    "split_copy": [_("5x2", 2)], "split_with_sizes_copy": [_("5x2", (1, 4))], "squeeze_copy": [_("2x1x3")],
    "t_copy": [_("2x3")],
    "transpose_copy": [_("2x3x4", 0, 2)], "unbind_copy": [_("3x2")], "unfold_copy": [_("7", 0, 3, 2)],
    "unsqueeze_copy": [_("2x3", 1)],
    "view_copy": [_("2x6", (3, 4))], "view_as_complex_copy": [_("3x2")], "view_as_real_copy": [_("2x3:complex128")],
    "fill": [_("2x3", 1.5), _("2x3", "()")], "sum_to_size": [_("2x3", (1, 3))], "sum_to": [_("2x3", (1, 3))],
}


# the operators of nn.functional that are not among the public ones of the package itself; called "F.name" here
FUNCTIONAL: dict[str, list[Sample]] = {
    **{"F." + n: [_("2x3"), _("2x3x4"), _("0x3")]
       for n in "celu elu hardsigmoid hardswish hardtanh leaky_relu mish relu relu6 selu sigmoid silu softsign tanh "
                "tanhshrink threshold".split()},
    "F.threshold": [_("2x3", 0.1, 0.2)], "F.rrelu": [_("2x3", 0.1, 0.3)], "F.glu": [_("2x4"), _("4x3", 0)],
    "F.prelu": [_("2x3x4", "3"), _("2x3", "1")],
    **{"F." + n: [_("2x3", 1), _("2x3x4", 1)] for n in "softmax softmin log_softmax".split()},
    "F.normalize": [_("2x3"), _("2x3", 1.0, 0)], "F.rms_norm": [_("2x3x4", (4,)), _("2x3x4", (3, 4), "3x4", 1e-5)],
    "F.group_norm": [_("2x6x5", 3, "6", "6"), _("2x6x3x2", 2)],
    "F.batch_norm": [_("4x3x5", None, None, "3", "3", True)],
    **{"F." + n: [_("2x3", "2x3"), _("2x3", "2x3", reduction="sum"), _("2x3", "2x3", reduction="none")] for n in
       "l1_loss mse_loss smooth_l1_loss huber_loss".split()},
    "F.soft_margin_loss": [_("2x3", "2x3:int64"), _("2x3", "2x3:int64", reduction="sum"),
                           _("2x3", "2x3:int64", reduction="none")],
    "F.kl_div": [_("2x3", "2x3:0.1..1", reduction="sum"), _("2x3", "2x3", reduction="batchmean", log_target=True)],
    "F.binary_cross_entropy": [_("2x3:0.1..0.9", "2x3:0.1..0.9"),
        _("2x3:0.1..0.9", "2x3:0.1..0.9", "3:0.1..1", reduction="sum")],
    "F.binary_cross_entropy_with_logits": [_("2x3", "2x3:0..1"),
        _("2x3", "2x3:0..1", "3:0..1", reduction="none", pos_weight="3:1..2")],
    "F.poisson_nll_loss": [_("2x3", "2x3:0.5..3"), _("2x3:0.5..2", "2x3:1.5..3", log_input=False, full=True)],
    "F.gaussian_nll_loss": [_("2x3", "2x3", "2x3:0.5..1"), _("2x3", "2x3", "2x1:0.5..1", full=True)],
    "F.hinge_embedding_loss": [_("2x3", "2x3:sign")], "F.margin_ranking_loss": [_("3", "3", "3:sign", 0.1)],
    "F.cosine_embedding_loss": [_("2x3", "2x3", "2:sign", 0.1)],
    "F.cosine_similarity": [_("2x3", "2x3"), _("2x3", "3", 0)],
    "F.pairwise_distance": [_("2x3", "2x3"), _("2x3", "2x3", 1.0, keepdim=True)],
    "F.triplet_margin_loss": [_("2x3", "2x3", "2x3"), _("2x3", "2x3", "2x3", swap=True)],
    "F.triplet_margin_with_distance_loss": [_("2x3", "2x3", "2x3")],
    "F.multi_margin_loss": [_("4x3", "4:index3"), _("4x3", "4:index3", 1, 0.7, "3:0.5..1")],
    "F.multilabel_soft_margin_loss": [_("4x3", "4x3:0..1")],
    "F.cross_entropy": [_("4x3", "4:index3", "3:0.5..1")], "F.nll_loss": [_("4x3", "4:index3")],
    "F.bilinear": [_("2x3", "2x4", "5x3x4", "5")], "F.one_hot": [_("4:index3", 3)], "F.dropout": [_("2x3", 0.5, False)],
    **{"F." + n: [_("2x3x4", 0.5, False)] for n in "alpha_dropout feature_alpha_dropout dropout1d".split()},
    "F.dropout2d": [_("2x3x4x2", 0.5, False)], "F.dropout3d": [_("1x3x2x2x2", 0.5, False)],
    "F.pad": [_("2x3", (1, 2)), _("2x3x4", (1, 2), "reflect"), _("2x3x4x5", (1, 0, 2, 1), "replicate"),
        _("2x3x4", (1, 2), "circular")],
    "F.gumbel_softmax": [],
}
SAMPLES |= {name: calls for name, calls in FUNCTIONAL.items() if calls}

_BIG = [_("72x65")]
_BIG_PAIR = [_("72x65", "72x65"), _("72x65", "65"), _("72x1", "1x65")]
_IMAGE, _VOLUME = "2x64x17x19", "1x64x9x10x11"
_POOL = ((2, 2), (2, 2), (0, 0), (1, 1), False)

LARGE: dict[str, list[Sample]] = {
    **{n: _BIG for n in UNARY_NAMES}, **{n: _BIG_PAIR for n in BINARY_NAMES},
    **{n: [_("72x65:int64", "72x65:int64"), _("72x65:bool", "65:bool")] for n in INTEGER_BINARY},
    **{n: [_("72x65:int64", "72x65:index5")] for n in SHIFTS},
    **{n: [_("72x65"), _("72x65", 0), _("72x65", 1), _("66x67x68", 1)] for n in [*REDUCTIONS, "prod"]},
    **{n: [_("72x65", 0), _("72x65", 1)] for n in "count_nonzero var std var_mean std_mean max min logsumexp".split()},
    "floor_divide": [_("72x65:int64", 2), _("72x65:int64", 2.5)],
    "heaviside": [_("72x65:int64", "72x65:int64")], "aminmax": [_("72x65", dim=0)],
    **{n: [_("72x65", 0), _("72x65", 1), _("66x67x68", 1)]
       for n in "cumsum softmax log_softmax F.softmax F.log_softmax F.softmin".split()},
    **{n: [_("72x65", 0), _("72x65", 1)] for n in "cumprod cummax cummin logcumsumexp".split()},
    "bitwise_not": [_("72x65:int64")], "special_round": [_("72x65", decimals=1)],
    "layer_norm": [_("72x65", (65,), "65", "65"), _("66x67x68", (67, 68), "67x68", "67x68")],
    "native_layer_norm": [_("72x65", (65,), "65", "65", 1e-5)],
    "batch_norm": [_(_IMAGE, None, None, "64", "64", True), _("72x65", "65", "65:0.5..1", "65", "65", False)],
    "batch_norm_train": [_(_IMAGE, "64", "64", 1e-5)],
    "F.group_norm": [_(_IMAGE, 4, "64", "64")], "F.rms_norm": [_("72x65", (65,), "65")], "F.normalize": [_("72x65")],
    "addmm": [_("97x70", "97x300", "300x70")], "addmv": [_("97", "97x70", "70")],
    "addbmm": [_("97x70", "3x97x66", "3x66x70")],
    "baddbmm": [_("3x97x70", "3x97x66", "3x66x70")], "addr": [_("97x70", "97", "70")], "mm": [_("97x300", "300x70")],
    "bmm": [_("3x97x66", "3x66x70")],
    "mv": [_("97x300", "300")], "dot": [_("300", "300")], "vdot": [_("300", "300")], "outer": [_("97", "70")],
    "matmul": [_("97x300", "300x70"), _("3x97x66", "66x70"), _("97x300", "300"), _("300", "300x70")],
    "linear": [_("97x66", "70x66", "70"), _("3x97x66", "70x66")],
    "inner": [_("72x65", "70x65")], "tensordot": [_("72x65", "65x70", 1)],
    "einsum": [_("ij,jk->ik", "72x65", "65x70"), _("bij,bjk->bik", "3x72x65", "3x65x70")],
    "kron": [_("12x13", "11x14")], "trace": [_("72x65")], "linalg_vecdot": [_("72x65", "72x65")],
    "linalg_multi_dot": [_(("72x65", "65x70", "70x66"),)],
    "F.bilinear": [_("66x67", "66x68", "65x67x68", "65")],
    "conv1d": [_("2x64x70", "66x64x3", "66")],
    "conv2d": [_(_IMAGE, "66x64x3x3", "66", 1, 1), _(_IMAGE, "66x64x5x3", None, 2, 1),
        _(_IMAGE, "64x1x3x3", None, 1, 1, 1, 64)],
    "conv3d": [_(_VOLUME, "66x64x2x2x2")], "conv_transpose2d": [_(_IMAGE, "64x66x3x3", "66", 2, 1)],
    "max_pool1d": [_("2x64x70", 2)], "max_pool2d": [_(_IMAGE, 2), _(_IMAGE, 3, 2, 1)], "max_pool3d": [_(_VOLUME, 2)],
    "max_pool": [_(_IMAGE, _POOL)],
    "avg_pool1d": [_("2x64x70", 2)], "avg_pool2d": [_(_IMAGE, 2), _(_IMAGE, 3, 2, 1)], "avg_pool3d": [_(_VOLUME, 2)],
    "average_pool": [_(_IMAGE, _POOL, True, None)],
    "adaptive_avg_pool2d": [_(_IMAGE, 5)], "adaptive_max_pool2d": [_(_IMAGE, 5)],
    **{n: [_("72x65", "72x65"), _("72x65", "72x65", reduction="none")] for n in
       "mse_loss F.l1_loss F.mse_loss F.smooth_l1_loss F.huber_loss".split()},
    "F.soft_margin_loss": [_("72x65", "72x65:int64"), _("72x65", "72x65:int64", reduction="none")],
    "F.binary_cross_entropy_with_logits": [_("72x65", "72x65:0..1", reduction="none")],
    "cross_entropy": [_("72x65", "72:index65"), _("72x65", "72:index65", reduction="none"),
        _("2x65x67", "2x67:index65"), _("72x65", "72x65:0..1")],
    "nll_loss": [_("72x65", "72:index65", "65:0.5..1")],
    "embedding": [_("2x70:index72", "72x65"), _("70:index72", "72x65", padding_idx=1)],
    "embedding_rows": [_("72x65", "70:index72")],
    "where": [_("72x65:bool", "72x65", "72x65"), _("65:bool", "72x65", "()")],
    "masked_fill": [_("72x65", "72x65:bool", 2.5), _("72x65", "65:bool", "()")],
    "clamp": [_("72x65", -0.3, 0.4), _("72x65", "65:-1..0", "72x1:0..1")],
    "lerp": [_("72x65", "72x65", "72x65"), _("72x65", "65", 0.3)],
    "addcmul": [_("72x65", "72x65", "65")], "addcdiv": [_("72x65", "72x65", "65")],
    "threshold": [_("72x65", 0.1, 0.2)], "F.prelu": [_("72x65", "65")],
    **{"F." + n: [_("72x65")]
       for n in "celu elu hardsigmoid hardswish hardtanh leaky_relu mish relu relu6 selu sigmoid silu softsign tanh "
                "tanhshrink".split()},
    "F.glu": [_("72x130")], "reshape": [_("72x65", (65, 72))], "transpose": [_("72x65", 0, 1)],
    "expand": [_("72x1", 72, 65)], "t": [_("72x65")],
    "flatten": [_("66x67x68", 1)], "permute": [_("66x67x68", (2, 0, 1))], "unfold": [_("72x65", 0, 3, 2)],
    "cat": [_(("72x65", "72x65"), 0), _(("72x65", "72x66"), 1)], "stack": [_(("72x65", "72x65"), 1)],
    "repeat": [_("72x65", 2, 2)],
    "flip": [_("72x65", (0, 1))], "roll": [_("72x65", 1, 1)], "tril": [_("72x65")], "triu": [_("72x65", 1)],
    "contiguous": [_("72x65")],
    "gather": [_("72x65", 1, "72x70:index65"), _("72x65", 0, "70x65:index72")],
    "scatter": [_("72x65", 1, "72x1:index65", "72x1")],
    "scatter_add": [_("72x65", 1, "72x66:index65", "72x66")],
    "index_select": [_("72x65", 1, "70:index65"), _("72x65", 0, "70:index72")],
    "index_add": [_("72x65", 0, "70:index72", "70x65")], "index_put": [_("72x65", ("1:index72",), "65")],
    "take_along_dim": [_("72x65", "72x70:index65", 1)],
    "masked_select": [_("72x65", "72x65:bool")], "masked_scatter": [_("72x65", "72x65:bool", "72x65")],
    "diff": [_("72x65"), _("72x65", 1, 0)],
    "linalg_vector_norm": [_("72x65", 2), _("72x65", 1, 1), _("72x65", 2, 0), _("72x65", math.inf, 0)],
    "norm": [_("72x65"), _("72x65", 2, 1)],
    "dist": [_("72x65", "72x65")], "renorm": [_("72x65", 2, 0, 0.5)], "diag_embed": [_("3x65")],
    "constant_pad_nd": [_("72x65", (1, 2))],
    "F.pad": [_(_IMAGE, (1, 2, 1, 2), "reflect"), _(_IMAGE, (1, 2, 1, 2), "replicate"),
        _("66x67x68", (1, 2), "circular")],
    "pixel_shuffle": [_("2x64x17x19", 2)], "repeat_interleave": [_("72x65", 2, 1)], "rot90": [_("72x65")],
    "cov": [_("72x65")],
    "logit": [_("72x65")], "polar": [_("72x65", "72x65")], "complex": [_("72x65", "72x65")], "fill": [_("72x65", 1.5)],
    "real": [_("72x65")],
}

# What makes tensors of a size, of data, or of another type. None has a derivative worth a difference quotient: the
# sweeps call them
CREATED: dict[str, list[Sample]] = {
    **{n: [_((2, 3)), _(())] for n in "empty zeros ones rand randn".split()},
    "full": [_((2, 3), 1.5), _((2, 3), 2), _((2, 3), True)],
    "empty_strided": [_((2, 3), (1, 2))], "empty_permuted": [_((2, 3, 4), (2, 0, 1))], "randint": [_(0, 5, (2, 3))],
    "randperm": [_(5)],
    **{n: [_("2x3"), _("2x3:int64")] for n in "empty_like zeros_like ones_like".split()},
    "full_like": [_("2x3", 1.5), _("2x3:int64", 2)],
    **{n: [_("2x3")] for n in "rand_like randn_like".split()}, "randint_like": [_("2x3", 5)],
    **{n: [_("2x3", (4, 5))] for n in "new_empty new_zeros new_ones".split()}, "new_full": [_("2x3", (4, 5), 1.5)],
    "new_empty_strided": [_("2x3", (2, 3), (1, 2))], "new_tensor": [_("2x3", [1.0, 2.0])],
    **{n: [_([[1.0, 2.0], [3.0, 4.0]]), _([1, 2]), _([True, False]), _(1.5), _([1j, 2])]
       for n in "tensor as_tensor asarray".split()},
    "scalar_tensor": [_(1.5), _(2)], "arange": [_(5), _(0.0, 2.0, 0.5), _(1, 7, 2), _(5.0)],
    "linspace": [_(0, 1, 5), _(0.0, 2.0, 4)],
    "logspace": [_(0, 1, 5)], "eye": [_(3), _(2, 3)], "tril_indices": [_(3, 4)], "triu_indices": [_(3, 4, 1)],
    "normal": [_(0.0, 1.0, (2, 3)), _("2x3", 1.0), _("2x3", "3:0.5..1")], "bernoulli": [_("2x3:0..1"), _("2x3", 0.5)],
    "multinomial": [_("2x3:0.1..1", 4, True)],
    **{n: [_("2x3"), _("2x3:int64"), _("2x3:bool")] for n in
       "bool byte char short int long half float double bfloat16 chalf cfloat cdouble type_as".split()},
    "F.gumbel_softmax": [_("2x3")], "to": [_("2x3", torch.float16), _("2x3:int64", torch.float32)],
    "to_copy": [_("2x3", torch.int64, None, torch.preserve_format)],
    "numpy_transpose": [_("2x3")], "cpu": [_("2x3")],
}
CREATED["type_as"] = [_("2x3", "2x3:int64"), _("2x3:int64", "2x3")]
