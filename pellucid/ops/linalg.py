"""Matrix products: matmul and its special forms, linear layers. All plan the same kernels of `codegen.gemm`.

Operands are read where they lie, transposed or strided; a bias is added before the result is stored.
"""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..check import check
from ..codegen import gemm
from ..codegen.gemm import Operand
from ..core import meta as metas
from ..core.meta import Meta
from ..core.op import Plan
from .copy import check_number
from .family import REGISTRY, common_device, composite, steps, structured, type_name


def gemm_type(meta: Meta) -> str:
    """The element type as `codegen.gemm` names it."""
    return {"complex64": "c64", "complex128": "c128"}.get(meta.dtype.name, meta.dtype.ir)


def _product(name: str, a: Meta, b: Meta, bias: Meta | None = None, transpose_b: bool = False) -> Plan:
    """The plan of `a @ b (+ bias)` for operands of at least two dimensions, batches broadcast."""
    check(a.dtype is b.dtype, "{}: expected m1 and m2 to have the same dtype, but got: {} != {}", name, type_name(a.dtype), type_name(b.dtype))
    check(a.dtype.kind not in "bs", '"{}" not implemented for \'{}\'', name, type_name(a.dtype), error=NotImplementedError)
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
    launches, scratch = gemm.plan(operand(a), operand(b, transpose_b), operand(out), m, n, k, batch, bias=added, pointers=3 + (bias is not None))
    return Plan((out,), lambda: steps(launches), scratch)


def _row(meta: Meta) -> Meta:
    return metas.unsqueeze(meta, 0)[0]


def _column(meta: Meta) -> Meta:
    return metas.unsqueeze(meta, -1)[0]


def _reshaped(plan: Plan, shape: tuple[int, ...]) -> Plan:
    """The same kernels, their result without the dimensions that were added to vectors."""
    out = plan.outputs[0]
    return Plan((metas.contiguous(shape, out.dtype, out.device),), plan.build, plan.scratch)


def _matmul(name: str, a: Meta, b: Meta) -> Plan:
    check(a.ndim and b.ndim, "both arguments to {} need to be at least 1D, but they are {}D and {}D", name, a.ndim, b.ndim)
    k, rows = a.shape[-1], b.shape[-2] if b.ndim > 1 else b.shape[0]
    if k != rows:
        if a.ndim == b.ndim == 1:
            check(False, "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, but got {} and {} "
                  "elements respectively", k, rows, k, rows)
        if b.ndim == 1:
            check(False, "size mismatch, got input ({}), mat ({}x{}), vec ({})", a.shape[-2], a.shape[-2], k, rows)
        check(a.ndim <= 2 and b.ndim <= 2, "Expected size for first two dimensions of batch2 tensor to be: [{0}, {1}] but got: [{0}, {2}]. "
              "The shapes are {3} and {4}", a.shape[0], k, rows, list(a.shape), list(b.shape))
        check(False, "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})", a.shape[-2] if a.ndim > 1 else 1, k, rows, b.shape[-1])
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
    if other_meta.ndim == 2 and input.meta.ndim > 2:      # one matrix for the whole batch: its gradient is one product over all rows
        return matmul(input.flatten(0, -2).transpose(0, 1).conj(), grad.flatten(0, -2))
    return matmul(input.transpose(-2, -1).conj(), grad)


@structured
def matmul(input: Meta, other: Meta):
    """The matrix product. Vectors become a row or a column, dimensions before the last two broadcast as batches:
    (..., m, k) @ (..., k, n) is (..., m, n). Raises RuntimeError where sizes or types do not fit."""
    return _matmul("matmul", input, other)


@structured(exact=True)
def mm(input: Meta, mat2: Meta):
    """The product of two matrices: (m, k) @ (k, n)."""
    check(input.ndim == 2, "self must be a matrix")
    check(mat2.ndim == 2, "mat2 must be a matrix")
    return _matmul("mm", input, mat2)


@structured(exact=True)
def bmm(input: Meta, mat2: Meta):
    """The products of two batches of matrices: (b, m, k) @ (b, k, n)."""
    check(input.ndim == 3, "batch1 must be a 3D tensor")
    check(mat2.ndim == 3, "batch2 must be a 3D tensor")
    check(input.shape[0] == mat2.shape[0], "batch1 and batch2 must have same number of batches, got {} and {}", input.shape[0], mat2.shape[0])
    check(input.shape[2] == mat2.shape[1], "Expected size for first two dimensions of batch2 tensor to be: [{0}, {1}] but got: [{0}, {2}].",
          input.shape[0], input.shape[2], mat2.shape[1])
    return _matmul("bmm", input, mat2)


