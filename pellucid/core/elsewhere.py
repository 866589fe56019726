"""Carrying out a plan whose tensors do not all lie in the host's memory.

`Op.run` and `Op.write` come here in place of `Op.launch` where `Plan.elsewhere` says so, which is known when the plan
is made. Operands that lie on another device than the results are brought there first: numbers without dimensions on the
host, which may join any device, and the source of a copy.
"""

import cython

from pellucid.core.devices import copy_between, storage_on, type_of
from pellucid.core.layout import extent
from pellucid.core.plan import OPERANDS

if not cython.compiled:                          # compiled, these come from the .pxd file
    from pellucid.core.tensor import tensor_over


def launch_elsewhere(op, plan, outputs, values):
    """Fill the results, on whatever device the plan is for."""
    kind = type_of(plan.device)
    if not kind.has_data:
        return 0
    if plan.moved >= 0:
        _move(outputs[0], values[plan.moved])
    elif plan.launches():
        for i in plan.pointers:
            if op.kinds[i] == OPERANDS:
                here = [_brought(tensor, plan.device) for tensor in values[i]]
            else:
                here = _brought(values[i], plan.device)
            if here is not values[i]:
                values = (*values[:i], here, *values[i + 1:])
        kind.carry_out(op, plan, outputs, values)
    return 0


def _move(target, source):
    """Copy the bytes of a tensor to one that lies in its memory, on another device, as it does in its own."""
    size = target.meta.itemsize
    if target.meta.numel:
        copy_between(target.memory, target.offset * size, source.memory, source.offset * size,
                     target.meta.numel * size)


def _brought(tensor, place):
    """The tensor, or where it lies elsewhere a copy on `place` with the same strides."""
    meta = tensor.meta
    if meta.device is place:
        return tensor
    low, high = extent(meta) if meta.numel else (0, -1)
    nbytes = (high - low + 1) * meta.itemsize
    storage = storage_on(place, nbytes)
    copy_between(storage, 0, tensor.memory, (tensor.offset + low) * meta.itemsize if nbytes else 0, nbytes)
    return tensor_over(storage, meta, -low if nbytes else 0)
