# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from pellucid.types import _dtype, _float, _layout, _memory_format

from . import _C as _C
from . import autograd as autograd
from . import cuda as cuda
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import random as random
from . import special as special
from . import utils as utils
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .autograd import is_anomaly_enabled as is_anomaly_enabled
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import is_inference_mode_enabled as is_inference_mode_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .core.memory import empty_cache as empty_cache
from .core.memory import get_num_threads as get_num_threads
from .core.memory import memory_stats as memory_stats
from .core.memory import set_num_threads as set_num_threads
from .core.meta import Size as Size
from .core.meta import memory_format as memory_format
from .device import device as device
from .dtypes import can_cast as can_cast
from .dtypes import dtype as dtype
from .dtypes import finfo as finfo
from .dtypes import get_default_dtype as get_default_dtype
from .dtypes import iinfo as iinfo
from .dtypes import promote_types as promote_types
from .dtypes import set_default_dtype as set_default_dtype
from .nn.functional import bilinear as bilinear
from .nn.functional import cosine_similarity as cosine_similarity
from .nn.functional import group_norm as group_norm
from .nn.functional import pairwise_distance as pairwise_distance
from .nn.functional import prelu as prelu
from .nn.functional import rms_norm as rms_norm
from .ops import abs as abs
from .ops import abs_ as abs_
from .ops import absolute as absolute
from .ops import acos as acos
from .ops import acos_ as acos_
from .ops import acosh as acosh
from .ops import acosh_ as acosh_
from .ops import adaptive_avg_pool1d as adaptive_avg_pool1d
from .ops import adaptive_max_pool1d as adaptive_max_pool1d
from .ops import add as add
from .ops import addbmm as addbmm
from .ops import addcdiv as addcdiv
from .ops import addcmul as addcmul
from .ops import addmm as addmm
from .ops import addmv as addmv
from .ops import addmv_ as addmv_
from .ops import addr as addr
from .ops import adjoint as adjoint
from .ops import alias_copy as alias_copy
from .ops import all as all
from .ops import allclose as allclose
from .ops import amax as amax
from .ops import amin as amin
from .ops import aminmax as aminmax
from .ops import angle as angle
from .ops import any as any
from .ops import arange as arange
from .ops import arccos as arccos
from .ops import arccos_ as arccos_
from .ops import arccosh as arccosh
from .ops import arccosh_ as arccosh_
from .ops import arcsin as arcsin
from .ops import arcsin_ as arcsin_
from .ops import arcsinh as arcsinh
from .ops import arcsinh_ as arcsinh_
from .ops import arctan as arctan
from .ops import arctan2 as arctan2
from .ops import arctan_ as arctan_
from .ops import arctanh as arctanh
from .ops import arctanh_ as arctanh_
from .ops import argmax as argmax
from .ops import argmin as argmin
from .ops import argwhere as argwhere
from .ops import as_strided as as_strided
from .ops import as_strided_copy as as_strided_copy
from .ops import as_strided_scatter as as_strided_scatter
from .ops import as_tensor as as_tensor
from .ops import asarray as asarray
from .ops import asin as asin
from .ops import asin_ as asin_
from .ops import asinh as asinh
from .ops import asinh_ as asinh_
from .ops import atan as atan
from .ops import atan2 as atan2
from .ops import atan_ as atan_
from .ops import atanh as atanh
from .ops import atanh_ as atanh_
from .ops import atleast_1d as atleast_1d
from .ops import atleast_2d as atleast_2d
from .ops import atleast_3d as atleast_3d
from .ops import avg_pool1d as avg_pool1d
from .ops import baddbmm as baddbmm
from .ops import bernoulli as bernoulli
from .ops import bincount as bincount
from .ops import bitwise_and as bitwise_and
from .ops import bitwise_left_shift as bitwise_left_shift
from .ops import bitwise_not as bitwise_not
from .ops import bitwise_or as bitwise_or
from .ops import bitwise_right_shift as bitwise_right_shift
from .ops import bitwise_xor as bitwise_xor
from .ops import block_diag as block_diag
from .ops import bmm as bmm
from .ops import broadcast_tensors as broadcast_tensors
from .ops import broadcast_to as broadcast_to
from .ops import cartesian_prod as cartesian_prod
from .ops import cat as cat
from .ops import ceil as ceil
from .ops import ceil_ as ceil_
from .ops import celu as celu
from .ops import celu_ as celu_
from .ops import channel_shuffle as channel_shuffle
from .ops import chunk as chunk
from .ops import clamp as clamp
from .ops import clamp_ as clamp_
from .ops import clamp_max as clamp_max
from .ops import clamp_max_ as clamp_max_
from .ops import clamp_min as clamp_min
from .ops import clamp_min_ as clamp_min_
from .ops import clip as clip
from .ops import clip_ as clip_
from .ops import clone as clone
from .ops import column_stack as column_stack
from .ops import combinations as combinations
from .ops import complex as complex
from .ops import concat as concat
from .ops import concatenate as concatenate
from .ops import conj as conj
from .ops import conj_physical as conj_physical
from .ops import conj_physical_ as conj_physical_
from .ops import constant_pad_nd as constant_pad_nd
from .ops import conv1d as conv1d
from .ops import conv2d as conv2d
from .ops import conv3d as conv3d
from .ops import conv_transpose1d as conv_transpose1d
from .ops import conv_transpose2d as conv_transpose2d
from .ops import conv_transpose3d as conv_transpose3d
from .ops import copysign as copysign
from .ops import corrcoef as corrcoef
from .ops import cos as cos
from .ops import cos_ as cos_
from .ops import cosh as cosh
from .ops import cosh_ as cosh_
from .ops import count_nonzero as count_nonzero
from .ops import cov as cov
from .ops import cross as cross
from .ops import cummax as cummax
from .ops import cummin as cummin
from .ops import cumprod as cumprod
from .ops import cumsum as cumsum
from .ops import cumulative_trapezoid as cumulative_trapezoid
from .ops import deg2rad as deg2rad
from .ops import deg2rad_ as deg2rad_
from .ops import diag as diag
from .ops import diag_embed as diag_embed
from .ops import diagflat as diagflat
from .ops import diagonal as diagonal
from .ops import diagonal_copy as diagonal_copy
from .ops import diagonal_scatter as diagonal_scatter
from .ops import diff as diff
from .ops import dist as dist
from .ops import div as div
from .ops import divide as divide
from .ops import dot as dot
from .ops import dropout as dropout
from .ops import dsplit as dsplit
from .ops import dstack as dstack
from .ops import einsum as einsum
from .ops import empty as empty
from .ops import empty_like as empty_like
from .ops import empty_permuted as empty_permuted
from .ops import empty_strided as empty_strided
from .ops import eq as eq
from .ops import equal as equal
from .ops import erf as erf
from .ops import erf_ as erf_
from .ops import erfc as erfc
from .ops import erfc_ as erfc_
from .ops import exp as exp
from .ops import exp2 as exp2
from .ops import exp2_ as exp2_
from .ops import exp_ as exp_
from .ops import expand_copy as expand_copy
from .ops import expm1 as expm1
from .ops import expm1_ as expm1_
from .ops import eye as eye
from .ops import fill as fill
from .ops import fill_ as fill_
from .ops import fix as fix
from .ops import fix_ as fix_
from .ops import flatten as flatten
from .ops import flip as flip
from .ops import fliplr as fliplr
from .ops import flipud as flipud
from .ops import float_power as float_power
from .ops import floor as floor
from .ops import floor_ as floor_
from .ops import floor_divide as floor_divide
from .ops import fmax as fmax
from .ops import fmin as fmin
from .ops import fmod as fmod
from .ops import frac as frac
from .ops import frac_ as frac_
from .ops import from_dlpack as from_dlpack
from .ops import from_numpy as from_numpy
from .ops import frombuffer as frombuffer
from .ops import full as full
from .ops import full_like as full_like
from .ops import gather as gather
from .ops import ge as ge
from .ops import ger as ger
from .ops import greater as greater
from .ops import greater_equal as greater_equal
from .ops import gt as gt
from .ops import hardshrink as hardshrink
from .ops import heaviside as heaviside
from .ops import histc as histc
from .ops import hsplit as hsplit
from .ops import hstack as hstack
from .ops import hypot as hypot
from .ops import imag as imag
from .ops import index_add as index_add
from .ops import index_copy as index_copy
from .ops import index_fill as index_fill
from .ops import index_put as index_put
from .ops import index_put_ as index_put_
from .ops import index_select as index_select
from .ops import inner as inner
from .ops import isclose as isclose
from .ops import isfinite as isfinite
from .ops import isinf as isinf
from .ops import isnan as isnan
from .ops import isneginf as isneginf
from .ops import isposinf as isposinf
from .ops import isreal as isreal
from .ops import kron as kron
from .ops import layer_norm as layer_norm
from .ops import ldexp as ldexp
from .ops import ldexp_ as ldexp_
from .ops import le as le
from .ops import lerp as lerp
from .ops import less as less
from .ops import less_equal as less_equal
from .ops import linspace as linspace
from .ops import log as log
from .ops import log1p as log1p
from .ops import log1p_ as log1p_
from .ops import log2 as log2
from .ops import log2_ as log2_
from .ops import log10 as log10
from .ops import log10_ as log10_
from .ops import log_ as log_
from .ops import log_softmax as log_softmax
from .ops import logaddexp as logaddexp
from .ops import logaddexp2 as logaddexp2
from .ops import logcumsumexp as logcumsumexp
from .ops import logical_and as logical_and
from .ops import logical_not as logical_not
from .ops import logical_or as logical_or
from .ops import logical_xor as logical_xor
from .ops import logit as logit
from .ops import logit_ as logit_
from .ops import logspace as logspace
from .ops import logsumexp as logsumexp
from .ops import lt as lt
from .ops import masked_fill as masked_fill
from .ops import masked_scatter as masked_scatter
from .ops import masked_select as masked_select
from .ops import matmul as matmul
from .ops import max as max
from .ops import max_pool1d as max_pool1d
from .ops import max_pool2d as max_pool2d
from .ops import max_pool3d as max_pool3d
from .ops import maximum as maximum
from .ops import mean as mean
from .ops import meshgrid as meshgrid
from .ops import min as min
from .ops import minimum as minimum
from .ops import mm as mm
from .ops import moveaxis as moveaxis
from .ops import movedim as movedim
from .ops import mul as mul
from .ops import multinomial as multinomial
from .ops import multiply as multiply
from .ops import mv as mv
from .ops import nan_to_num as nan_to_num
from .ops import nan_to_num_ as nan_to_num_
from .ops import nanmean as nanmean
from .ops import nansum as nansum
from .ops import narrow as narrow
from .ops import narrow_copy as narrow_copy
from .ops import native_layer_norm as native_layer_norm
from .ops import ne as ne
from .ops import neg as neg
from .ops import neg_ as neg_
from .ops import negative as negative
from .ops import negative_ as negative_
from .ops import nextafter as nextafter
from .ops import nonzero as nonzero
from .ops import normal as normal
from .ops import not_equal as not_equal
from .ops import ones as ones
from .ops import ones_like as ones_like
from .ops import outer as outer
from .ops import permute as permute
from .ops import permute_copy as permute_copy
from .ops import pixel_shuffle as pixel_shuffle
from .ops import pixel_unshuffle as pixel_unshuffle
from .ops import polar as polar
from .ops import positive as positive
from .ops import pow as pow
from .ops import prod as prod
from .ops import put as put
from .ops import rad2deg as rad2deg
from .ops import rad2deg_ as rad2deg_
from .ops import rand as rand
from .ops import rand_like as rand_like
from .ops import randint as randint
from .ops import randint_like as randint_like
from .ops import randn as randn
from .ops import randn_like as randn_like
from .ops import randperm as randperm
from .ops import ravel as ravel
from .ops import real as real
from .ops import reciprocal as reciprocal
from .ops import reciprocal_ as reciprocal_
from .ops import relu as relu
from .ops import relu_ as relu_
from .ops import remainder as remainder
from .ops import renorm as renorm
from .ops import repeat_interleave as repeat_interleave
from .ops import reshape as reshape
from .ops import roll as roll
from .ops import rot90 as rot90
from .ops import round as round
from .ops import round_ as round_
from .ops import row_stack as row_stack
from .ops import rsqrt as rsqrt
from .ops import rsqrt_ as rsqrt_
from .ops import rsub as rsub
from .ops import scalar_tensor as scalar_tensor
from .ops import scatter as scatter
from .ops import scatter_add as scatter_add
from .ops import select as select
from .ops import select_copy as select_copy
from .ops import select_scatter as select_scatter
from .ops import selu as selu
from .ops import selu_ as selu_
from .ops import sgn as sgn
from .ops import sigmoid as sigmoid
from .ops import sigmoid_ as sigmoid_
from .ops import sign as sign
from .ops import signbit as signbit
from .ops import sin as sin
from .ops import sin_ as sin_
from .ops import sinc as sinc
from .ops import sinc_ as sinc_
from .ops import sinh as sinh
from .ops import sinh_ as sinh_
from .ops import slice_scatter as slice_scatter
from .ops import softmax as softmax
from .ops import split as split
from .ops import split_copy as split_copy
from .ops import split_with_sizes as split_with_sizes
from .ops import split_with_sizes_copy as split_with_sizes_copy
from .ops import sqrt as sqrt
from .ops import sqrt_ as sqrt_
from .ops import square as square
from .ops import square_ as square_
from .ops import squeeze as squeeze
from .ops import squeeze_copy as squeeze_copy
from .ops import stack as stack
from .ops import std as std
from .ops import std_mean as std_mean
from .ops import sub as sub
from .ops import subtract as subtract
from .ops import sum as sum
from .ops import swapaxes as swapaxes
from .ops import swapdims as swapdims
from .ops import t as t
from .ops import t_copy as t_copy
from .ops import take as take
from .ops import take_along_dim as take_along_dim
from .ops import tan as tan
from .ops import tan_ as tan_
from .ops import tanh as tanh
from .ops import tanh_ as tanh_
from .ops import tensor as tensor
from .ops import tensor_split as tensor_split
from .ops import tensordot as tensordot
from .ops import threshold as threshold
from .ops import threshold_ as threshold_
from .ops import tile as tile
from .ops import trace as trace
from .ops import transpose as transpose
from .ops import transpose_copy as transpose_copy
from .ops import trapezoid as trapezoid
from .ops import tril as tril
from .ops import tril_indices as tril_indices
from .ops import triu as triu
from .ops import triu_indices as triu_indices
from .ops import true_divide as true_divide
from .ops import trunc as trunc
from .ops import trunc_ as trunc_
from .ops import unbind as unbind
from .ops import unbind_copy as unbind_copy
from .ops import unflatten as unflatten
from .ops import unfold_copy as unfold_copy
from .ops import unsqueeze as unsqueeze
from .ops import unsqueeze_copy as unsqueeze_copy
from .ops import vander as vander
from .ops import var as var
from .ops import var_mean as var_mean
from .ops import vdot as vdot
from .ops import view_as_complex as view_as_complex
from .ops import view_as_complex_copy as view_as_complex_copy
from .ops import view_as_real as view_as_real
from .ops import view_as_real_copy as view_as_real_copy
from .ops import view_copy as view_copy
from .ops import vsplit as vsplit
from .ops import vstack as vstack
from .ops import where as where
from .ops import xlogy as xlogy
from .ops import xlogy_ as xlogy_
from .ops import zero_ as zero_
from .ops import zeros as zeros
from .ops import zeros_like as zeros_like
from .ops.arrange.view import broadcast_shapes as broadcast_shapes
from .ops.families.types import result_type as result_type
from .ops.made.arguments import get_default_device as get_default_device
from .ops.made.arguments import set_default_device as set_default_device
from .ops.made.interchange import UntypedStorage as UntypedStorage
from .ops.random.generator import Generator as Generator
from .ops.random.generator import default_generator as default_generator
from .ops.random.generator import get_rng_state as get_rng_state
from .ops.random.generator import initial_seed as initial_seed
from .ops.random.generator import manual_seed as manual_seed
from .ops.random.generator import seed as seed
from .ops.random.generator import set_rng_state as set_rng_state
from .ops.reduce.norms import norm as norm
from .printing import set_printoptions as set_printoptions
from .tensor import TENSOR_TYPES as TENSOR_TYPES
from .tensor import Tensor as Tensor
from .tensor import is_complex as is_complex
from .tensor import is_conj as is_conj
from .tensor import is_floating_point as is_floating_point
from .tensor import is_neg as is_neg
from .tensor import is_nonzero as is_nonzero
from .tensor import is_same_size as is_same_size
from .tensor import is_signed as is_signed
from .tensor import is_storage as is_storage
from .tensor import is_tensor as is_tensor
from .tensor import layout as layout
from .tensor import numel as numel
from .utils.dlpack import to_dlpack as to_dlpack

channels_last: _memory_format
channels_last_3d: _memory_format
contiguous_format: _memory_format
preserve_format: _memory_format
bfloat16: _dtype
bool: _dtype
cdouble: _dtype
cfloat: _dtype
complex64: _dtype
complex128: _dtype
double: _dtype
float: _dtype
float16: _dtype
float32: _dtype
float64: _dtype
float8_e4m3fn: _dtype
float8_e5m2: _dtype
half: _dtype
int: _dtype
int8: _dtype
int16: _dtype
int32: _dtype
int64: _dtype
long: _dtype
short: _dtype
uint8: _dtype
uint16: _dtype
uint32: _dtype
uint64: _dtype
strided: _layout
inf: _float
nan: _float
pi: _float
e: _float
newaxis: None
__version__: str

class BFloat16Tensor(Tensor): ...
class BoolTensor(Tensor): ...
class ByteTensor(Tensor): ...
class CharTensor(Tensor): ...
class DoubleTensor(Tensor): ...
class FloatTensor(Tensor): ...
class HalfTensor(Tensor): ...
class IntTensor(Tensor): ...
class LongTensor(Tensor): ...
class ShortTensor(Tensor): ...
