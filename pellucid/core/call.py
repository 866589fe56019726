"""A call that is not of the plainest kind: keywords, defaults, NumPy's numbers, subclasses; and what to say when it is
wrong.

Called by core/op.py, from `start` and `dispatch` down. What stands here is cold, or only as warm as the building of a
dictionary.
"""

import inspect
import warnings

import cython
import numpy

from pellucid.core.plan import REQUIRED

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.geometry import Meta
    from pellucid.core.inplace import check_inplace
    from pellucid.core.plan import EITHER, NO_BOOLS, ONLY_BOOLS, OPERAND, OPERANDS, SCALAR, STATIC, is_default
    from pellucid.core.state import current
    from pellucid.core.tensor import TensorBase


class Overridden(Exception):
    """A class with a __torch_function__ has a say in a call.

    Raised where that is found, caught where the call's arguments are known.
    """


def _in_order(op, values, kwargs, factors):
    """Arguments of a form that PyTorch has deprecated, in today's order: `x.add(alpha, other)`,
    `addcmul(input, value, tensor1, tensor2)`."""
    tensors = [x for x in values if isinstance(x, TensorBase)]
    numbers = [x for x in values if not isinstance(x, TensorBase)]
    if len(tensors) != op.positional or len(numbers) > len(factors):
        return values, kwargs
    warnings.warn(f"This overload of {op.name} is deprecated: give {' and '.join(factors)} by keyword", UserWarning,
                  stacklevel=2)
    return tensors, {**dict(zip(factors, numbers)), **kwargs}


def bind(op, args, kwargs):
    """The values of all parameters, in order; an `out` is the caller's. TypeError in Python's manner."""
    values = list(args)
    place = op.variadic
    if place >= 0 and len(values) > place and _is_index(values[place]):
        values[place:] = [tuple(values[place:])]
    if len(values) > op.positional:
        factors = op.factors if op.base is None else op.base.factors
        if factors:
            values, kwargs = _in_order(op, values, kwargs, factors)
    if len(values) > op.positional:
        least = sum(p.default is REQUIRED and not p.keyword_only for p in op.parameters)
        count = f"{op.positional}" if least == op.positional else f"from {least} to {op.positional}"
        raise TypeError(f"{op.name}() takes {count} positional argument{'' if op.positional == 1 else 's'} but "
                        f"{len(values)} {'was' if len(values) == 1 else 'were'} given")
    given = len(values)
    values += op.defaults[given:]
    for name, value in kwargs.items():
        i = op.by_name.get(name, -1)
        if i < 0:
            if name == "out":
                continue
            raise TypeError(f"{op.name}() got an unexpected keyword argument '{name}'")
        if i < given:
            raise TypeError(f"{op.name}() got multiple values for argument '{name}'")
        values[i] = value
    for value in values:
        if value is REQUIRED:
            missing = [f'"{p.name}"' for p, value in zip(op.parameters, values, strict=True) if value is REQUIRED]
            raise TypeError(f"{op.name}() missing {len(missing)} required positional arguments: {', '.join(missing)}")
    return tuple(values)


def admit(op, values, no_overrides):
    """The values with NumPy's numbers, 0-d tensors for numbers and the like made plain.

    Raises Overridden if a subclass has a say; else TypeError.
    """
    admitted = list(values)
    for i, p in enumerate(op.parameters):
        value = values[i]
        if isinstance(value, TensorBase):
            if value.overrides and not no_overrides:
                raise Overridden
            if p.kind == SCALAR or (p.kind == STATIC and value.ndim == 0 and p.bools != ONLY_BOOLS
                                    and (p.bools == EITHER or value.dtype.is_integral)):
                admitted[i] = int(value.item()) if p.bools == NO_BOOLS else value.item()
            elif p.kind == STATIC:
                raise wrong_type(op, i, value)
            elif p.kind == OPERANDS:
                raise must_be(op, p.name, i, "tuple of Tensors", value)
        elif p.kind == STATIC:
            if p.bools != EITHER and isinstance(value, (bool, numpy.bool_)) != (p.bools == ONLY_BOOLS):
                raise wrong_type(op, i, value)
            if p.bools == ONLY_BOOLS:
                admitted[i] = bool(value)
        elif value is None and (p.default is None or p.kind == SCALAR):
            pass
        elif hasattr(type(value), "__torch_function__") and not no_overrides:
            raise Overridden
        elif p.kind == OPERANDS:
            if not isinstance(value, (tuple, list)):
                raise must_be(op, p.name, i, "tuple of Tensors", value)
            for k, item in enumerate(value):
                if isinstance(item, TensorBase):
                    if item.overrides and not no_overrides:
                        raise Overridden
                elif hasattr(type(item), "__torch_function__") and not no_overrides:
                    raise Overridden
                else:
                    raise wrong_element(i, k, item)
        elif p.kind == SCALAR or p.numbers:
            number = _plain_number(value)
            if number is None:
                raise wrong_type(op, i, value)
            admitted[i] = number
        else:
            raise wrong_type(op, i, value)
    return tuple(admitted)


def check_statics(op, key):
    """A Meta in a key stands for a tensor: whoever hands one in as another argument has made a mistake. Derivatives do,
    under names that say so.
    """
    for i in range(op.count):
        if op.kinds[i] == STATIC and isinstance(key[i], Meta) and not op.parameters[i].name.endswith("_meta"):
            raise wrong_type(op, i, key[i])
    return 0


