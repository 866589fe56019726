"""Matrix products."""

from __future__ import annotations

import builtins
import functools
import warnings
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.dense import gemm
from ...codegen.dense.tile import Operand
from ...core import meta as metas
from ...core.meta import Meta
from ...core.op import Plan
from ..families.composites import composite
from ..families.declare import plan_of, register
from ..families.planned import structured
from ..families.types import common_device, result_dtype, type_name
from ..made.copy import check_number
from ..made.size import ones_like


def gemm_type(meta: Meta) -> str:
    """The element type as `codegen.gemm` names it."""
    return {"complex64": "c64", "complex128": "c128"}.get(meta.dtype.name, meta.dtype.ir)


def _product(name: str, a: Meta, b: Meta, bias: Meta | None = None, transpose_b: bool = False) -> Plan:
    """The plan of `a @ b (+ bias)` for operands of at least two dimensions, batches broadcast."""
    check(a.dtype is b.dtype, "{}: expected m1 and m2 to have the same dtype, but got: {} != {}", name,
          type_name(a.dtype), type_name(b.dtype))
    check(a.dtype.kind not in "bso" and a.dtype is not dtypes.complex32, '"{}" not implemented for \'{}\'', name,
          type_name(a.dtype), error=NotImplementedError)
    m, k = a.shape[-2:]
    n = b.shape[-2] if transpose_b else b.shape[-1]
    batch = tuple(metas.broadcast_pair(tuple(a.shape[:-2]), tuple(b.shape[:-2])))
    out = metas.contiguous((*batch, m, n), a.dtype, common_device(name, [a, b] if bias is None else [a, b, bias]))

    def operand(x: Meta, turn: bool = False) -> Operand:
        strides = metas.broadcast_strides(x, (*batch, *x.shape[-2:]))
        made = Operand(gemm_type(x), strides[-2], strides[-1], tuple(strides[:-2]))
        return made.transposed() if turn else made

    added = None
    if bias is not None:
        strides = metas.broadcast_strides(bias, out.shape)
        added = Operand(gemm_type(bias), strides[-2], strides[-1], tuple(strides[:-2]))
    return plan_of((out,),
                   lambda target: gemm.plan(operand(a), operand(b, transpose_b), operand(out), m, n, k, batch,
                                            bias=added,
                                                 pointers=3 + (bias is not None), vector_bytes=target.vector_bytes,
                                            halves=target.halves))


def _row(meta: Meta) -> Meta:
    return metas.unsqueeze(meta, 0)[0]


def _column(meta: Meta) -> Meta:
    return metas.unsqueeze(meta, -1)[0]


def _reshaped(plan: Plan, shape: tuple[int, ...]) -> Plan:
    """The same kernels, their result without the dimensions that were added to vectors."""
    out = plan.outputs[0]
    return Plan((metas.contiguous(shape, out.dtype, out.device),), plan.build)


def _matmul(name: str, a: Meta, b: Meta) -> Plan:
    check(a.ndim and b.ndim, "both arguments to {} need to be at least 1D, but they are {}D and {}D", name, a.ndim,
          b.ndim)
    k, rows = a.shape[-1], b.shape[-2] if b.ndim > 1 else b.shape[0]
    if k != rows:
        if a.ndim == b.ndim == 1:
            check(False,
                  "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, "
                  "but got {} and {} elements respectively", k, rows, k, rows)
        if b.ndim == 1:
            check(False, "size mismatch, got input ({}), mat ({}x{}), vec ({})", a.shape[-2], a.shape[-2], k, rows)
        check(a.ndim <= 2 and b.ndim <= 2,
              "Expected size for first two dimensions of batch2 tensor to be: [{0}, {1}] but got: [{0}, {2}]. "
              "The shapes are {3} and {4}", a.shape[0], k, rows, list(a.shape), list(b.shape))
        check(False, "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})", a.shape[-2] if a.ndim > 1 else 1, k,
              rows, b.shape[-1])
    left, right = _row(a) if a.ndim == 1 else a, _column(b) if b.ndim == 1 else b
    plan = _product(name, left, right)
    if a.ndim > 1 and b.ndim > 1:
        return plan
    shape = list(plan.outputs[0].shape)
    if b.ndim == 1:
        shape.pop()
    if a.ndim == 1:
        shape.pop(-1 if b.ndim == 1 else -2)
    return _reshaped(plan, tuple(shape))


