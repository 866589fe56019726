"""Random numbers: PyTorch's CPU generator, and the distributions made of it. The same seed gives the same bits.

The generator gives 32-bit words in order (`codegen.random`); an operator here draws the words that it needs, then makes
numbers of them all at once. Elements are filled in the order of memory: dimensions by falling stride.
"""

from __future__ import annotations

import os
import struct
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import random as kernels
from ...core import meta as metas
from ...device import CPU
from ...device import device as Device
from ..families.declare import plan_of
from ..families.planned import structured
from ..made.interchange import frombuffer
from ..made.size import zeros

__all__ = ["Generator", "default_generator", "manual_seed", "seed", "initial_seed", "get_rng_state", "set_rng_state"]


DEFAULT_SEED = 67280421310721


@structured(operands="state", name="mt19937", public=False)
def _draw(state, count):
    """The next `count` words of 32 bits; the state moves on."""
    return plan_of((metas.contiguous((count,), dtypes.uint32),), lambda target: kernels.draw(count))


class Generator:
    """A source of random numbers (MT19937). `Generator()` starts with PyTorch's fixed seed 67280421310721."""

    def __init__(self, device: str | Device = "cpu"):
        self.device: Device = device if not isinstance(device, str) else type(CPU)(device)
        check(self.device.type == "cpu", "Device type {} is not supported for torch.Generator() api.", self.device.type)
        self._words = zeros((kernels.STATE_WORDS,), dtype=dtypes.uint32)
        self.manual_seed(DEFAULT_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence of a seed (-2**63 .. 2**64 - 1; a negative one counts from 2**64 down)."""
        seed = int(seed)
        check(-(1 << 63) <= seed < 1 << 64, "Overflow when unpacking long long", error=ValueError)
        self._seed = seed % (1 << 64)
        x = self._seed & 0xFFFFFFFF
        words = [x]
        for j in range(1, kernels.N):
            x = (1812433253 * (x ^ (x >> 30)) + j) & 0xFFFFFFFF
            words.append(x)
        self._set_words(words, 1, 0)
        self._normal: float | None = None         # the second of the last pair of the scalar normal method
        return self

    def _set_words(self, words: list[int], left: int, after: int) -> None:
        self._words.numpy()[:] = [*words, left, after]

    def seed(self) -> int:
        """Start from a seed that the system gives, and return it."""
        found = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(found)
        return found

    def initial_seed(self) -> int:
        """The seed that the sequence started from."""
        return self._seed

    def get_state(self) -> Any:
        """The whole state as a uint8 tensor of 5056 bytes, laid out as PyTorch's."""
        words = [int(w) for w in self._words.numpy()]
        left, after = words[kernels.N:]
        normal = self._normal
        data = struct.pack("<QiiQ624Qdddi4xfB3x", self._seed, left, 1, after, *words[:kernels.N], 0.0, normal or 0.0,
                           0.0, int(normal is not None), 0.0, 0)
        return frombuffer(bytearray(data), dtype=dtypes.uint8)

    def set_state(self, new_state: Any) -> Generator:
        """Go on from a state that `get_state` gave."""
        check(new_state.meta.dtype is dtypes.uint8, "expected a torch.ByteTensor, but got {}", new_state.meta.dtype,
              error=TypeError)
        data = new_state.numpy().tobytes()
        check(len(data) == 5056,
              "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be {}", len(data))
        seed, left, seeded, after, *rest = struct.unpack("<QiiQ624Qdddi4xfB3x", data)
        check(seeded == 1 and 0 < left <= kernels.N and after <= kernels.N, "Invalid mt19937 state")
        self._seed = seed
        self._set_words(rest[:kernels.N], left, after)
        self._normal = rest[kernels.N + 1] if rest[kernels.N + 3] else None
        return self

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        return Generator().set_state(self.get_state())

    def words32(self, count: int) -> Any:
        """The next `count` words of 32 bits (uint32)."""
        return _draw(self._words, count)

    def words64(self, count: int) -> Any:
        """The next `count` words of 64 bits, each of two of 32, not yet in order: bodies turn the halves (`_r64`)."""
        return _draw(self._words, 2 * count).view(dtypes.uint64)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.get_state(),))


def _restored(state: Any) -> Generator:
    return Generator().set_state(state)


class _LateGenerator(Generator):
    """A generator that gets its state, with a seed from the system, when it is first used."""

    def __init__(self):
        self.device = CPU

    def __getattr__(self, name: str) -> Any:
        if name not in ("_words", "_seed", "_normal"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        Generator.__init__(self)
        self.seed()
        return self.__dict__[name]


default_generator: Generator = _LateGenerator()       # what operators use when none is given


def _given(generator: Generator | None) -> Generator:
    """The generator to draw from."""
    if generator is None:
        return default_generator
    check(isinstance(generator, Generator), "argument 'generator' must be torch.Generator, not {}",
          type(generator).__name__, error=TypeError)
    return generator


def manual_seed(seed: int) -> Generator:
    """Start the default generator from a seed; returns it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a seed of the system; returns that."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state, a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Set the default generator's state."""
    default_generator.set_state(new_state)