def check_still(op, plan, outputs, values):
    """Are tensors still as the plan takes them to be? Python code has run since they were looked at, and beside it
    perhaps another thread that changed them; a kernel would reach beyond their memory.
    """
    still = True
    for tensor, meta in zip(outputs, plan.outputs):                  # fewer where there are none yet
        still = still and (tensor.meta.sizes == meta.sizes and tensor.meta.strides == meta.strides
                           and tensor.meta.itemsize == meta.itemsize)
    for i in plan.pointers:
        if op.kinds[i] == OPERAND:
            still = still and values[i].meta == plan.key[i]
        else:
            still = still and tuple([tensor.meta for tensor in values[i]]) == plan.key[i]
    if not still:
        raise RuntimeError(f"{op.name}(): another thread has changed a tensor of this call while the call was being "
                           "prepared")
    return 0


def wrong_type(op, i, value):
    p = op.parameters[i]
    wanted = "Tensor" if p.kind <= OPERANDS else "Number" if p.kind == SCALAR else "int"
    return must_be(op, p.name, i, "bool" if p.bools == ONLY_BOOLS else wanted, value)


def must_be(op, name, i, wanted, value):
    given = type(value).__name__
    return TypeError(f"{op.name}(): argument '{name}' (position {i + 1}) must be {wanted}, not {given}")


def wrong_element(i, k, item):
    return TypeError(f"expected Tensor as element {k} in argument {i}, but got {type(item).__name__}")


def explain(op, error, args, kwargs):
    """TypeError if a composite, which checks no types, failed because an argument is no tensor: one that is declared as
    such, or that was asked for an attribute it does not have. Of those with a default, the default says what is wanted:
    None a tensor, a number a number.

    And the error of a leaf that must not be written to, which a composite's parts find out after its own checks.
    """
    if (isinstance(error, (IndexError, NotImplementedError)) and op.name.endswith("_") and not op.name.startswith("_")
            and len(args) > 0 and isinstance(args[0], TensorBase) and not args[0].is_inference()):
        check_inplace(current(), args[0], current().grad_enabled)
    try:
        given = inspect.signature(op.function).bind(*args, **kwargs)
    except TypeError:
        return
    asked = error.obj if isinstance(error, AttributeError) else REQUIRED
    for i, p in enumerate(given.signature.parameters.values()):
        value = given.arguments.get(p.name)
        if isinstance(value, TensorBase) or hasattr(type(value), "__torch_function__"):
            continue
        if p.default is not p.empty:
            wanted = "Tensor" if p.default is None else "Number" if type(p.default) in (int, float) else ""
            if wanted and value is asked and value is not p.default:
                raise must_be(op, p.name, i, wanted, value) from error
            continue
        declared = p.annotation == "Tensor" or (value is asked and p.annotation is p.empty)
        if declared and p.kind is not p.VAR_POSITIONAL:
            raise must_be(op, p.name, i, "Tensor", value) from error
        for k, item in enumerate(value if isinstance(value, (tuple, list)) else ()):
            if item is asked:
                raise wrong_element(i, k, item) from error


def is_stranger(args):
    """Whether the first argument is no tensor, but of a class with a __torch_function__: what `any_overriding` cannot
    know of.
    """
    return len(args) > 0 and not isinstance(args[0], TensorBase) and hasattr(type(args[0]), "__torch_function__")


def _is_index(x):
    """Whether x is one size or dimension, given loosely."""
    return isinstance(x, (int, numpy.integer)) or (isinstance(x, TensorBase) and x.ndim == 0)


def hashable(value):
    return tuple([hashable(item) if isinstance(item, list) else item for item in value])


def _plain_number(value):
    """A number of NumPy or of a subclass as a plain one; None for anything else."""
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    if isinstance(value, (float, numpy.floating)):
        return float(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return complex(value)
    return None


def key_of(op, values, no_overrides):
    """The key of a call; None if a value is not of the plainest kind."""
    parts = []
    for i in range(op.count):
        kind = op.kinds[i]
        value = values[i]
        part = value
        if kind == OPERAND:
            if isinstance(value, TensorBase):
                tensor = value
                if tensor.overrides and not no_overrides:
                    return None
                part = tensor.meta
                if part is None:
                    raise AttributeError("a tensor that was made by __new__ alone has neither shape nor data")
            elif value is not None or op.defaults[i] is not None:
                part = type(value)
                if op.takes_number[i] == 0 or (part is not float and part is not int and part is not bool
                                                 and part is not complex):
                    return None
        elif kind == SCALAR:
            if is_default(value, op.defaults[i]):
                part = None
            elif value is not None:
                part = type(value)
                if part is not float and part is not int and part is not bool and part is not complex:
                    return None
        elif kind == OPERANDS:
            if not isinstance(value, (tuple, list)):
                return None
            metas = []
            for item in value:
                if not isinstance(item, TensorBase):
                    return None
                tensor = item
                if tensor.overrides and not no_overrides:
                    return None
                metas.append(tensor.meta)
            part = tuple(metas)
        elif type(value) is list:
            part = hashable(value)
        elif isinstance(value, TensorBase) or (op.bools[i]
                                               and (value is True or value is False) != (op.bools[i] == 1)):
            return None
        parts.append(part)
    return tuple(parts)