def _left_gradient(grad, other, input_meta):
    if input_meta.ndim == 1:
        if other.meta.ndim == 1:
            return grad * other.conj()
        return matmul(other.conj(), grad.unsqueeze(-1)).squeeze(-1)
    if other.meta.ndim == 1:
        return grad.unsqueeze(-1) * other.conj()
    return matmul(grad, other.transpose(-2, -1).conj())


def _right_gradient(grad, input, other_meta):
    if other_meta.ndim == 1:
        if input.meta.ndim == 1:
            return grad * input.conj()
        return matmul(input.transpose(-2, -1).conj(), grad.unsqueeze(-1)).squeeze(-1)
    if input.meta.ndim == 1:
        return input.conj().unsqueeze(-1) * grad.unsqueeze(-2)
    # one matrix for the whole batch: its gradient is one product over all rows
    if other_meta.ndim == 2 and input.meta.ndim > 2:
        return matmul(input.flatten(0, -2).transpose(0, 1).conj(), grad.flatten(0, -2))
    return matmul(input.transpose(-2, -1).conj(), grad)


@structured(exact=True, linear=("input", "other"))
def matmul(input: Meta, other: Meta):
    """The matrix product. Vectors become a row or a column, dimensions before the last two broadcast as batches:
    (..., m, k) @ (..., k, n) is (..., m, n). Raises RuntimeError where sizes or types do not fit."""
    return _matmul("matmul", input, other)


@structured(exact=True, linear=("input", "mat2"))
def mm(input: Meta, mat2: Meta):
    """The product of two matrices: (m, k) @ (k, n)."""
    check(input.ndim == 2, "self must be a matrix")
    check(mat2.ndim == 2, "mat2 must be a matrix")
    return _matmul("mm", input, mat2)


@structured(exact=True, linear=("input", "mat2"))
def bmm(input: Meta, mat2: Meta):
    """The products of two batches of matrices: (b, m, k) @ (b, k, n)."""
    check(input.ndim == 3, "batch1 must be a 3D tensor")
    check(mat2.ndim == 3, "batch2 must be a 3D tensor")
    check(input.shape[0] == mat2.shape[0], "batch1 and batch2 must have same number of batches, got {} and {}",
          input.shape[0], mat2.shape[0])
    check(input.shape[2] == mat2.shape[1],
          "Expected size for first two dimensions of batch2 tensor to be: [{0}, {1}] but got: [{0}, {2}].",
          input.shape[0], input.shape[2], mat2.shape[1])
    return _matmul("bmm", input, mat2)


@structured(exact=True, linear=("input", "vec"))
def mv(input: Meta, vec: Meta):
    """A matrix times a vector: (m, k) @ (k)."""
    check(input.ndim == 2 and vec.ndim == 1, "vector + matrix @ vector expected, got {}, {}", input.ndim, vec.ndim)
    return _matmul("mv", input, vec)


@structured(exact=True, linear=("input", "tensor"))
def dot(input: Meta, tensor: Meta):
    """The product of two vectors, summed (no conjugate is taken)."""
    check(input.ndim == 1 and tensor.ndim == 1, "1D tensors expected, but got {}D and {}D tensors", input.ndim,
          tensor.ndim)
    return _matmul("dot", input, tensor)


