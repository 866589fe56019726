"""One or more calls of every public operator: what `test_every_op.py` walks through.

A sample is (arguments, keyword arguments). Strings stand for tensors: "2x3" is a float tensor of that shape with values that suit the
operator's domain (see DOMAINS), "2x3:int64" one of another type, "2x3:index4" indices below 4, "2x3:bool" a mask, "()" a 0-d tensor;
"2x3:-1..1" draws from an interval. An operator without a sample, and without a word in NO_SAMPLE on why, fails the test.
"""

from __future__ import annotations

import math
from typing import Any

Sample = tuple[tuple[Any, ...], dict[str, Any]]


def _(*args: Any, **kwargs: Any) -> Sample:
    return args, kwargs


UNARY = [_("2x3"), _("()"), _("0x3")]
BINARY = [_("2x3", "2x3"), _("2x3", "3"), _("2x1", "1x3"), _("2x3", "()"), _("0x3", "3")]

# where a function is defined and smooth
DOMAINS = {
    "log": (0.2, 3), "log2": (0.2, 3), "log10": (0.2, 3), "log1p": (-0.5, 3), "sqrt": (0.2, 3), "rsqrt": (0.2, 3), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9),
    "atanh": (-0.9, 0.9), "acosh": (1.2, 3), "pow": (0.5, 2), "reciprocal": (0.5, 2), "div": (0.5, 2), "true_divide": (0.5, 2), "tan": (-1, 1),
    "floor_divide": (1.1, 5), "trunc_divide": (1.1, 5), "remainder": (1.1, 5), "fmod": (1.1, 5), "erfinv": (-0.9, 0.9), "addcdiv": (0.5, 2),
    "prod": (0.5, 2), "cumprod": (0.5, 2), "atan2": (0.5, 2), "bernoulli": (0.1, 0.9), "copysign": (0.5, 2), "lerp": (0.1, 0.4), "logit": (0.1,
          0.9), "special_entr": (0.2, 2), "xlogy": (0.5, 2), "special_xlog1py": (0.5, 2), "hypot": (0.5, 2),
    "float_power": (0.5, 2), "ldexp": (0.5, 2), "sinc": (0.2, 2), "polar": (0.5, 2), "nextafter": (0.5, 2), "norm": (0.5, 2),
    "linalg_vector_norm": (0.5, 2), "dist": (0.5, 2),
}

UNARY_NAMES = """abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 floor frac gelu hardsigmoid hardswish log log10 log1p log2
logsigmoid mish neg positive reciprocal relu relu6 round rsqrt selu sgn sigmoid sign silu sin sinh sqrt square tan tanh trunc isfinite isinf isnan isneginf
isposinf signbit logical_not angle conj_physical deg2rad rad2deg sinc isreal special_entr special_ndtr
nan_to_num celu elu hardshrink hardtanh leaky_relu softplus softshrink clone""".split()
BINARY_NAMES = """add sub mul div true_divide floor_divide trunc_divide remainder fmod pow maximum minimum fmax fmin atan2 copysign eq ne lt le gt ge
logical_and logical_or logical_xor logaddexp logaddexp2 hypot xlogy special_xlog1py nextafter heaviside float_power rsub""".split()
INTEGER_BINARY = "bitwise_and bitwise_or bitwise_xor".split()
SHIFTS = "bitwise_left_shift bitwise_right_shift".split()
REDUCTIONS = "sum mean nansum nanmean amax amin all any argmax argmin".split()

