"""Python's operators on tensors, each a jump through `slots`.

The base class of TensorBase (core/tensor.py), which has all that is not an operator. Comparisons and the hash stand
together because Python inherits both or neither.
"""

import cython
import numpy

if not cython.compiled:                          # compiled, these come from the .pxd file
    from pellucid.core.slots import slots


def _is_operand(x):
    """Whether an operator of ours should try `x`; otherwise Python asks the other operand."""
    if isinstance(x, Operators) or isinstance(x, float) or isinstance(x, int):
        return True
    return x is not None and (isinstance(x, (complex, numpy.number, numpy.bool_))
                              or hasattr(type(x), "__torch_function__"))


def _beside(comparison, left, right):
    """A comparison with what is no operand: a NumPy array counts as the tensor over its memory; for anything else
    Python asks the other side. (Arithmetic is left to NumPy, as PyTorch does, which makes a tensor of the result.)"""
    return comparison(left, slots.of_array(right)) if type(right) is numpy.ndarray else NotImplemented


class Operators:
    """`a + b`, `a < b`, `a[i]`."""

    __array_priority__ = 1000                         # NumPy's operators leave mixed operands to ours

    def __hash__(self):
        return id(self)

    def __add__(self, other):
        return slots.add(self, other) if _is_operand(other) else NotImplemented

    def __radd__(self, other):
        return slots.add(other, self) if _is_operand(other) else NotImplemented

    def __iadd__(self, other):
        return slots.add_(self, other) if _is_operand(other) else NotImplemented

    def __sub__(self, other):
        return slots.sub(self, other) if _is_operand(other) else NotImplemented

    def __rsub__(self, other):
        return slots.sub(other, self) if _is_operand(other) else NotImplemented

    def __isub__(self, other):
        return slots.sub_(self, other) if _is_operand(other) else NotImplemented

    def __mul__(self, other):
        return slots.mul(self, other) if _is_operand(other) else NotImplemented

    def __rmul__(self, other):
        return slots.mul(other, self) if _is_operand(other) else NotImplemented

    def __imul__(self, other):
        return slots.mul_(self, other) if _is_operand(other) else NotImplemented

    def __truediv__(self, other):
        return slots.truediv(self, other) if _is_operand(other) else NotImplemented

    def __rtruediv__(self, other):
        return slots.truediv(other, self) if _is_operand(other) else NotImplemented

    def __itruediv__(self, other):
        return slots.truediv_(self, other) if _is_operand(other) else NotImplemented

    def __floordiv__(self, other):
        return slots.floordiv(self, other) if _is_operand(other) else NotImplemented

    def __rfloordiv__(self, other):
        return slots.floordiv(other, self) if _is_operand(other) else NotImplemented

    def __ifloordiv__(self, other):
        return slots.floordiv_(self, other) if _is_operand(other) else NotImplemented

    def __mod__(self, other):
        return slots.remainder(self, other) if _is_operand(other) else NotImplemented

    def __rmod__(self, other):
        return slots.remainder(other, self) if _is_operand(other) else NotImplemented

    def __imod__(self, other):
        return slots.remainder_(self, other) if _is_operand(other) else NotImplemented

    def __pow__(self, other, modulo=None):
        return slots.pow(self, other) if _is_operand(other) and modulo is None else NotImplemented

    def __rpow__(self, other, modulo=None):
        return slots.pow(other, self) if _is_operand(other) and modulo is None else NotImplemented

    def __ipow__(self, other):
        return slots.pow_(self, other) if _is_operand(other) else NotImplemented

    def __matmul__(self, other):
        return slots.matmul(self, other) if _is_operand(other) else NotImplemented

    def __rmatmul__(self, other):
        return slots.matmul(other, self) if _is_operand(other) else NotImplemented

    def __and__(self, other):
        return slots.bitwise_and(self, other) if _is_operand(other) else NotImplemented

    def __rand__(self, other):
        return slots.bitwise_and(other, self) if _is_operand(other) else NotImplemented

    def __iand__(self, other):
        return slots.and_(self, other) if _is_operand(other) else NotImplemented

    def __or__(self, other):
        return slots.bitwise_or(self, other) if _is_operand(other) else NotImplemented

    def __ror__(self, other):
        return slots.bitwise_or(other, self) if _is_operand(other) else NotImplemented

    def __ior__(self, other):
        return slots.or_(self, other) if _is_operand(other) else NotImplemented

    def __xor__(self, other):
        return slots.bitwise_xor(self, other) if _is_operand(other) else NotImplemented

    def __rxor__(self, other):
        return slots.bitwise_xor(other, self) if _is_operand(other) else NotImplemented

    def __ixor__(self, other):
        return slots.xor_(self, other) if _is_operand(other) else NotImplemented

    def __lshift__(self, other):
        return slots.lshift(self, other) if _is_operand(other) else NotImplemented

    def __rlshift__(self, other):
        return slots.lshift(other, self) if _is_operand(other) else NotImplemented

    def __ilshift__(self, other):
        return slots.lshift_(self, other) if _is_operand(other) else NotImplemented

    def __rshift__(self, other):
        return slots.rshift(self, other) if _is_operand(other) else NotImplemented

    def __rrshift__(self, other):
        return slots.rshift(other, self) if _is_operand(other) else NotImplemented

    def __irshift__(self, other):
        return slots.rshift_(self, other) if _is_operand(other) else NotImplemented

    def __lt__(self, other):
        return slots.lt(self, other) if _is_operand(other) else _beside(slots.lt, self, other)

    def __le__(self, other):
        return slots.le(self, other) if _is_operand(other) else _beside(slots.le, self, other)

    def __gt__(self, other):
        return slots.gt(self, other) if _is_operand(other) else _beside(slots.gt, self, other)

    def __ge__(self, other):
        return slots.ge(self, other) if _is_operand(other) else _beside(slots.ge, self, other)

    def __eq__(self, other):
        return slots.eq(self, other) if _is_operand(other) else _beside(slots.eq, self, other)

    def __ne__(self, other):
        return slots.ne(self, other) if _is_operand(other) else _beside(slots.ne, self, other)

    def __neg__(self):
        return slots.neg(self)

    def __pos__(self):
        return slots.positive(self)

    def __abs__(self):
        return slots.abs(self)

    def __getitem__(self, index):
        return slots.getitem(self, index)

    def __setitem__(self, index, value):
        slots.setitem(self, index, value)

    def __delitem__(self, index):
        raise TypeError("Tensor does not support deleting items")
