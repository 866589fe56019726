"""`gradcheck` and `gradgradcheck`: derivatives held against finite differences.

Complex numbers are pairs of real ones here: a Jacobian has a row for each real number in the output and a column for
each in the input. PyTorch's gradient of a real L by a complex z is dL/dRe z + i dL/dIm z, so its parts are just the
entries of those columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import autograd as engine
from ..core.node import Node
from ..dtypes import complex128, float64
from ..ops import _neg_view, from_numpy, randn_like, zeros_like
from ..tensor import Tensor

__all__ = ["gradcheck", "gradgradcheck", "GradcheckError", "get_numerical_jacobian", "get_analytical_jacobian"]


class GradcheckError(RuntimeError):
    """What gradcheck raises when it finds something wrong."""


def _tensors(x: Any) -> tuple[Any, ...]:
    """The arguments or results of a function, as a tuple."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _differentiable(x: Any) -> bool:
    return isinstance(x, Tensor) and (x.dtype.is_floating_point or x.dtype.is_complex)


def _reals(t: Tensor) -> np.ndarray[Any, Any]:
    """A copy of the elements as a row of real numbers."""
    array = np.ascontiguousarray(t.detach().to(complex128 if t.dtype.is_complex else float64)
                                 .numpy(force=True)).ravel()
    return array.view(np.float64).copy() if t.dtype.is_complex else array.copy()


def _memory(x: Tensor) -> tuple[np.ndarray[Any, Any], Callable[[Any], Any]]:
    """An array over a tensor's memory, and what makes of a number in it the one that the tensor shows, and back."""
    held = x.detach().conj() if x.is_conj() else x.detach()
    held = _neg_view(held) if x.is_neg() else held
    conj, sign = np.conj if x.is_conj() else np.asarray, -1 if x.is_neg() else 1
    return held.numpy(), lambda number: sign * conj(number)