@structured(exact=True)
def mv(input: Meta, vec: Meta):
    """A matrix times a vector: (m, k) @ (k)."""
    check(input.ndim == 2 and vec.ndim == 1, "vector + matrix @ vector expected, got {}, {}", input.ndim, vec.ndim)
    return _matmul("mv", input, vec)


@structured
def dot(input: Meta, tensor: Meta):
    """The product of two vectors, summed (no conjugate is taken)."""
    check(input.ndim == 1 and tensor.ndim == 1, "1D tensors expected, but got {}D and {}D tensors", input.ndim, tensor.ndim)
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
    check(weight.ndim in (1, 2), "linear: weight must be a matrix (out_features, in_features), got {}", list(weight.shape))
    vector = weight.ndim == 1
    left, right = (_row(input) if input.ndim == 1 else input), (_row(weight) if vector else weight)
    check(input.ndim, "both arguments to linear need to be at least 1D, but they are {}D and {}D", input.ndim, weight.ndim)
    check(input.shape[-1] == right.shape[1], "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
          left.numel // max(1, left.shape[-1]), left.shape[-1], right.shape[1], right.shape[0])
    if bias is not None:
        check(not vector or (bias.ndim == 0 and input.ndim != 2), "mat2 must be a matrix, got {}-D tensor", weight.ndim)
        check(bias.dtype is input.dtype, "linear: expected bias to have the input's dtype {}, got {}", type_name(input.dtype), type_name(bias.dtype))
        check(bias.ndim <= 1 and bias.numel in (1, right.shape[0]), "linear: expected bias of shape [{}], got {}", right.shape[0], list(bias.shape))
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


@composite
def outer(input, vec2):
    """The products of every element of one vector with every element of another."""
    check(input.meta.ndim == 1 and vec2.meta.ndim == 1, "outer: Expected 1-D arguments, but got {}-D and {}-D", input.meta.ndim, vec2.meta.ndim)
    return input.unsqueeze(1) * vec2


REGISTRY["ger"] = outer


def _added(name: str, input: Any, product: Any, beta: Any, alpha: Any, ignores: bool = True) -> Any:
    """`beta * input + alpha * product`; an input times 0 is ignored, NaN and all, and with `ignores` so is a product."""
    number = {"b": bool, "u": int, "i": int}.get(product.meta.dtype.kind)      # factors take the result's type
    if number is not None:
        check_number(beta, product.meta.dtype)
        check_number(alpha, product.meta.dtype)
        beta, alpha = number(beta), number(alpha)
    if alpha == 0 and ignores:
        product = product.masked_fill(REGISTRY["ones_like"](product, dtype=dtypes.bool), 0)
    elif alpha != 1:
        product = product * alpha
    found = product if beta == 0 else (input if beta == 1 else input * beta) + product
    return found if found.meta.shape == product.meta.shape or beta else found.expand(metas.broadcast_shapes(input.meta.shape, product.meta.shape))


@composite(inplace=True)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """`beta * input + alpha * (mat1 @ mat2)`."""
    return _added("addmm", input, mm(mat1, mat2), beta, alpha)


@composite(inplace=True)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """`beta * input + alpha * (mat @ vec)`."""
    return _added("addmv", input, mv(mat, vec), beta, alpha)


@composite(inplace=True)
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """`beta * input + alpha * sum(batch1 @ batch2)` over the batch."""
    return _added("addbmm", input, bmm(batch1, batch2).sum(0), beta, alpha)


@composite(inplace=True)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """`beta * input + alpha * (batch1 @ batch2)` for each matrix of the batch."""
    return _added("baddbmm", input, bmm(batch1, batch2), beta, alpha, ignores=False)


@composite(inplace=True)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """`beta * input + alpha * outer(vec1, vec2)`."""
    return _added("addr", input, outer(vec1, vec2), beta, alpha, ignores=False)


# ---- other products -----------------------------------------------------------------------------------------------------------------------

@composite
def vdot(input, other):
    """The product of two vectors, summed; of complex ones the first is conjugated."""
    return dot(input.conj(), other)


@composite
def linalg_vecdot(x, y, *, dim=-1):
    """The products of vectors along `dim`, summed; of complex ones the first is conjugated."""
    check(x.meta.dtype.kind in "fc", "linalg.vecdot: Expected a floating point or complex tensor as input. Got {}", x.meta.dtype)
    return (x.conj() * y).sum(dim)


@composite
def inner(input, other):
    """The products of the vectors along the last dimensions of two tensors, summed; of 0-d ones the product."""
    if not input.meta.ndim or not other.meta.ndim:
        return input * other
    check(input.meta.shape[-1] == other.meta.shape[-1], "inner() the last dimension must match on both input tensors but got shapes {} and {}",
          list(input.meta.shape), list(other.meta.shape))
    return tensordot(input, other, ([-1], [-1]))


@composite
def tensordot(a, b, dims=2):
    """Products summed over `dims`: the last ones of `a` and first ones of `b` if a number, else (those of a, those of b)."""
    if isinstance(dims, int):
        check(dims >= 0, "tensordot expects dims >= 0, but got dims={}", dims)
        check(dims <= min(a.meta.ndim, b.meta.ndim), "tensordot expects dims < ndim_a or ndim_b, but got dims={}", dims)
        left, right = list(range(-dims, 0)), list(range(dims))
    else:
        left, right = (d.tolist() if hasattr(d, "meta") else [d] if isinstance(d, int) else list(d) for d in dims)
    check(len(left) == len(right), "both dimension lists should have same length")
    check(a.meta.dtype is b.meta.dtype, "both inputs should have same dtype")
    left, right = [metas.wrap_dim(d, a.meta.ndim) for d in left], [metas.wrap_dim(d, b.meta.ndim) for d in right]
    for i, j in zip(left, right):
        p, q = a.meta.shape[i], b.meta.shape[j]
        check(p == q or 1 in (p, q), "contracted dimensions need to match, but first has size {} in dim {} and second has size {} in dim {}", p, i, q, j)
        a = a.sum(i, keepdim=True) if q == 1 and p != 1 else a
        b = b.sum(j, keepdim=True) if p == 1 and q != 1 else b
    kept_a, kept_b = [d for d in range(a.meta.ndim) if d not in left], [d for d in range(b.meta.ndim) if d not in right]
    rows, columns = [a.meta.shape[d] for d in kept_a], [b.meta.shape[d] for d in kept_b]
    depth = math.prod(a.meta.shape[d] for d in left)
    x = a.permute(kept_a + left).reshape(math.prod(rows), depth)
    return mm(x, b.permute(right + kept_b).reshape(depth, math.prod(columns))).reshape(rows + columns)


@composite
def linalg_cross(input, other, *, dim=-1):
    """The cross products of vectors of three along `dim`."""
    check(input.meta.ndim == other.meta.ndim, "linalg.cross: inputs must have the same number of dimensions.")
    for x in (input, other):
        check(x.meta.shape[dim] == 3 if x.meta.ndim else False, "linalg.cross: inputs dimension {} must have length 3. Got {} and {}", dim,
              list(input.meta.shape), list(other.meta.shape))
    a, b = ([x.select(dim, k) for k in range(3)] for x in (input, other))
    return REGISTRY["stack"]([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], metas.wrap_dim(dim, input.meta.ndim))


@composite
def cross(input, other, dim=None):
    """The cross products of vectors along `dim`, or along the first dimension of size 3."""
    if dim is None:
        shape = metas.broadcast_shapes(input.meta.shape, other.meta.shape)
        check(3 in shape, "no dimension of size 3 in input")
        dim = shape.index(3) - len(shape)
    return linalg_cross(input, other, dim=dim)


@composite
def kron(input, other):
    """The Kronecker product: every element of `input` times the whole of `other`."""
    rank = max(input.meta.ndim, other.meta.ndim)
    a, b = ((1,) * (rank - x.meta.ndim) + tuple(x.meta.shape) for x in (input, other))
    found = input.reshape([n for size in a for n in (size, 1)]) * other.reshape([n for size in b for n in (1, size)])
    return found.reshape([p * q for p, q in zip(a, b)])


@composite
def trace(input):
    """The sum of a matrix's diagonal."""
    check(input.meta.ndim == 2, "trace: expected a matrix, but got tensor with dim {}", input.meta.ndim)
    return input.diagonal().sum()


@composite
def linalg_multi_dot(tensors):
    """The product of matrices (the first and the last may be vectors), in the order that needs the fewest multiplications."""
    n = len(tensors)
    check(n >= 2, "multi_dot(): expected at least 2 tensors but got {}", n)
    for k, t in enumerate(tensors):
        check(t.meta.ndim == 2 or (t.meta.ndim == 1 and k in (0, n - 1)), "multi_dot(): tensor {} must be 2D but got {}D", k, t.meta.ndim)
        check(t.meta.dtype is tensors[0].meta.dtype, "multi_dot(): all tensors must have be the same dtype but tensor 0 is {} and tensor {} {}",
              tensors[0].meta.dtype, k, t.meta.dtype)
    row, column = tensors[0].meta.ndim == 1, tensors[-1].meta.ndim == 1
    parts = [tensors[0].unsqueeze(0) if row else tensors[0], *tensors[1:-1], tensors[-1].unsqueeze(1) if column else tensors[-1]]
    sizes = [parts[0].meta.shape[0], *(t.meta.shape[1] for t in parts)]
    for k, t in enumerate(parts):
        check(t.meta.shape[0] == sizes[k], "multi_dot(): tensors {} and {} with shapes {} and {} cannot be multiplied", k - 1, k, list(parts[k - 1].meta.shape),
              list(t.meta.shape))
    cost: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}        # (multiplications, where to split)
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j] = min((cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))

    def product(i: int, j: int) -> Any:
        return parts[i] if i == j else mm(product(i, cost[i, j][1]), product(cost[i, j][1] + 1, j))

    found = product(0, n - 1)
    return found.squeeze((0, 1)) if row and column else found.squeeze(0) if row else found.squeeze(1) if column else found


