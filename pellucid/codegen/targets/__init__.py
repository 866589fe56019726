"""Targets: which code a launch becomes, decided here, by the type of device that its operands are on.

    cpu            machine code of the processor that runs us, through LLVM (`llvm`, `cpu`), kept on disk (`cache`),
                   placed by `loader`
    meta           nothing: tensors without data
    interpreter    Python, for a debugger: in place of `cpu` while `interpreting`

A new target is a class like those in `target` and a row in TARGETS.
"""

from __future__ import annotations

from . import cpu, interpreter, nothing
from .target import Target

__all__ = ["TARGETS", "target_of"]

TARGETS: dict[str, Target] = {"cpu": cpu.Host(), "meta": nothing.Nothing()}       # type of device -> target


def target_of(device_type: str) -> Target:
    """The target of a type of device. RuntimeError where there is none."""
    if device_type == "cpu" and interpreter.is_on():
        return interpreter.TARGET
    found = TARGETS.get(device_type)
    if found is None:
        raise RuntimeError(
            f"no kernels can be made for the device type {device_type!r}: there are targets for {', '.join(TARGETS)}")
    return found