def _outputs(func: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    return [out for out in _tensors(func(*inputs)) if _differentiable(out)]


def get_numerical_jacobian(func: Callable[..., Any], inputs: Sequence[Any], x: Tensor,
                           eps: float) -> list[np.ndarray[Any, Any]]:
    """d outputs / d x by central differences, an array (reals of the output, reals of x) an output. x is changed and
    restored in place.
    """
    values, shown = _memory(x)                   # shares memory and leaves the version alone
    columns: list[list[np.ndarray[Any, Any]]] = []
    for place in np.ndindex(values.shape):
        before = values[place]
        for step in (eps, 1j * eps) if x.dtype.is_complex else (eps,):
            values[place] = before + shown(step)
            above = [_reals(out) for out in _outputs(func, inputs)]
            values[place] = before - shown(step)
            below = [_reals(out) for out in _outputs(func, inputs)]
            values[place] = before
            columns.append([(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)])
    count = len(columns[0]) if columns else len(_outputs(func, inputs))
    return [np.stack([column[k] for column in columns], -1) if columns else np.zeros((0, 0)) for k in range(count)]


def _row(out: Tensor, place: tuple[Any, ...], one: complex) -> Tensor:
    """The gradient that asks for the row of one real number of an output."""
    v = zeros_like(out.detach())
    v.detach().numpy()[place] = one
    return v


def get_analytical_jacobian(out: Tensor, inputs: Sequence[Tensor]) -> list[np.ndarray[Any, Any]]:
    """d out / d inputs by backward, an array (reals of out, reals of the input) an input."""
    rows: list[list[np.ndarray[Any, Any]]] = [[] for _ in inputs]
    for place in np.ndindex(tuple(out.shape)):
        for one in (1, 1j) if out.dtype.is_complex else (1,):
            found = engine.grad((out,), inputs, (_row(out, place, one),), True, False,
                                True) if out.requires_grad else [None] * len(inputs)
            for k, (grad, x) in enumerate(zip(found, inputs, strict=True)):
                rows[k].append(np.zeros(x.numel() * (2 if x.dtype.is_complex else 1)) if grad is None else _reals(grad))
    return [np.stack(r) if r else np.zeros((0, 0)) for r in rows]


class _Undefined(Node):
    """A place in the graph that no gradient passes."""

    def __init__(self, tensor: Tensor):
        super().__init__()
        self.outputs = (tensor.meta,)
        self.connect((tensor,))

    def apply(self, grads: list[Any], create: bool, asked: Any = None) -> list[Any]:
        return [None]


def _without_gradient(tensor: Tensor) -> Tensor:
    node = _Undefined(tensor)
    other = tensor.detach()
    other.node, other.output_nr = node, 0
    return other


def _check_undefined(func: Callable[..., Any], inputs: Sequence[Any], checked: Sequence[Tensor]) -> None:
    """Backward must bear gradients that are not there: of all outputs at once, and of each in turn."""
    outs = [out for out in _outputs(func, inputs) if out.requires_grad]
    for missing in [range(len(outs)), *([k] for k in range(len(outs)) if len(outs) > 1)]:
        outs = [out for out in _outputs(func, inputs) if out.requires_grad]
        roots = tuple(_without_gradient(out) if k in missing else out for k, out in enumerate(outs))
        try:
            found = engine.grad(roots, checked, tuple(zeros_like(out.detach()) for out in roots), True, False, True)
        except RuntimeError as error:
            raise GradcheckError("Expected backward function to handle undefined output grads") from error
        for grad in found:
            if grad is not None and bool((grad != 0).any()):
                raise GradcheckError(
                    "Expected all input grads to be undefined or zero when all output grads are undefined or zero.")


def _check_all(func: Callable[..., Any], inputs: tuple[Any, ...], eps: float, atol: float, rtol: float,
               nondet_tol: float, check_undefined_grad: bool, check_grad_dtypes: bool, fast_mode: bool) -> None:
    checked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have "
            "requires_grad=True.")
    for i, x in enumerate(inputs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue
        if x.dtype not in (float64, complex128):
            warnings.warn(f"Input #{i} requires gradient and is not a double precision floating point or complex. This "
                          "check will likely fail if all the inputs are not of double precision floating point or "
                          "complex. ", UserWarning,
                          stacklevel=4)
        if any(stride == 0 and size > 1 for size, stride in zip(x.shape, x.stride(), strict=True)):
            raise RuntimeError(f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that "
                               "are non-overlapping to be able to compute the numerical gradients correctly. You "
                               "should call .contiguous on the input before passing it to gradcheck.")
        x.retain_grad()
    outs = _outputs(func, inputs)
    if fast_mode and not any(t.dtype.is_complex for t in (*checked, *outs)):
        _check_fast(func, inputs, checked, outs, eps, atol, rtol)
    else:
        _check_jacobians(func, inputs, checked, outs, eps, atol, rtol, nondet_tol)
    if check_grad_dtypes:
        _check_dtypes(outs, checked)
    if check_undefined_grad:
        _check_undefined(func, inputs, checked)


def _check_jacobians(func: Callable[..., Any], inputs: tuple[Any, ...], checked: list[Any], outs: list[Any], eps: float,
                     atol: float, rtol: float, nondet_tol: float) -> None:
    numerical = [get_numerical_jacobian(func, inputs, x, eps) for x in checked]
    for i, out in enumerate(outs):
        analytical, again = get_analytical_jacobian(out, checked), get_analytical_jacobian(out, checked)
        for j in range(len(checked)):
            a, n = analytical[j], numerical[j][i]
            if a.size and not np.allclose(a, n, rtol, atol, equal_nan=True):
                raise GradcheckError(
                    f"Jacobian mismatch for output {i} with respect to input {j},\nnumerical:{n}\nanalytical:{a}\n")
            if a.size and not np.allclose(a, again[j], 0, nondet_tol, equal_nan=True):
                raise GradcheckError("Backward is not reentrant, i.e., running backward with same input and "
                                     "grad_output multiple times gives different values, although analytical gradient "
                                     f"matches numerical gradient. The tolerance for nondeterminism was {nondet_tol}.")


def _check_fast(func: Callable[..., Any], inputs: tuple[Any, ...], checked: list[Any], outs: list[Any], eps: float,
                atol: float, rtol: float) -> None:
    """One random direction instead of all: v . (J u), by differences, against (v . J) . u, by backward."""
    random = np.random.default_rng(0)
    for j, x in enumerate(checked):
        direction = random.standard_normal(tuple(x.shape))
        direction /= max(float(np.linalg.norm(direction)), 1e-30)
        values, shown = _memory(x)
        before = values.copy()
        values[...] = before + shown(eps * direction)
        above = [_reals(out) for out in _outputs(func, inputs)]
        values[...] = before - shown(eps * direction)
        below = [_reals(out) for out in _outputs(func, inputs)]
        values[...] = before
        for i, out in enumerate(outs):
            v = random.standard_normal(tuple(out.shape))
            numerical = float(np.dot(v.ravel(), (above[i] - below[i]) / (2 * eps)))
            found = engine.grad((out,), (x,), (from_numpy(np.asarray(v)).to(out.dtype),), True, False,
                                True)[0] if out.requires_grad else None
            analytical = 0.0 if found is None else float(np.dot(_reals(found), direction.ravel()))
            if not np.isclose(analytical, numerical, rtol, atol * max(1.0, np.sqrt(out.numel())), equal_nan=True):
                raise GradcheckError(
                    f"Jacobian computed with fast mode mismatch for output {i} with respect to input "
                    f"{j}\nnumerical:{numerical}\n"
                                     f"analytical:{analytical}\n")


def _check_dtypes(outs: list[Any], checked: list[Any]) -> None:
    for out in outs:
        for grad, x in zip(engine.grad((out,), checked, (zeros_like(out.detach()),), True, False, True), checked,
                           strict=True):
            if grad is not None and grad.dtype is not x.dtype:
                raise GradcheckError("Backward is not consistent with the dtype of its input")


def gradcheck(func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
              raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
              check_batched_grad: bool = False,
              check_batched_forward_grad: bool = False, check_forward_ad: bool = False, check_backward_ad: bool = True,
              fast_mode: bool = False, masked: bool | None = None) -> bool:
    """Whether backward of func(*inputs) agrees with central differences, for all inputs that require grad (use
    float64).

    Raises GradcheckError where it does not, or returns False without `raise_exception`. Batches of gradients are
    computed one by one here, so `check_batched_grad` has nothing to check."""
    if check_forward_ad or check_batched_forward_grad:
        raise ValueError(
            "gradcheck cannot check forward mode here: functions of pellucid.autograd have backward derivatives only")
    inputs = _tensors(inputs)
    try:
        if check_backward_ad:
            _check_all(func, inputs, eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
                  atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True, nondet_tol: float = 0.0,
                  check_undefined_grad: bool = True, check_grad_dtypes: bool = False, check_batched_grad: bool = False,
                  check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False,
                  masked: bool = False) -> bool:
    """The same for the derivative of backward, with respect to the inputs and to the gradients it starts with (random
    ones, if none are given).
    """
    inputs = _tensors(inputs)
    if grad_outputs is None:
        outs = _outputs(func, inputs)
        made = [randn_like(out.detach().to(complex128 if out.dtype.is_complex else float64)) for out in outs]
        if gen_non_contig_grad_outputs:
            made = [_spread(v) for v in made]
        grad_outputs = tuple(v.to(out.dtype).requires_grad_() for v, out in zip(made, outs, strict=True))
    else:
        grad_outputs = _tensors(grad_outputs)
    count = len(grad_outputs)

    def derivative(*args: Any) -> tuple[Any, ...]:
        xs, vs = args[:-count], args[-count:]
        xs = tuple(x if isinstance(x, Tensor) and x.requires_grad else x for x in xs)
        wanted = tuple(x for x in xs if isinstance(x, Tensor) and x.requires_grad)
        outs = _outputs(func, xs)
        pairs = [(out, v) for out, v in zip(outs, vs, strict=True) if out.requires_grad]
        found = engine.grad(tuple(o for o, _ in pairs), wanted, tuple(v for _, v in pairs), True, True, True)
        return tuple(grad for grad in found if grad is not None)

    return gradcheck(derivative, (*inputs, *grad_outputs), eps=eps, atol=atol, rtol=rtol,
                     raise_exception=raise_exception, nondet_tol=nondet_tol,
                     check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
                     check_batched_grad=check_batched_grad, fast_mode=fast_mode, masked=masked)


def _spread(v: Tensor) -> Tensor:
    """The same values with gaps between them."""
    wide = zeros_like(v).unsqueeze(-1).repeat(*(1,) * v.ndim, 2)
    part = wide.select(-1, 0)
    part.copy_(v)
    return part
