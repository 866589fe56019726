"""The table through which the core calls what lies above it: operators, the class of new tensors, the engine.

What needs an operator (`a + b` in core/tensor.py, the sum of two gradients in core/autograd.py) jumps through `slots`,
which the layers above fill with `register` while they are imported.
"""

import cython


class Slots:
    """What lies above and is called from below."""


if not cython.compiled:                          # compiled, the entries stand in slots.pxd
    for _name in ("tensor_base tensor_type backward accumulate refresh disabled torch_function alias add sub mul "
                  "truediv floordiv remainder pow matmul lshift rshift bitwise_and bitwise_or bitwise_xor add_ sub_ "
                  "mul_ truediv_ floordiv_ remainder_ pow_ lshift_ rshift_ and_ or_ xor_ neg positive abs "
                  "bitwise_not lt le gt ge eq ne getitem setitem unbind sum_to_size to_dtype to_device real "
                  "ones_like zeros clone copy_ zero_ strided conj_view neg_view of_array").split():
        setattr(Slots, _name, None)

slots = Slots()


def register(**entries):
    """Fill slots: `register(add=op, tensor_type=Tensor)`."""
    for name, entry in entries.items():
        if not hasattr(slots, name):
            raise AttributeError(f"no slot is named {name!r}")
        setattr(slots, name, entry)
    if cython.compiled and "tensor_type" in entries:
        pellucid_inherit_numbers(slots.tensor_type, slots.tensor_base)


def registered(name):
    """What stands in the slot `name`."""
    return getattr(slots, name)