@composite
def linalg_vander(x, *, N=None):
    """The powers 0 .. N-1 (default: as many as elements) of a vector's elements, along a new last dimension."""
    check(x.meta.ndim > 0 or N is not None, "linalg.vander: x must not be a 0-dim tensor")
    columns = x.meta.shape[-1] if N is None else N
    check(N is None or N > 1, "N must be greater than 1.")
    wide = (x if x.meta.ndim else x.reshape(1)).to(dtypes.int64 if x.meta.dtype.is_integral else x.meta.dtype)
    powers = wide.unsqueeze(-1).expand((*wide.meta.shape, max(0, columns - 1))).cumprod(-1)
    return REGISTRY["cat"]([REGISTRY["ones_like"](wide).unsqueeze(-1), powers], -1)


@composite
def vander(x, N=None, increasing=False):
    """The powers N-1 .. 0 of a vector's elements as rows (rising with `increasing`)."""
    check(x.meta.ndim == 1, "x must be a one-dimensional tensor.")
    wide = x.to(dtypes.int64) if x.meta.dtype.is_integral else x
    columns = wide.meta.shape[0] if N is None else N
    found = REGISTRY["cat"]([wide.new_ones((wide.meta.shape[0], min(columns, 1))), wide.unsqueeze(-1).expand((-1, max(0, columns - 1))).cumprod(-1)], -1)
    return found if increasing else found.flip(-1)


