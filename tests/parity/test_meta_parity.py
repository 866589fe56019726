"""The geometry of core/meta.py against PyTorch's own, on random tensors: sizes, strides, offsets, exception types and
their texts.
"""

import random

import pytest
import torch

from pellucid import dtypes
from pellucid.core import meta as metas

NAMES = ("float32", "float64", "uint8", "int16", "complex64", "complex128")
OURS = {getattr(torch, name): getattr(dtypes, name) for name in NAMES}
THEIRS = {ours: theirs for theirs, ours in OURS.items()}


def of(tensor):
    return metas.make(tuple(tensor.shape), tensor.stride(), OURS[tensor.dtype])


class Chance(random.Random):
    """Random tensors of all layouts, and random arguments."""

    def tensor(self, names=NAMES, most=4):
        tensor = torch.empty([self.choice([0, 1, 1, 2, 2, 3, 4, 5, 6] if self.random() < 0.2 else [1, 1, 2, 3, 4])
                              for _ in range(self.randint(0, most))], dtype=getattr(torch, self.choice(names)))
        for _ in range(self.randint(0, 3)):
            kind = self.randrange(6)
            dim = self.randrange(tensor.ndim or 1)
            if kind == 0:
                tensor = tensor.permute(self.sample(range(tensor.ndim), tensor.ndim))
            elif kind == 1 and tensor.ndim:
                tensor = tensor[(slice(None),
                                ) * dim + (slice(self.randint(0, 2), self.choice([None, 1, 2, 3]), self.randint(1, 2)),
                                )]
            elif kind == 2 and tensor.ndim < most:
                tensor = tensor.unsqueeze(dim)
            elif kind == 3:
                tensor = tensor.expand([size if size != 1 else self.choice([1, 2, 3]) for size in tensor.shape])
            elif kind == 4 and tensor.ndim == 4:
                tensor = tensor.contiguous(memory_format=torch.channels_last)
            elif kind == 5 and tensor.ndim and tensor.shape[dim]:
                tensor = tensor.select(dim, 0)
        return tensor

    def dims(self, tensor, number):
        return tuple(self.randint(-tensor.ndim - (self.random() < 0.1), max(tensor.ndim - (self.random() < 0.9), 0))
                     for _ in range(number))

    def factors(self, number):
        if number == 0:
            return [self.choice([0, 1, 2, 3, -1]) for _ in range(self.randint(0, 3))]
        found = []
        while number > 1:
            found.append(self.choice([d for d in range(2, number + 1) if number % d == 0]))
            number //= found[-1]
        for _ in range(self.randint(0, 2)):
            found.insert(self.randint(0, len(found)), 1)
        if found and self.random() < 0.2:
            found[self.randrange(len(found))] = self.choice([-1, -1, 2, -2, 0])
        return found


def bounded(tensor, made):
    metas.check_bounds(made[0], tensor.storage_offset() + made[1], tensor.untyped_storage().nbytes())
    return made


# name: (random arguments, PyTorch's function, ours)
CASES = {
    "transpose": (lambda c, t: c.dims(t, 2), lambda t, a: t.transpose(*a), lambda m, o, a, t: metas.transpose(m, *a)),
    "permute": (lambda c, t: c.sample(range(t.ndim), t.ndim) if c.random() < 0.7 else c.dims(t, t.ndim),
                lambda t, a: t.permute(tuple(a)), lambda m, o, a, t: metas.permute(m, a)),
    "expand": (lambda c, t: [c.choice([1, 2, 0, 3]) for _ in range(c.randint(0, 2))]
               + [size if c.random() < 0.7 else c.choice([size, -1, 2, 3]) for size in t.shape],
               lambda t, a: t.expand(a), lambda m, o, a, t: metas.expand(m, a)),
    "squeeze": (lambda c, t: (), lambda t, a: t.squeeze(), lambda m, o, a, t: metas.squeeze(m)),
    "squeeze dims": (lambda c, t: c.dims(t, c.randint(1, 2)), lambda t, a: t.squeeze(a),
                     lambda m, o, a, t: metas.squeeze(m, a)),
    "unsqueeze": (lambda c, t: c.dims(t, 1), lambda t, a: t.unsqueeze(*a), lambda m, o, a, t: metas.unsqueeze(m, *a)),
    "narrow": (lambda c, t: (*c.dims(t, 1), c.randint(-4, 4), c.randint(-1, 4)), lambda t, a: t.narrow(*a),
               lambda m, o, a, t: metas.narrow(m, *a)),
    "select": (lambda c, t: (*c.dims(t, 1), c.randint(-4, 4)), lambda t, a: t.select(*a),
               lambda m, o, a, t: metas.select(m, *a)),
    "slice": (lambda c, t: (c.choice([None, c.randint(-6, 6)]), c.choice([None, c.randint(-6, 6)]),
                            c.choice([None, 1, 2, 3])),
              lambda t, a: t[(slice(None),) * (t.ndim - 1) + (slice(*a),)] if t.ndim else t,
              lambda m, o, a, t: metas.slice_dim(m, -1, *a) if t.ndim else (m, 0)),
    "diagonal": (lambda c, t: (c.randint(-5, 5), *c.dims(t, 2)), lambda t, a: t.diagonal(*a),
                 lambda m, o, a, t: metas.diagonal(m, *a)),
    "unfold": (lambda c, t: (*c.dims(t, 1), c.randint(-1, 4), c.randint(0, 3)), lambda t, a: t.unfold(*a),
               lambda m, o, a, t: metas.unfold(m, *a)),
    "view": (lambda c, t: c.factors(t.numel()) if c.random() < 0.7 else t.shape, lambda t, a: t.view(a),
             lambda m, o, a, t: metas.view(m, a)),
    "movedim": (lambda c, t: c.choice([(c.dims(t, n), c.dims(t, n)) for n in (1, 2)]), lambda t, a: t.movedim(*a),
                lambda m, o, a, t: metas.movedim(m, *a)),
    "flatten": (lambda c, t: c.dims(t, 2), lambda t, a: torch.empty(t.flatten(*a).shape, dtype=t.dtype),
                lambda m, o, a, t: (metas.contiguous(metas.flattened_shape(m.sizes, *a), m.dtype), -o)),
    "as_strided": (lambda c, t: (*zip(*[(c.randint(0, 3), c.randint(0, 3)) for _ in range(c.randint(1, 3))]),
                                 c.choice([None, 0, 1, 2])),
                   lambda t, a: t.as_strided(*a), lambda m, o, a, t: bounded(t, metas.as_strided(m, o, *a))),
    "view dtype": (lambda c, t: getattr(torch, c.choice(NAMES)), lambda t, a: t.view(a),
                   lambda m, o, a, t: metas.view_dtype(m, o, OURS[a])),
    "view_as_real": (lambda c, t: (), lambda t, a: torch.view_as_real(t), lambda m, o, a, t: metas.view_as_real(m, o)),
    "real": (lambda c, t: (), lambda t, a: t.real, lambda m, o, a, t: metas.real(m, o)),
    "imag": (lambda c, t: (), lambda t, a: t.imag, lambda m, o, a, t: metas.imag(m, o)),
    "view_as_complex": (lambda c, t: (), lambda t, a: torch.view_as_complex(t),
                        lambda m, o, a, t: metas.view_as_complex(m, o)),
}