SAMPLES: dict[str, list[Sample]] = {
    **{n: UNARY for n in UNARY_NAMES}, **{n: BINARY for n in BINARY_NAMES},
    **{n: [_("2x3:int64", "2x3:int64"), _("2x3:bool", "3:bool")] for n in INTEGER_BINARY},
    **{n: [_("2x3:int64", "2x3:index5"), _("2x3:int64", 2)] for n in SHIFTS},
    **{n: [_("2x3"), _("2x3", 1), _("2x3x4", 1, True), _("40x3", 0), _("()")] for n in REDUCTIONS},
    "floor_divide": [_("2x3:int64", 2), _("2x3:int64", 2.5)],                 # its derivative raises
    "special_round": [_("2x3"), _("2x3", decimals=1)],
    "bitwise_not": [_("2x3:int64"), _("3:bool")],
    "prod": [_("2x3"), _("2x3", 1), _("2x3x4", 1, True), _("()")],
    "count_nonzero": [_("2x3"), _("2x3", 1)],
    "var": [_("2x3"), _("2x3", 1), _("4x3", 0, correction=0), _("2x3x4", (0, 2), keepdim=True)],
    "std": [_("2x3"), _("2x3", 1), _("4x3", 0, correction=0)],
    "var_mean": [_("2x3", 1)], "std_mean": [_("2x3", 1)],
    "max": [_("2x3"), _("2x3", 1), _("2x3", "2x3")], "min": [_("2x3"), _("2x3", 1), _("2x3", "2x3")], "aminmax": [_("2x3"), _("2x3", dim=1)],
    "logsumexp": [_("2x3", 1), _("2x3", (0, 1), True)],
    "cumsum": [_("2x3", 0), _("2x3x2", 1), _("3", 0)], "cumprod": [_("2x3", 0), _("2x3x2", 1)],
    "softmax": [_("2x3", 1), _("2x3x4", 1), _("()", 0)], "log_softmax": [_("2x3", 1), _("2x3x4", 1)],
    "layer_norm": [_("2x3x4", (4,)), _("2x3x4", (3, 4), "3x4", "3x4"), _("5x6", (6,), "6", "6")],
    "native_layer_norm": [_("5x6", (6,), "6", "6", 1e-5)],
    "batch_norm": [_("4x3", "3", "3:0.5..1", "3", "3", False), _("4x3x5", None, None, "3", "3", True)],
    "batch_norm_train": [_("4x3x5", "3", "3", 1e-5)],
    "addmm": [_("2x4", "2x3", "3x4"), _("4", "2x3", "3x4", beta=2, alpha=3)], "addmv": [_("2", "2x3", "3")], "addbmm": [_("2x4", "5x2x3", "5x3x4")],
    "baddbmm": [_("5x2x4", "5x2x3", "5x3x4")], "addr": [_("2x3", "2", "3")],
    "mm": [_("2x3", "3x4"), _("0x3", "3x4"), _("2x0", "0x4")], "bmm": [_("5x2x3", "5x3x4")], "mv": [_("2x3", "3")], "dot": [_("3", "3")], "outer": [_("3",
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
    "max_pool1d": [_("2x3x8", 2)], "max_pool2d": [_("2x3x6x6", 2), _("1x2x7x7", 3, 2, 1)], "max_pool3d": [_("1x2x4x4x4", 2)],
    "avg_pool1d": [_("2x3x8", 2)], "avg_pool2d": [_("2x3x6x6", 2), _("1x2x7x7", 3, 2, 1)], "avg_pool3d": [_("1x2x4x4x4", 2)],
    "adaptive_avg_pool1d": [_("2x3x8", 3)], "adaptive_avg_pool2d": [_("2x3x6x5", 2)], "adaptive_avg_pool3d": [_("1x2x4x4x3", 2)],
    "adaptive_max_pool1d": [_("2x3x8", 3)], "adaptive_max_pool2d": [_("2x3x6x5", 2)], "adaptive_max_pool3d": [_("1x2x4x4x3", 2)],
    "max_pool": [_("2x3x6x6", ((2, 2), (2, 2), (0, 0), (1, 1), False))],
    "average_pool": [_("2x3x6x6", ((2, 2), (2, 2), (0, 0), (1, 1), False), True, None)],
    "average_pool_gradient": [_("2x3x3x3", (2, 3, 6, 6), ((2, 2), (2, 2), (0, 0), (1, 1), False), True, None)],
    "mse_loss": [_("2x3", "2x3"), _("2x3", "2x3", reduction="sum"), _("2x3", "2x3", reduction="none")],
    "cross_entropy": [_("4x3", "4:index3"), _("4x3", "4:index3", reduction="sum"), _("4x3", "4:index3", label_smoothing=0.1), _("2x3x5", "2x5:index3"),
                      _("4x3", "4x3:0..1"), _("4x3", "4:index3", "3:0.5..1")],
    "cross_entropy_rows": [_("4x3", "4:index3", -100)],
    "nll_loss": [_("4x3", "4:index3"), _("2x3x5", "2x5:index3", "3:0.5..1")],
    "embedding": [_("4:index5", "5x3"), _("2x3:index5", "5x3", padding_idx=1)],
    "where": [_("2x3:bool", "2x3", "2x3"), _("3:bool", "2x3", "()")], "masked_fill": [_("2x3", "2x3:bool", 2.5), _("2x3", "3:bool", "()")],
    "clamp": [_("2x3", -0.3, 0.4), _("2x3", None, 0.2), _("2x3", "3:-1..0", "3:0..1")], "clamp_min": [_("2x3", 0.1)], "clamp_max": [_("2x3", 0.1)],
    "lerp": [_("2x3", "2x3", "2x3"), _("2x3", "2x3", 0.3)], "addcmul": [_("2x3", "2x3", "3"), _("2x3", "2x3", "2x3", value=2.5)],
    "addcdiv": [_("2x3", "2x3", "3"), _("2x3", "2x3", "2x3", value=2.5)], "threshold": [_("2x3", 0.1, 0.2)],
    "isclose": [_("2x3", "2x3")], "allclose": [_("2x3", "2x3")], "equal": [_("2x3", "2x3")], "is_nonzero": [_("()")],
    "dropout": [_("2x3", 0.5, False)],
    # views
    "view": [_("2x6", 3, 4), _("2x6", -1)], "view_as": [_("2x6", "3x4")], "reshape": [_("2x6", (3, 4)), _("()", (1,))], "reshape_as": [_("2x6", "3x4")],
    "expand": [_("2x1", 2, 3), _("3", 2, 3)], "expand_as": [_("2x1", "2x3")], "broadcast_to": [_("2x1", (2, 3))],
    "transpose": [_("2x3x4", 0, 2)], "t": [_("2x3")], "permute": [_("2x3x4", (2, 0, 1))],
    "movedim": [_("2x3x4", 0, 2)], "squeeze": [_("2x1x3"), _("2x1x3", 1)], "unsqueeze": [_("2x3", 1)],
    "narrow": [_("4x3", 0, 1, 2)], "select": [_("2x3", 1, 2)], "unfold": [_("7", 0, 3, 2)], "diagonal": [_("3x4"), _("2x3x4", 1, 1, 2)],
    "split": [_("5x2", 2), _("5x2", (1, 4))], "split_with_sizes": [_("5x2", (1, 4))], "tensor_split": [_("5x2", 2)], "chunk": [_("5x2", 2)],
    "unbind": [_("3x2", 0)],
    "flatten": [_("2x3x4", 1)], "unflatten": [_("2x6", 1, (2, 3))], "ravel": [_("2x3")], "as_strided": [_("12", (2, 3), (4, 1), 1)],
    "hsplit": [_("2x4", 2)], "vsplit": [_("4x2", 2)], "dsplit": [_("2x2x4", 2)], "adjoint": [_("2x3")], "matrix_transpose": [_("2x3")],
    "matrix_adjoint": [_("2x3")],
    "matrix_h": [_("2x3")], "real": [_("2x3")], "conj": [_("2x3")], "atleast_1d": [_("()")], "atleast_2d": [_("3")], "atleast_3d": [_("3")],
    "select_scatter": [_("2x3", "2", 1, 2)], "slice_scatter": [_("4x3", "2x3", 0, 1, 3)], "diagonal_scatter": [_("3x3", "3")],
    "as_strided_scatter": [_("12", "2x3", (2, 3), (4, 1), 1)], "view_as_real": [_("2x3:complex128")], "view_as_complex": [_("3x2")],
    "imag": [_("3:complex128")],
    # joining and moving
    "cat": [_(("2x3", "2x3"), 0), _(("2x3", "2x1"), 1)],
    "stack": [_(("2x3", "2x3"), 1)], "hstack": [_(("2x3", "2x3"))], "vstack": [_(("2x3", "2x3"))], "dstack": [_(("2x3", "2x3"))],
    "column_stack": [_(("3", "3"))], "repeat": [_("2x3", 2, 1)], "tile": [_("2x3", (2,))],
    "flip": [_("2x3", (0, 1))], "fliplr": [_("2x3")], "flipud": [_("2x3")], "roll": [_("2x3", 1, 1), _("2x3", 2)], "tril": [_("3x4"), _("2x3x3", 1)],
    "triu": [_("3x4"), _("2x3x3", -1)], "contiguous": [_("2x3")], "broadcast_tensors": [_("2x1", "3")], "meshgrid": [_("2", "3", indexing="ij")],
    # indices
    "gather": [_("3x4", 1, "3x2:index4")], "scatter": [_("3x4", 1, "3x1:index4", "3x1"), _("3x4", 1, "3x2:index4", 1.5)], "scatter_add": [_("3x4", 1,
          "3x2:index4", "3x2")],
    "index_select": [_("3x4", 1, "5:index4")], "index_add": [_("3x4", 0, "2:index3", "2x4")], "index_copy": [_("3x4", 0, "1:index3", "1x4")],
    "index_fill": [_("3x4", 0, "2:index3", 1.5)], "take": [_("3x4", "5:index12")], "take_along_dim": [_("3x4", "3x2:index4", 1)],
    "masked_select": [_("2x3", "2x3:bool")], "nonzero": [_("2x3:bool")], "argwhere": [_("2x3:bool")], "masked_scatter": [_("2x3", "2x3:bool", "6")],
    "index_put": [_("3x4", ("1:index3",), "4")], "put": [_("3x4", "2:index12", "2")],
    # norms, differences, areas, counts
    "logit": [_("2x3"), _("2x3", 0.2)], "ldexp": [_("2x3", "2x3"), _("2x3", "3:index4")], "complex": [_("2x3", "2x3"), _("2x3", "3")], "polar": [_("2x3",
          "2x3")],
    "norm": [_("2x3"), _("2x3", 1), _("2x3", 3, 1), _("2x3", "fro", (0, 1), True)],
    "linalg_vector_norm": [_("2x3", 2), _("2x3", 1, 1), _("2x3", math.inf, 0), _("2x3", -math.inf), _("2x3", 0), _("2x3", 3.5, 1), _("2x3", 1.5), _("()")],
    "dist": [_("2x3", "2x3"), _("2x3", "3", 1)], "renorm": [_("3x4", 2, 0, 0.5)],
    "diff": [_("2x5"), _("2x5", 2, 0), _("2x5", 1, 1, "2x2", "2x1")], "trapezoid": [_("2x5"), _("2x5", "5"), _("2x5", dx=0.5, dim=0)],
    "cumulative_trapezoid": [_("2x5"), _("2x5", "5")],
    "cov": [_("3x5"), _("5", correction=0), _("2x4", fweights="4:index5", aweights="4:0.1..1")], "corrcoef": [_("3x5")],
    "bincount": [_("7:index4"), _("7:index4", "7", 6)], "histc": [_("12", 4), _("12", 5, -1, 1)],
    "cummax": [_("2x4", 1), _("()", 0)], "cummin": [_("4x2", 0)], "logcumsumexp": [_("2x4", 1), _("4x2", 0)],
    # other products
    "vdot": [_("3", "3")], "inner": [_("2x3", "4x3"), _("()", "3")], "tensordot": [_("2x3x4", "3x4x2"), _("2x3", "3x2", ([0, 1], [1, 0]))],
    "linalg_vecdot": [_("2x3", "2x3"), _("2x3", "2x3", dim=0)], "cross": [_("2x3", "2x3"), _("3x2", "3x2")], "linalg_cross": [_("3x2", "3x2", dim=0)],
    "einsum": [_("ij,jk->ik", "2x3", "3x4"), _("bij,bjk", "2x2x3", "2x3x2"), _("ii->i", "3x3"), _("...i,...i->...", "2x3", "2x3"), _("i,j,k->kij", "2",
          "3", "2")],
    "kron": [_("2x3", "2x2"), _("2", "2x2")], "trace": [_("3x4")], "linalg_multi_dot": [_(("2x3", "3x4", "4x2"),), _(("3", "3x4", "4"),)],
    "linalg_vander": [_("3"), _("2x3", N=4)], "vander": [_("3"), _("3", 4, True)], "linalg_diagonal": [_("2x3x4", offset=1)],
    # diagonals, blocks, turns, pixels
    "diag": [_("3"), _("3x4", 1)], "diag_embed": [_("2x3"), _("2x3", 1, 0, 2)], "diagflat": [_("2x2", 1)], "block_diag": [_("2x2", "3", "()")],
    "cartesian_prod": [_("2", "3"), _("3")], "combinations": [_("4"), _("4", 3, True)], "rot90": [_("2x3"), _("2x3x2", -1, (1, 2))],
    "repeat_interleave": [_("2x3", 2), _("2x3", 2, 1), _("2x3", "3:index4", 1), _("4:index3")],
    "constant_pad_nd": [_("2x3", (1, 2)), _("2x3", (-1, 1, 2, 0), 0.5)], "pixel_shuffle": [_("1x8x2x3", 2)], "pixel_unshuffle": [_("1x2x4x6", 2)],
    "channel_shuffle": [_("1x6x2x2", 3)],
    # views as copies
    "alias_copy": [_("2x3")], "as_strided_copy": [_("12", (2, 3), (4, 1), 1)], "diagonal_copy": [_("3x4")],
    "expand_copy": [_("2x1", (2, 3))], "narrow_copy": [_("4x3", 0, 1, 2)], "permute_copy": [_("2x3x4", (2, 0, 1))], "select_copy": [_("2x3", 1, 2)],
    "split_copy": [_("5x2", 2)], "split_with_sizes_copy": [_("5x2", (1, 4))], "squeeze_copy": [_("2x1x3")], "t_copy": [_("2x3")],
    "transpose_copy": [_("2x3x4", 0, 2)], "unbind_copy": [_("3x2")], "unfold_copy": [_("7", 0, 3, 2)], "unsqueeze_copy": [_("2x3", 1)],
    "view_copy": [_("2x6", (3, 4))], "view_as_complex_copy": [_("3x2")], "view_as_real_copy": [_("2x3:complex128")],
    "fill": [_("2x3", 1.5), _("2x3", "()")], "sum_to_size": [_("2x3", (1, 3))], "sum_to": [_("2x3", (1, 3))],
}