@composite
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of each matrix, a view."""
    return A.diagonal(offset, dim1, dim2)


# ---- Einstein's summation ------------------------------------------------------------------------------------------------------------------

@composite
def einsum(*args):
    """Products of tensors whose dimensions are named by letters, summed over the letters that the result lacks: `einsum("ij,jk->ik", a, b)`,
    or `einsum(a, [0, 1], b, [1, 2], [0, 2])`. "..." stands for dimensions without names."""
    if isinstance(args[0], str):
        equation, operands = args[0], args[1] if len(args) == 2 and isinstance(args[1], (tuple, list)) else args[1:]
        left, arrow, right = equation.replace(" ", "").partition("->")
        terms, result = [_letters(term) for term in left.split(",")], _letters(right) if arrow else None
    else:
        operands = args[:len(args) // 2 * 2:2]
        terms, result = [list(term) for term in args[1::2]], list(args[-1]) if len(args) % 2 else None
    check(len(operands) > 0, "einsum(): must provide at least one operand")
    check(len(terms) == len(operands), "einsum(): {} operands were provided than specified in the equation", "fewer" if len(terms) > len(operands) else "more")
    wide = 0
    for k, (term, x) in enumerate(zip(terms, operands)):
        free = x.meta.ndim - len(term) + (... in term)
        check(free == 0 or (free > 0 and ... in term), "einsum(): the number of subscripts in the equation ({}) {} the number of dimensions ({}) for operand {}"
              "{}", len(term) - (... in term), "is more than" if free < 0 else "does not match", x.meta.ndim, k,
              "" if free < 0 else " and no ellipsis was given")
        wide = max(wide, free)
    spread = [("...", k) for k in range(wide)]

    def named(term: list[Any], free: int) -> list[Any]:
        at = term.index(...) if ... in term else len(term)
        return term[:at] + (spread[wide - free:] if ... in term else []) + term[at + 1:]

    names = [named(term, x.meta.ndim - len(term) + 1) for term, x in zip(terms, operands)]
    if result is None:
        every = [n for own in names for n in own]
        result = spread + sorted(n for n in set(every) if n not in spread and every.count(n) == 1)
    else:
        result = named(result, wide)
        for n in result:
            check(result.count(n) == 1, "einsum(): output subscript {} appears more than once in the output", n)
            check(n in spread or any(n in own for own in names), "einsum(): output subscript {} does not appear in the equation for any input operand", n)
    parts = [_distinct(x, own) for x, own in zip(operands, names)]
    sizes: dict[Any, int] = {}
    for x, own in parts:
        for n, size in zip(own, x.meta.shape):
            seen = sizes.get(n, 1)
            check(seen in (1, size) or size == 1, "einsum(): subscript {} has size {} for operand which does not broadcast with previously seen size {}", n,
                  size, seen)
            sizes[n] = size if seen == 1 else seen
    found, own = parts[0]
    for k, (x, other) in enumerate(parts[1:], 2):
        later = {n for _, names_later in parts[k:] for n in names_later} | set(result)
        found, own = _contracted(found, own, x, other, later)
    gone = [d for d, n in enumerate(own) if n not in result]
    found = found.sum(gone) if gone else found
    own = [n for n in own if n in result]
    missing = [n for n in result if n not in own]
    for _ in missing:
        found = found.unsqueeze(-1)
    return found.permute([(own + missing).index(n) for n in result])


def _letters(term: str) -> list[Any]:
    """The names in a term: letters, and ... for an ellipsis."""
    head, dots, tail = term.partition("...")
    check(all(c.isalpha() for c in head + tail), "einsum(): invalid subscript given in the equation string, subscripts must be in [a-zA-Z]: {}", term)
    return [*head, *([...] if dots else []), *tail]


def _distinct(x: Any, names: list[Any]) -> tuple[Any, list[Any]]:
    """The tensor with dimensions of the same name made one: their diagonal."""
    names = list(names)
    for n in list(dict.fromkeys(names)):
        while names.count(n) > 1:
            one = names.index(n)
            two = names.index(n, one + 1)
            check(x.meta.shape[one] == x.meta.shape[two], "einsum(): subscript {} is repeated for operand but the sizes don't match, {} != {}", n,
                  x.meta.shape[one],
                  x.meta.shape[two])
            x = x.diagonal(0, one, two)
            names = [m for d, m in enumerate(names) if d not in (one, two)] + [n]
    return x, names


def _contracted(a: Any, mine: list[Any], b: Any, other: list[Any], later: set[Any]) -> tuple[Any, list[Any]]:
    """The product of two tensors, summed over the names that nobody asks for later: one batched matrix product."""
    def only(x: Any, own: list[Any], others: list[Any]) -> tuple[Any, list[Any]]:
        gone = [d for d, n in enumerate(own) if n not in later and (n not in others or x.meta.shape[d] == 1)]
        return (x.sum(gone), [n for d, n in enumerate(own) if d not in gone]) if gone else (x, own)

    a, mine = only(a, mine, other)
    b, other = only(b, other, mine)
    a, mine = only(a, mine, other)
    both = [n for n in mine if n in other]
    batch, summed = [n for n in both if n in later], [n for n in both if n not in later]
    rows, columns = [n for n in mine if n not in both], [n for n in other if n not in both]
    size = dict(zip(other, b.meta.shape)) | {n: s for n, s in zip(mine, a.meta.shape) if n not in both or s != 1}

    def laid_out(x: Any, own: list[Any], groups: list[list[Any]]) -> Any:
        order = [n for group in groups for n in group]
        return x.permute([own.index(n) for n in order]).expand([size[n] for n in order]).reshape([math.prod(size[n] for n in group) for group in groups])

    found = bmm(laid_out(a, mine, [batch, rows, summed]), laid_out(b, other, [batch, summed, columns]))
    names = batch + rows + columns
    return found.reshape([size[n] for n in names]), names
