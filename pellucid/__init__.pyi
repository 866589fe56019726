# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from pellucid import _C as _C
from pellucid import autograd as autograd
from pellucid import backends as backends
from pellucid import cuda as cuda
from pellucid import linalg as linalg
from pellucid import nn as nn
from pellucid import optim as optim
from pellucid import random as random
from pellucid import return_types as return_types
from pellucid import special as special
from pellucid import storage as storage
from pellucid import types as types
from pellucid import utils as utils
from pellucid import version as version
from pellucid.autograd import enable_grad as enable_grad
from pellucid.autograd import inference_mode as inference_mode
from pellucid.autograd import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from pellucid.autograd import is_anomaly_enabled as is_anomaly_enabled
from pellucid.autograd import is_grad_enabled as is_grad_enabled
from pellucid.autograd import is_inference_mode_enabled as is_inference_mode_enabled
from pellucid.autograd import no_grad as no_grad
from pellucid.autograd import set_grad_enabled as set_grad_enabled
from pellucid.core.memory import empty_cache as empty_cache
from pellucid.core.memory import get_num_threads as get_num_threads
from pellucid.core.memory import memory_stats as memory_stats
from pellucid.core.memory import set_num_threads as set_num_threads
from pellucid.core.meta import Size as Size
from pellucid.core.meta import memory_format as memory_format
from pellucid.device import device as device
from pellucid.dtypes import can_cast as can_cast
from pellucid.dtypes import dtype as dtype
from pellucid.dtypes import finfo as finfo
from pellucid.dtypes import get_default_dtype as get_default_dtype
from pellucid.dtypes import iinfo as iinfo
from pellucid.dtypes import promote_types as promote_types
from pellucid.dtypes import set_default_dtype as set_default_dtype
from pellucid.layouts import layout as layout
from pellucid.nn.functional import bilinear as bilinear
from pellucid.nn.functional import cosine_similarity as cosine_similarity
from pellucid.nn.functional import group_norm as group_norm
from pellucid.nn.functional import pairwise_distance as pairwise_distance
from pellucid.nn.functional import prelu as prelu
from pellucid.nn.functional import rms_norm as rms_norm
from pellucid.ops import abs as abs
from pellucid.ops import abs_ as abs_
from pellucid.ops import absolute as absolute
from pellucid.ops import acos as acos
from pellucid.ops import acos_ as acos_
from pellucid.ops import acosh as acosh
from pellucid.ops import acosh_ as acosh_
from pellucid.ops import adaptive_avg_pool1d as adaptive_avg_pool1d
from pellucid.ops import adaptive_max_pool1d as adaptive_max_pool1d
from pellucid.ops import add as add
from pellucid.ops import addbmm as addbmm
from pellucid.ops import addcdiv as addcdiv
from pellucid.ops import addcmul as addcmul
from pellucid.ops import addmm as addmm
from pellucid.ops import addmv as addmv
from pellucid.ops import addmv_ as addmv_
from pellucid.ops import addr as addr
from pellucid.ops import adjoint as adjoint
from pellucid.ops import alias_copy as alias_copy
from pellucid.ops import all as all
from pellucid.ops import allclose as allclose
from pellucid.ops import amax as amax
from pellucid.ops import amin as amin
from pellucid.ops import aminmax as aminmax
from pellucid.ops import angle as angle
from pellucid.ops import any as any
from pellucid.ops import arange as arange
from pellucid.ops import arccos as arccos
from pellucid.ops import arccos_ as arccos_
from pellucid.ops import arccosh as arccosh
from pellucid.ops import arccosh_ as arccosh_
from pellucid.ops import arcsin as arcsin
from pellucid.ops import arcsin_ as arcsin_
from pellucid.ops import arcsinh as arcsinh
from pellucid.ops import arcsinh_ as arcsinh_
from pellucid.ops import arctan as arctan
from pellucid.ops import arctan2 as arctan2
from pellucid.ops import arctan_ as arctan_
from pellucid.ops import arctanh as arctanh
from pellucid.ops import arctanh_ as arctanh_
from pellucid.ops import argmax as argmax
from pellucid.ops import argmin as argmin
from pellucid.ops import argwhere as argwhere
from pellucid.ops import as_strided as as_strided
from pellucid.ops import as_strided_copy as as_strided_copy
from pellucid.ops import as_strided_scatter as as_strided_scatter
from pellucid.ops import as_tensor as as_tensor
from pellucid.ops import asarray as asarray
from pellucid.ops import asin as asin
from pellucid.ops import asin_ as asin_
from pellucid.ops import asinh as asinh
from pellucid.ops import asinh_ as asinh_
from pellucid.ops import atan as atan
from pellucid.ops import atan2 as atan2
from pellucid.ops import atan_ as atan_
from pellucid.ops import atanh as atanh
from pellucid.ops import atanh_ as atanh_
from pellucid.ops import atleast_1d as atleast_1d
from pellucid.ops import atleast_2d as atleast_2d
from pellucid.ops import atleast_3d as atleast_3d
from pellucid.ops import avg_pool1d as avg_pool1d
from pellucid.ops import baddbmm as baddbmm
from pellucid.ops import bernoulli as bernoulli
from pellucid.ops import bincount as bincount
from pellucid.ops import bitwise_and as bitwise_and
from pellucid.ops import bitwise_left_shift as bitwise_left_shift
from pellucid.ops import bitwise_not as bitwise_not
from pellucid.ops import bitwise_or as bitwise_or
from pellucid.ops import bitwise_right_shift as bitwise_right_shift
from pellucid.ops import bitwise_xor as bitwise_xor
from pellucid.ops import block_diag as block_diag
from pellucid.ops import bmm as bmm
from pellucid.ops import broadcast_tensors as broadcast_tensors
from pellucid.ops import broadcast_to as broadcast_to
from pellucid.ops import cartesian_prod as cartesian_prod
from pellucid.ops import cat as cat
from pellucid.ops import ceil as ceil
from pellucid.ops import ceil_ as ceil_
from pellucid.ops import celu as celu
from pellucid.ops import celu_ as celu_
from pellucid.ops import channel_shuffle as channel_shuffle
from pellucid.ops import chunk as chunk
from pellucid.ops import clamp as clamp
from pellucid.ops import clamp_ as clamp_
from pellucid.ops import clamp_max as clamp_max
from pellucid.ops import clamp_max_ as clamp_max_
from pellucid.ops import clamp_min as clamp_min
from pellucid.ops import clamp_min_ as clamp_min_
from pellucid.ops import clip as clip
from pellucid.ops import clip_ as clip_
from pellucid.ops import clone as clone
from pellucid.ops import column_stack as column_stack
from pellucid.ops import combinations as combinations
from pellucid.ops import complex as complex
from pellucid.ops import concat as concat
from pellucid.ops import concatenate as concatenate
from pellucid.ops import conj as conj
from pellucid.ops import conj_physical as conj_physical
from pellucid.ops import conj_physical_ as conj_physical_
from pellucid.ops import constant_pad_nd as constant_pad_nd
from pellucid.ops import conv1d as conv1d
from pellucid.ops import conv2d as conv2d
from pellucid.ops import conv3d as conv3d
from pellucid.ops import conv_transpose1d as conv_transpose1d
from pellucid.ops import conv_transpose2d as conv_transpose2d
from pellucid.ops import conv_transpose3d as conv_transpose3d
from pellucid.ops import copysign as copysign
from pellucid.ops import corrcoef as corrcoef
from pellucid.ops import cos as cos
from pellucid.ops import cos_ as cos_
from pellucid.ops import cosh as cosh
from pellucid.ops import cosh_ as cosh_
from pellucid.ops import count_nonzero as count_nonzero
from pellucid.ops import cov as cov
from pellucid.ops import cross as cross
from pellucid.ops import cummax as cummax
from pellucid.ops import cummin as cummin
from pellucid.ops import cumprod as cumprod
from pellucid.ops import cumsum as cumsum
from pellucid.ops import cumulative_trapezoid as cumulative_trapezoid
from pellucid.ops import deg2rad as deg2rad
from pellucid.ops import deg2rad_ as deg2rad_
from pellucid.ops import diag as diag
from pellucid.ops import diag_embed as diag_embed
from pellucid.ops import diagflat as diagflat
from pellucid.ops import diagonal as diagonal
from pellucid.ops import diagonal_copy as diagonal_copy
from pellucid.ops import diagonal_scatter as diagonal_scatter
from pellucid.ops import diff as diff
from pellucid.ops import dist as dist
from pellucid.ops import div as div
from pellucid.ops import divide as divide
from pellucid.ops import dot as dot
from pellucid.ops import dropout as dropout
from pellucid.ops import dsplit as dsplit
from pellucid.ops import dstack as dstack
from pellucid.ops import einsum as einsum
from pellucid.ops import empty as empty
from pellucid.ops import empty_like as empty_like
from pellucid.ops import empty_permuted as empty_permuted
from pellucid.ops import empty_strided as empty_strided
from pellucid.ops import eq as eq
from pellucid.ops import equal as equal
from pellucid.ops import erf as erf
from pellucid.ops import erf_ as erf_
from pellucid.ops import erfc as erfc
from pellucid.ops import erfc_ as erfc_
from pellucid.ops import exp as exp
from pellucid.ops import exp2 as exp2
from pellucid.ops import exp2_ as exp2_
from pellucid.ops import exp_ as exp_
from pellucid.ops import expand_copy as expand_copy
from pellucid.ops import expm1 as expm1
from pellucid.ops import expm1_ as expm1_
from pellucid.ops import eye as eye
from pellucid.ops import fill as fill
from pellucid.ops import fill_ as fill_
from pellucid.ops import fix as fix
from pellucid.ops import fix_ as fix_
from pellucid.ops import flatten as flatten
from pellucid.ops import flip as flip
from pellucid.ops import fliplr as fliplr
from pellucid.ops import flipud as flipud
from pellucid.ops import float_power as float_power
from pellucid.ops import floor as floor
from pellucid.ops import floor_ as floor_
from pellucid.ops import floor_divide as floor_divide
from pellucid.ops import fmax as fmax
from pellucid.ops import fmin as fmin
from pellucid.ops import fmod as fmod
from pellucid.ops import frac as frac
from pellucid.ops import frac_ as frac_
from pellucid.ops import from_dlpack as from_dlpack
from pellucid.ops import from_numpy as from_numpy
from pellucid.ops import frombuffer as frombuffer
from pellucid.ops import full as full
from pellucid.ops import full_like as full_like
from pellucid.ops import gather as gather
from pellucid.ops import ge as ge
from pellucid.ops import ger as ger
from pellucid.ops import greater as greater
from pellucid.ops import greater_equal as greater_equal
from pellucid.ops import gt as gt
from pellucid.ops import hardshrink as hardshrink
from pellucid.ops import heaviside as heaviside
from pellucid.ops import histc as histc
from pellucid.ops import hsplit as hsplit
from pellucid.ops import hstack as hstack
from pellucid.ops import hypot as hypot
from pellucid.ops import imag as imag
from pellucid.ops import index_add as index_add
from pellucid.ops import index_copy as index_copy
from pellucid.ops import index_fill as index_fill
from pellucid.ops import index_put as index_put
from pellucid.ops import index_put_ as index_put_
from pellucid.ops import index_select as index_select
from pellucid.ops import inner as inner
from pellucid.ops import isclose as isclose
from pellucid.ops import isfinite as isfinite
from pellucid.ops import isinf as isinf
from pellucid.ops import isnan as isnan
from pellucid.ops import isneginf as isneginf
from pellucid.ops import isposinf as isposinf
from pellucid.ops import isreal as isreal
from pellucid.ops import kron as kron
from pellucid.ops import layer_norm as layer_norm
from pellucid.ops import ldexp as ldexp
from pellucid.ops import ldexp_ as ldexp_
from pellucid.ops import le as le
from pellucid.ops import lerp as lerp
from pellucid.ops import less as less
from pellucid.ops import less_equal as less_equal
from pellucid.ops import linspace as linspace
from pellucid.ops import log as log
from pellucid.ops import log1p as log1p
from pellucid.ops import log1p_ as log1p_
from pellucid.ops import log2 as log2
from pellucid.ops import log2_ as log2_
from pellucid.ops import log10 as log10
from pellucid.ops import log10_ as log10_
from pellucid.ops import log_ as log_
from pellucid.ops import log_softmax as log_softmax
from pellucid.ops import logaddexp as logaddexp
from pellucid.ops import logaddexp2 as logaddexp2
from pellucid.ops import logcumsumexp as logcumsumexp
from pellucid.ops import logical_and as logical_and
from pellucid.ops import logical_not as logical_not
from pellucid.ops import logical_or as logical_or
from pellucid.ops import logical_xor as logical_xor
from pellucid.ops import logit as logit
from pellucid.ops import logit_ as logit_
from pellucid.ops import logspace as logspace
from pellucid.ops import logsumexp as logsumexp
from pellucid.ops import lt as lt
from pellucid.ops import masked_fill as masked_fill
from pellucid.ops import masked_scatter as masked_scatter
from pellucid.ops import masked_select as masked_select
from pellucid.ops import matmul as matmul
from pellucid.ops import max as max
from pellucid.ops import max_pool1d as max_pool1d
from pellucid.ops import max_pool2d as max_pool2d
from pellucid.ops import max_pool3d as max_pool3d
from pellucid.ops import maximum as maximum
from pellucid.ops import mean as mean
from pellucid.ops import meshgrid as meshgrid
from pellucid.ops import min as min
from pellucid.ops import minimum as minimum
from pellucid.ops import mm as mm
from pellucid.ops import moveaxis as moveaxis
from pellucid.ops import movedim as movedim
from pellucid.ops import mul as mul
from pellucid.ops import multinomial as multinomial
from pellucid.ops import multiply as multiply
from pellucid.ops import mv as mv
from pellucid.ops import nan_to_num as nan_to_num
from pellucid.ops import nan_to_num_ as nan_to_num_
from pellucid.ops import nanmean as nanmean
from pellucid.ops import nansum as nansum
from pellucid.ops import narrow as narrow
from pellucid.ops import narrow_copy as narrow_copy
from pellucid.ops import native_layer_norm as native_layer_norm
from pellucid.ops import ne as ne
from pellucid.ops import neg as neg
from pellucid.ops import neg_ as neg_
from pellucid.ops import negative as negative
from pellucid.ops import negative_ as negative_
from pellucid.ops import nextafter as nextafter
from pellucid.ops import nonzero as nonzero
from pellucid.ops import normal as normal
from pellucid.ops import not_equal as not_equal
from pellucid.ops import ones as ones
from pellucid.ops import ones_like as ones_like
from pellucid.ops import outer as outer
from pellucid.ops import permute as permute
from pellucid.ops import permute_copy as permute_copy
from pellucid.ops import pixel_shuffle as pixel_shuffle
from pellucid.ops import pixel_unshuffle as pixel_unshuffle
from pellucid.ops import polar as polar
from pellucid.ops import positive as positive
from pellucid.ops import pow as pow
from pellucid.ops import prod as prod
from pellucid.ops import put as put
from pellucid.ops import rad2deg as rad2deg
from pellucid.ops import rad2deg_ as rad2deg_
from pellucid.ops import rand as rand
from pellucid.ops import rand_like as rand_like
from pellucid.ops import randint as randint
from pellucid.ops import randint_like as randint_like
from pellucid.ops import randn as randn
from pellucid.ops import randn_like as randn_like
from pellucid.ops import randperm as randperm
from pellucid.ops import ravel as ravel
from pellucid.ops import real as real
from pellucid.ops import reciprocal as reciprocal
from pellucid.ops import reciprocal_ as reciprocal_
from pellucid.ops import relu as relu
from pellucid.ops import relu_ as relu_
from pellucid.ops import remainder as remainder
from pellucid.ops import renorm as renorm
from pellucid.ops import repeat_interleave as repeat_interleave
from pellucid.ops import reshape as reshape
from pellucid.ops import resolve_conj as resolve_conj
from pellucid.ops import resolve_neg as resolve_neg
from pellucid.ops import roll as roll
from pellucid.ops import rot90 as rot90
from pellucid.ops import round as round
from pellucid.ops import round_ as round_
from pellucid.ops import row_stack as row_stack
from pellucid.ops import rsqrt as rsqrt
from pellucid.ops import rsqrt_ as rsqrt_
from pellucid.ops import rsub as rsub
from pellucid.ops import scalar_tensor as scalar_tensor
from pellucid.ops import scatter as scatter
from pellucid.ops import scatter_add as scatter_add
from pellucid.ops import select as select
from pellucid.ops import select_copy as select_copy
from pellucid.ops import select_scatter as select_scatter
from pellucid.ops import selu as selu
from pellucid.ops import selu_ as selu_
from pellucid.ops import sgn as sgn
from pellucid.ops import sigmoid as sigmoid
from pellucid.ops import sigmoid_ as sigmoid_
from pellucid.ops import sign as sign
from pellucid.ops import signbit as signbit
from pellucid.ops import sin as sin
from pellucid.ops import sin_ as sin_
from pellucid.ops import sinc as sinc
from pellucid.ops import sinc_ as sinc_
from pellucid.ops import sinh as sinh
from pellucid.ops import sinh_ as sinh_
from pellucid.ops import slice_scatter as slice_scatter
from pellucid.ops import softmax as softmax
from pellucid.ops import split as split
from pellucid.ops import split_copy as split_copy
from pellucid.ops import split_with_sizes as split_with_sizes
from pellucid.ops import split_with_sizes_copy as split_with_sizes_copy
from pellucid.ops import sqrt as sqrt
from pellucid.ops import sqrt_ as sqrt_
from pellucid.ops import square as square
from pellucid.ops import square_ as square_
from pellucid.ops import squeeze as squeeze
from pellucid.ops import squeeze_copy as squeeze_copy
from pellucid.ops import stack as stack
from pellucid.ops import std as std
from pellucid.ops import std_mean as std_mean
from pellucid.ops import sub as sub
from pellucid.ops import subtract as subtract
from pellucid.ops import sum as sum
from pellucid.ops import swapaxes as swapaxes
from pellucid.ops import swapdims as swapdims
from pellucid.ops import t as t
from pellucid.ops import t_copy as t_copy
from pellucid.ops import take as take
from pellucid.ops import take_along_dim as take_along_dim
from pellucid.ops import tan as tan
from pellucid.ops import tan_ as tan_
from pellucid.ops import tanh as tanh
from pellucid.ops import tanh_ as tanh_
from pellucid.ops import tensor as tensor
from pellucid.ops import tensor_split as tensor_split
from pellucid.ops import tensordot as tensordot
from pellucid.ops import threshold as threshold
from pellucid.ops import threshold_ as threshold_
from pellucid.ops import tile as tile
from pellucid.ops import trace as trace
from pellucid.ops import transpose as transpose
from pellucid.ops import transpose_copy as transpose_copy
from pellucid.ops import trapezoid as trapezoid
from pellucid.ops import tril as tril
from pellucid.ops import tril_indices as tril_indices
from pellucid.ops import triu as triu
from pellucid.ops import triu_indices as triu_indices
from pellucid.ops import true_divide as true_divide
from pellucid.ops import trunc as trunc
from pellucid.ops import trunc_ as trunc_
from pellucid.ops import unbind as unbind
from pellucid.ops import unbind_copy as unbind_copy
from pellucid.ops import unflatten as unflatten
from pellucid.ops import unfold_copy as unfold_copy
from pellucid.ops import unsqueeze as unsqueeze
from pellucid.ops import unsqueeze_copy as unsqueeze_copy
from pellucid.ops import vander as vander
from pellucid.ops import var as var
from pellucid.ops import var_mean as var_mean
from pellucid.ops import vdot as vdot
from pellucid.ops import view_as_complex as view_as_complex
from pellucid.ops import view_as_complex_copy as view_as_complex_copy
from pellucid.ops import view_as_real as view_as_real
from pellucid.ops import view_as_real_copy as view_as_real_copy
from pellucid.ops import view_copy as view_copy
from pellucid.ops import vsplit as vsplit
from pellucid.ops import vstack as vstack
from pellucid.ops import where as where
from pellucid.ops import xlogy as xlogy
from pellucid.ops import xlogy_ as xlogy_
from pellucid.ops import zero_ as zero_
from pellucid.ops import zeros as zeros
from pellucid.ops import zeros_like as zeros_like
from pellucid.ops.arrange.view import broadcast_shapes as broadcast_shapes
from pellucid.ops.families.types import result_type as result_type
from pellucid.ops.made.arguments import get_default_device as get_default_device
from pellucid.ops.made.arguments import set_default_device as set_default_device
from pellucid.ops.random.generator import Generator as Generator
from pellucid.ops.random.generator import default_generator as default_generator
from pellucid.ops.random.generator import get_rng_state as get_rng_state
from pellucid.ops.random.generator import initial_seed as initial_seed
from pellucid.ops.random.generator import manual_seed as manual_seed
from pellucid.ops.random.generator import seed as seed
from pellucid.ops.random.generator import set_rng_state as set_rng_state
from pellucid.ops.reduce.norms import norm as norm
from pellucid.printing import set_printoptions as set_printoptions
from pellucid.storage import TypedStorage as TypedStorage
from pellucid.storage import UntypedStorage as UntypedStorage
from pellucid.storage import from_file as from_file
from pellucid.tensor import TENSOR_TYPES as TENSOR_TYPES
from pellucid.tensor import Tensor as Tensor
from pellucid.tensor import is_complex as is_complex
from pellucid.tensor import is_conj as is_conj
from pellucid.tensor import is_floating_point as is_floating_point
from pellucid.tensor import is_neg as is_neg
from pellucid.tensor import is_nonzero as is_nonzero
from pellucid.tensor import is_same_size as is_same_size
from pellucid.tensor import is_signed as is_signed
from pellucid.tensor import is_storage as is_storage
from pellucid.tensor import is_tensor as is_tensor
from pellucid.tensor import numel as numel
from pellucid.types import _dtype, _float, _layout, _memory_format
from pellucid.utils.dlpack import to_dlpack as to_dlpack

