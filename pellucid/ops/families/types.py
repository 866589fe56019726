"""Types and devices of results: promotion, what a family accepts, where operands live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import dtypes
from ...check import check
from ...core.meta import Meta
from ...core.op import Plan
from ...core.write import check_exact as expect_dtype
from ...device import CPU, device
from ...dtypes import dtype

__all__ = ["result_dtype", "DEFAULT", "INT_TO_FLOAT", "BOOL", "COMPLEX_TO_REAL", "BOOL_TO_INT64"]


# how a result's type follows from the promoted type of the operands
DEFAULT, INT_TO_FLOAT, BOOL, COMPLEX_TO_REAL, BOOL_TO_INT64 = ("default", "int_to_float", "bool", "complex_to_real",
                                                               "bool_to_int64")


def result_dtype(parts: Sequence[Any]) -> dtype:
    """The type that operands promote to: tensors with dimensions, then 0-d tensors, then Python numbers; a later group
    counts only where its category (bool < int < float < complex) is higher. `parts` holds Metas, number types and
    Nones."""
    dims = zeros = numbers = None
    for part in parts:
        if part is None:
            continue
        if isinstance(part, Meta):
            if part.ndim:
                dims = part.dtype if dims is None else dtypes.promote_types(dims, part.dtype)
            else:
                zeros = part.dtype if zeros is None else dtypes.promote_types(zeros, part.dtype)
        else:
            kind = dtypes.scalar_dtype(part)
            numbers = kind if numbers is None else dtypes.promote_types(numbers, kind)
    found = _combine(_combine(dims, zeros), numbers)
    check(found is not None, "an operator got no operands")
    return found


def _combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return higher.to_complex() if lower.is_complex else higher
    if lower.is_complex:
        return lower
    if higher is dtypes.bool or lower.is_floating_point:
        return dtypes.promote_types(higher, lower)
    return higher


def expect_tensors(name: str, **operands: Any) -> None:
    """Raise TypeError unless these operands are tensors: for composites whose parts also take numbers."""
    for position, (operand, value) in enumerate(operands.items(), 1):
        check(hasattr(value, "meta"), "{}(): argument '{}' (position {}) must be Tensor, not {}", name, operand,
              position, type(value).__name__, error=TypeError)


def no_kernel(name: str, common: dtype, result: dtype, exact: bool,
              error: type[Exception] = NotImplementedError) -> Exception:
    """The error of an operator that does not compute in `common`. PyTorch looks at what is to be written to before it
    looks for a kernel, so the error carries the result's type, and whether it must be just that, to where they meet."""
    found = error(f'"{name}" not implemented for \'{type_name(common)}\'')
    found.result, found.exact = result, exact  # type: ignore[attr-defined]
    return found


def expect_dtypes(plan: Plan, results: Sequence[Meta]) -> None:
    for made, result in zip(plan.outputs, results, strict=True):
        expect_dtype(made.dtype, result.dtype)


def type_name(d: dtype) -> str:
    """PyTorch's name of a type in its messages: Float, Long, ..."""
    return d.title


def output_dtype(common: dtype, promotes: str) -> tuple[dtype, dtype]:
    """(the type to compute in, the type of the result)."""
    if promotes == INT_TO_FLOAT and common.is_integral:
        common = dtypes.get_default_dtype()
    if promotes == BOOL_TO_INT64 and common.is_integral:
        common = dtypes.int64
    if promotes == BOOL:
        return common, dtypes.bool
    if promotes == COMPLEX_TO_REAL:
        return common, common.to_real()
    return common, common


def common_device(name: str, operands: Sequence[Meta]) -> device:
    """Where operands live; 0-d CPU tensors may join any. RuntimeError where they are apart."""
    found = CPU
    for operand in operands:
        if operand.device is not found and operand.device != found:
            check(found is CPU and all(o.device != CPU or o.ndim == 0 for o in operands) or operand.ndim == 0,
                  "Expected all tensors to be on the same device, but found at least two devices, {} and {}!", found,
                  operand.device)
            found = operand.device if found is CPU else found
    return found


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The type that an operation of two tensors or numbers computes in."""
    return result_dtype([x.meta if hasattr(x, "meta") else type(x) for x in (tensor1, tensor2)])


def accumulator(d: dtype) -> dtype:
    """The type in which elements of type `d` are added up."""
    if d is dtypes.complex32:
        return dtypes.complex64
    return dtypes.float32 if d.itemsize == 2 and d.is_floating_point else d