matmul.derivative("input")(_left_gradient)
matmul.derivative("other")(_right_gradient)
for _op, _second in ((mm, "mat2"), (bmm, "mat2"), (mv, "vec"), (dot, "tensor")):
    _left = {"mat2": lambda grad, mat2, input_meta: _left_gradient(grad, mat2, input_meta),
             "vec": lambda grad, vec, input_meta: _left_gradient(grad, vec, input_meta),
             "tensor": lambda grad, tensor, input_meta: _left_gradient(grad, tensor, input_meta)}[_second]
    _right = {"mat2": lambda grad, input, mat2_meta: _right_gradient(grad, input, mat2_meta),
              "vec": lambda grad, input, vec_meta: _right_gradient(grad, input, vec_meta),
              "tensor": lambda grad, input, tensor_meta: _right_gradient(grad, input, tensor_meta)}[_second]
    _op.derivative("input")(_left)
    _op.derivative(_second)(_right)


@structured
def linear(input: Meta, weight: Meta, bias: Meta | None = None):
    """`input @ weight.T + bias`: (..., in) with weight (out, in) and bias (out) is (..., out)."""
    check(weight.ndim in (1, 2), "linear: weight must be a matrix (out_features, in_features), got {}",
          list(weight.shape))
    vector = weight.ndim == 1
    left, right = (_row(input) if input.ndim == 1 else input), (_row(weight) if vector else weight)
    check(input.ndim, "both arguments to linear need to be at least 1D, but they are {}D and {}D", input.ndim,
          weight.ndim)
    check(input.shape[-1] == right.shape[1], "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
          left.numel // max(1, left.shape[-1]), left.shape[-1], right.shape[1], right.shape[0])
    if bias is not None:
        check(right.dtype is input.dtype,
              "mat1 and mat2 must have the same dtype, but got {} and {}: the input's and the weight's of linear()",
              type_name(input.dtype), type_name(right.dtype))
        check(not vector or (bias.ndim == 0 and input.ndim != 2), "mat2 must be a matrix, got {}-D tensor", weight.ndim)
        check(bias.dtype is input.dtype, "linear: expected bias to have the input's dtype {}, got {}",
              type_name(input.dtype), type_name(bias.dtype))
        check(bias.ndim <= 1 and bias.numel in (1, right.shape[0]), "linear: expected bias of shape [{}], got {}",
              right.shape[0], list(bias.shape))
    plan = _product("linear", left, right, bias, transpose_b=True)
    shape = list(plan.outputs[0].shape)
    if vector:
        shape.pop()
    if input.ndim == 1:
        shape.pop(-1 if vector else -2)
    return _reshaped(plan, tuple(shape))


@linear.derivative("input")
def _(grad, weight):
    return grad.unsqueeze(-1) * weight if weight.meta.ndim == 1 else matmul(grad, weight.conj())


@linear.derivative("weight")
def _(grad, input, weight_meta):
    rows = input.unsqueeze(0) if input.meta.ndim == 1 else input.flatten(0, -2)
    if weight_meta.ndim == 1:
        return matmul(grad.reshape(-1), rows.conj())
    return matmul((grad.unsqueeze(0) if grad.meta.ndim == 1 else grad.flatten(0, -2)).transpose(0, 1), rows.conj())


@linear.derivative("bias")
def _(grad):
    return grad


@composite(out=True)
def outer(input, vec2):
    """The products of every element of one vector with every element of another."""
    check(input.meta.ndim == 1 and vec2.meta.ndim == 1, "outer: Expected 1-D arguments, but got {}-D and {}-D",
          input.meta.ndim, vec2.meta.ndim)
    return input.unsqueeze(1) * vec2


register(outer, "ger")


def _added(name: str, input: Any, multiply: Any, factors: tuple[Any, Any], beta: Any, alpha: Any,
           ignores: bool = True, dense: bool = True) -> Any:
    """`beta * input + alpha * multiply(*factors)`, all of one type; an input times 0 is ignored, NaN and all, and with
    `ignores` so is a product; `dense`: laid out as the product is. Of half-precision tensors it is
    rounded once, at the end."""
    d = input.meta.dtype
    check(builtins.all(x.meta.dtype is d for x in factors),
          "{}: input and factors must have the same dtype, but got {}, {} and {}", name, type_name(d),
          *(type_name(x.meta.dtype) for x in factors))
    half = d.itemsize == 2 and d.is_floating_point
    if half:
        input, factors = input.to(dtypes.float32), [x.to(dtypes.float32) for x in factors]
    product = multiply(*factors)
    if input.meta.shape != product.meta.shape:
        input = input.expand(product.meta.shape)           # or PyTorch's error: the input is what is broadcast
    number = {"b": bool, "u": int, "i": int}.get(product.meta.dtype.kind)      # factors take the result's type
    check_number(beta, product.meta.dtype)
    check_number(alpha, product.meta.dtype)
    if number is not None:
        beta, alpha = number(beta), number(alpha)
    if alpha == 0 and ignores:
        product = product.masked_fill(ones_like(product, dtype=dtypes.bool), 0)
    elif alpha != 1:
        product = product * alpha
    added = input if beta == 1 or beta == 0 else input * beta
    found = product if beta == 0 else product + added if dense else added + product
    return found.to(d) if half else found


def old_order(function: Any) -> Any:
    """Let the factors be given by position too, before or among the tensors, as PyTorch's deprecated forms have them:
    `x.addmm(beta, alpha, a, b)`.
    """
    @functools.wraps(function)
    def ordered(*args, **kwargs):
        if len(args) > 3:
            tensors, factors = [x for x in args if hasattr(x, "meta")], [x for x in args if not hasattr(x, "meta")]
            if len(tensors) == 3 and len(factors) <= 2:
                warnings.warn(f"This overload of {function.__name__} is deprecated: give beta and alpha by keyword",
                              UserWarning, stacklevel=2)
                args, kwargs = tensors, {**dict(zip(("beta", "alpha"), factors)), **kwargs}
        return function(*args, **kwargs)

    return ordered


@composite(inplace=True, exact=True, out=True)
@old_order
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """`beta * input + alpha * (mat1 @ mat2)`."""
    return _added("addmm", input, mm, (mat1, mat2), beta, alpha)


@composite(inplace=True, exact=True, out=True)
@old_order
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """`beta * input + alpha * (mat @ vec)`."""
    return _added("addmv", input, mv, (mat, vec), beta, alpha)


def _summed_bmm(batch1: Any, batch2: Any) -> Any:
    return bmm(batch1, batch2).sum(0)


@composite(inplace=True, exact=True, out=True)
@old_order
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """`beta * input + alpha * sum(batch1 @ batch2)` over the batch."""
    return _added("addbmm", input, _summed_bmm, (batch1, batch2), beta, alpha)


@composite(inplace=True, exact=True, out=True)
@old_order
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """`beta * input + alpha * (batch1 @ batch2)` for each matrix of the batch."""
    return _added("baddbmm", input, bmm, (batch1, batch2), beta, alpha, ignores=False)


@composite(inplace=True, out=True)
@old_order
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """`beta * input + alpha * outer(vec1, vec2)`."""
    common = result_dtype([x.meta for x in (input, vec1, vec2)])
    for name, factor in (("beta", beta), ("alpha", alpha)):
        check(type(factor) is not bool or common is dtypes.bool, "Boolean {} only supported for Boolean results.", name)
        check(not isinstance(factor, float) or common.kind not in "bui",
              "For integral input tensors, argument {} must not be a floating point number.", name)
    if vec1.meta.ndim == vec2.meta.ndim == 1:
        input = input.expand((vec1.meta.shape[0], vec2.meta.shape[0]))
    common = result_dtype([x.meta for x in (input, vec1, vec2)])
    return _added("addr", input.to(common), outer, (vec1.to(common), vec2.to(common)), beta, alpha, ignores=False,
                  dense=False)