def outcome(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]


@pytest.mark.parametrize("name", CASES)
def test_views(name):
    arguments, theirs, ours = CASES[name]
    chance = Chance(name)
    for _ in range(400):
        tensor = chance.tensor(("float32", "float64") if name == "view_as_complex" else NAMES)
        given, offset = arguments(chance, tensor), tensor.storage_offset()

        def their_view(tensor=tensor, given=given):
            view = theirs(tensor, given)
            return tuple(view.shape), view.stride(), view.dtype, view.storage_offset()

        def our_view(tensor=tensor, given=given, offset=offset):
            meta, delta = ours(of(tensor), offset, given, tensor)
            return meta.sizes, meta.strides, THEIRS[meta.dtype], delta + offset

        wanted, found = outcome(their_view), outcome(our_view)
        # its text names a C++ type; and PyTorch expands no dimensions to size -1
        if name == "expand" and len(found) == 2:
            wanted, found = wanted[0] if len(wanted) == 2 else "RuntimeError", found[0]
        assert found == wanted, (tuple(tensor.shape), tensor.stride(), tensor.dtype, given)


def test_formats():
    chance = Chance("formats")
    formats = [(getattr(torch, name), getattr(metas, name))
               for name in ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format")]
    for _ in range(2000):
        tensor = chance.tensor(most=5)
        meta = of(tensor)
        where = tuple(tensor.shape), tensor.stride()
        assert repr(metas.suggested_format(meta)) == repr(torch._prims_common.suggest_memory_format(tensor)), where
        for theirs, ours in formats:
            if ours is not metas.preserve_format:
                assert metas.is_contiguous(meta, ours) == tensor.is_contiguous(memory_format=theirs), (where, ours)
            wanted = outcome(lambda tensor=tensor, theirs=theirs: torch.empty_like(tensor,
                                                                                   memory_format=theirs).stride())
            assert outcome(lambda meta=meta, ours=ours: metas.like(meta,
                                                                   memory_format=ours).strides) == wanted, (where, ours)


def test_elementwise_layout():
    chance = Chance("elementwise")
    for _ in range(4000):
        tensor = chance.tensor(("float32", "float64", "uint8"), 5)
        operands = [tensor]
        for _ in range(chance.randint(0, 2)):
            kind = chance.randrange(4)
            if kind == 0:
                operands.append(2.0)
            elif kind == 1:
                operands.append(torch.empty_like(tensor, dtype=chance.choice([torch.float32, torch.uint8])))
            elif kind == 2:
                shape = [size if chance.random() < 0.7 else 1 for size in tensor.shape]
                shape = shape[chance.choice([0, 0, chance.randint(0, tensor.ndim)]):]
                order = chance.sample(range(len(shape)), len(shape))
                operands.append(torch.empty([shape[dim]
                                             for dim in order]).permute([order.index(dim)
                                                                         for dim in range(len(shape))]))
            else:
                operands.append(tensor.contiguous().float())
        chance.shuffle(operands)
        tensors = [operand for operand in operands if isinstance(operand, torch.Tensor)]
        if len(operands) == 1:
            result = operands[0].neg()
        elif len(operands) == 2:
            operands.sort(key=lambda operand: isinstance(operand, float))
            result = torch.add(*operands)
        elif len(tensors) == 3 and len({operand.dtype for operand in tensors}) == 1:
            result = torch.addcmul(*operands)
        else:
            continue
        given = [of(operand) if isinstance(operand, torch.Tensor) else None for operand in operands]
        assert metas.elementwise_strides(tuple(result.shape), given, OURS[result.dtype]) == result.stride(), given