channels_last: _memory_format
channels_last_3d: _memory_format
contiguous_format: _memory_format
preserve_format: _memory_format
bfloat16: _dtype
bool: _dtype
cdouble: _dtype
cfloat: _dtype
chalf: _dtype
complex32: _dtype
complex64: _dtype
complex128: _dtype
double: _dtype
float: _dtype
float16: _dtype
float32: _dtype
float64: _dtype
float8_e4m3fn: _dtype
float8_e4m3fnuz: _dtype
float8_e5m2: _dtype
float8_e5m2fnuz: _dtype
float8_e8m0fnu: _dtype
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
bit: _dtype
bits16: _dtype
bits1x8: _dtype
bits2x4: _dtype
bits4x2: _dtype
bits8: _dtype
float4_e2m1fn_x2: _dtype
int1: _dtype
int2: _dtype
int3: _dtype
int4: _dtype
int5: _dtype
int6: _dtype
int7: _dtype
qint32: _dtype
qint8: _dtype
quint2x4: _dtype
quint4x2: _dtype
quint8: _dtype
uint1: _dtype
uint2: _dtype
uint3: _dtype
uint4: _dtype
uint5: _dtype
uint6: _dtype
uint7: _dtype

class BFloat16Storage(TypedStorage): ...
class BFloat16Tensor(Tensor): ...
class BoolStorage(TypedStorage): ...
class BoolTensor(Tensor): ...
class ByteStorage(TypedStorage): ...
class ByteTensor(Tensor): ...
class CharStorage(TypedStorage): ...
class CharTensor(Tensor): ...
class ComplexDoubleStorage(TypedStorage): ...
class ComplexFloatStorage(TypedStorage): ...
class DoubleStorage(TypedStorage): ...
class DoubleTensor(Tensor): ...
class FloatStorage(TypedStorage): ...
class FloatTensor(Tensor): ...
class HalfStorage(TypedStorage): ...
class HalfTensor(Tensor): ...
class IntStorage(TypedStorage): ...
class IntTensor(Tensor): ...
class LongStorage(TypedStorage): ...
class LongTensor(Tensor): ...
class ShortStorage(TypedStorage): ...
class ShortTensor(Tensor): ...
