"""Maps: one scalar body, a kernel for every type, layout and broadcast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from ...check import check
from ...codegen.kernel import Kernel, Launch
from ...codegen.math import Complex, convert, rounded, type_of
from ...codegen.schedules import maps
from ...codegen.targets.target import Target
from ...codegen.unknown import UNKNOWN, Given
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Plan
from ...dtypes import dtype
from .declare import EITHER, OTHERS, Parameters, argument, names_besides, plan_of, positional, register
from .spec import Map
from .stepping import whole_map
from .types import BOOL, COMPLEX_TO_REAL, DEFAULT, common_device, expect_dtype, no_kernel, output_dtype, result_dtype

__all__ = ["pointwise", "map_op"]


@lru_cache(8192)
def _body(function: Callable, kinds: tuple[Any, ...], common: dtype, raw: tuple[bool, ...], rounds: tuple[bool, ...],
          narrow: bool) -> Callable:
    """A declared body as a schedule calls it: operands converted to the type to compute in, defaults and statics in
    their places.

    `kinds` has for each parameter "tensor", "number", ("default", value) for a number that is given and not looked at,
    or ("fixed", value); `raw` marks operands that keep their own type, `rounds` those that are rounded to `common`,
    which is narrower than what is computed in. With `narrow` so are the results."""

    tensors = sum(k == "tensor" for k in kinds)

    def body(*values):
        operands, numbers = iter(values[:tensors]), iter(values[tensors:])
        arguments = []
        for kind, keep, rough in zip(kinds, raw, rounds):
            if kind == "tensor" or kind == "number":
                value = next(operands if kind == "tensor" else numbers)
                value = value if keep else to_compute(value, common)
                arguments.append(rounded(value, common.ir) if rough else value)
            else:
                if kind[0] == "default":
                    next(numbers)
                    arguments.append(int(kind[1]) if common.is_integral else kind[1])
                else:
                    arguments.append(kind[1])
        found = function(*arguments)
        return rounded(found, common.ir) if narrow and type_of(found) == common.compute else found

    body.__name__ = function.__name__
    return body


def to_compute(value: Any, d: dtype) -> Any:
    """A loaded value, or a number's word, in the type that kernels of `d` compute in."""
    if d.is_complex:
        if not isinstance(value, (Complex, complex)):
            return Complex.of(convert(value, d.compute))
        z = Complex.of(value)
        return Complex(convert(z.re, d.compute), convert(z.im, d.compute))
    return convert(value, d.compute)


def pointwise(promotes: str = DEFAULT, supports: str = "buifc", keep: Sequence[str] = (),
              operands: Sequence[str] | None = None,
              scalars: Sequence[str] | None = None, cost: float = 0.3, inplace: bool = True,
              into_dtype: Callable | None = None,
              public: bool = True, numbers: str = OTHERS, exact: bool = False, contiguous: bool = False,
              wide: Sequence[str] = (),
              outs: Callable | None = None, returns: Callable | None = None, words: dtype | None = None,
              linear: Sequence[str] = (), error: type[Exception] = NotImplementedError) -> Callable:
    """Declare an operator whose body computes one element of its result, or a tuple of one element of each of its
    results.

    promotes     how the result's type follows from the promoted type of the operands
    supports     kinds of types (see dtypes) that the operator takes
    keep         operands that are not converted and take no part in promotion (conditions, indices)
    numbers      which operands may be Python numbers
    into_dtype   the type to compute in from (named key, promoted type), where promotion does not say it
    outs         of several results: their types, from (the type to compute in, the result's type otherwise)
    returns      of several results: makes what is returned of the tuple (a named tuple's `_make`)
    words        the operands and numbers reach the body as they are (the generator's words, say), and this is the
                 result's type, unless
                 a parameter `dtype` says it
    exact        whether a tensor to write to must have just the result's type
    contiguous   whether the result is, whatever the operands' strides
    wide         operands that a half-precision computation takes as they are where they are numbers or 0-d; others it
                 first rounds to its type
    linear       see spec.py
    error        what is raised for types that are not supported
    """

    def declare(function: FunctionType) -> Any:
        parameters = Parameters.of(function, operands, scalars, numbers)
        name = function.__name__
        body = positional(function)
        raw = tuple(n in keep or words is not None for n in parameters.names)

        def types(key: tuple[Any, ...]) -> tuple[dtype, tuple[dtype, ...]]:
            given = parameters.named(key)
            if words is not None:
                return key[0].dtype, (given.get("dtype", words),)
            promoting = [part for part, p, r in zip(key, parameters.declared, raw) if p.kind == core_op.OPERAND
                         and not r]
            check(numbers != EITHER or any(isinstance(part, Meta) for part in promoting),
                  "{}() received an invalid combination of arguments: one of them must be a "
                  "Tensor", name, error=TypeError)
            common = result_dtype(promoting)
            if into_dtype is not None:
                common = into_dtype(given, common)
            common, out = output_dtype(common, promotes)
            if common.kind not in supports:
                raise no_kernel(name, common, out, exact, error)
            return common, (out,) if outs is None else tuple(outs(common, out))

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            tensors = [part for part in key if isinstance(part, Meta)]
            shape = metas.broadcast_shapes(*(t.shape for t in tensors))          # before types, as PyTorch does
            common, made = types(key)
            result = metas.contiguous(shape, made[0], common_device(name, tensors)) if contiguous else None
            return map_op(name, body, parameters, key, common, made, raw, cost, result, wide)

        def into(op: Any, key: tuple[Any, ...], results: tuple[Meta, ...]) -> Plan | None:
            common, made = types(key)
            if exact and not (promotes == COMPLEX_TO_REAL and common.is_complex):
                for own, result in zip(made, results, strict=True):
                    expect_dtype(own, result.dtype)
            if any(r.sizes != results[0].sizes or r.strides != results[0].strides for r in results):
                # a map writes all its results in one order: these are computed, then copied
                return None
            return map_op(name, body, parameters, key, common, tuple(r.stored for r in results), raw, cost, results[0],
                          wide)

        op = core_op.Op(name, function, parameters.declared, planner, fuse=_fuse_map, into=into, aliasing=True,
                        returns=returns, aliases=names_besides(parameters.names))
        op.spec = Map(body=body, types=types, keep=frozenset(keep), linear=tuple(linear))
        op.literal = False
        if promotes == BOOL or words is not None or not set(supports) & set("fc"):
            op.nondifferentiable()
        if inplace and public and outs is None:
            register(op.inplace())
        return register(op) if public else op

    return declare


def map_op(name: str, body: Callable, parameters: Parameters, key: tuple[Any, ...], common: dtype,
           outs: Sequence[dtype],
           raw: tuple[bool, ...], cost: float, result: Meta | None = None, wide: Sequence[str] | None = None) -> Plan:
    """The plan of one map kernel over operands that broadcast against each other; `result` is where it is to be
    written, if that is given. Where `common` is half precision, but computed in more, and `wide` is given, operands of
    other types are rounded to it, all but the wide ones, and so is a result of another type."""
    half = wide is not None and common.is_floating_point and common.itemsize == 2
    kinds: list[Any] = []
    tensors: list[Meta] = []
    for part, p in zip(key, parameters.declared):
        if isinstance(part, Meta):
            tensors.append(part)
            kinds.append("tensor")
        elif p.kind == core_op.SCALAR and part is None:
            kinds.append(("default", p.default) if p.default is not None else ("fixed", None))
        elif p.kind != core_op.STATIC and part is not None:
            kinds.append("number")
        else:
            kinds.append(("fixed", part))
    if result is None:
        # a number is a tensor without dimensions to PyTorch, an operand of another type a copy in the common one
        looked_at = [None if not isinstance(part, Meta) else part if keep or part.dtype is common
                     else metas.like(part, common) for part, p, keep in zip(key, parameters.declared, raw, strict=True)
                     if p.kind == core_op.OPERAND and part is not None]
        result = metas.elementwise(metas.broadcast_shapes(*(t.shape for t in tensors)), looked_at, outs[0],
                                   common_device(name, tensors))
    made = tuple(metas.with_dtype(result, d) for d in outs)
    numbers = parameters.numbers(key)
    rounds = tuple(half and p.kind == core_op.OPERAND and not keep and getattr(part, "dtype", None) is not common
                   and not (p.name in wide and getattr(part, "ndim", 0) == 0)
                   for part, p, keep in zip(key, parameters.declared, raw, strict=True))
    narrow = half and outs[0].plain is not common

    def build(target: Target) -> list[Launch]:
        shape = result.shape
        scalar = _body(body, tuple(kinds), common, raw, rounds, narrow)
        if target.whole:
            whole = whole_map(scalar, made, tensors, lambda meta: metas.broadcast_strides(meta, shape), numbers)
            return [Launch(Kernel(name, None), (), 1, 0.0, whole)]
        return maps.map_plan(name, scalar, shape, [argument(o, shape) for o in made],
                             [argument(t, shape) for t in tensors], numbers, cost=cost,
                             vector_bytes=target.vector_bytes)

    return plan_of(made, build)


def _passes(op: Any, needs: tuple[Any, ...], plain: bool) -> tuple[bool, ...]:
    """Which operands' gradients are the result's as it came (those of a sum, say). `plain`: the numbers that the rule
    names are the defaults. Only rules that call nothing are asked: so that whoever steps through one meets numbers."""
    numbers = {p.name: p.default for p in op.parameters if plain and p.kind == core_op.SCALAR}
    grad = Given()

    def asked(rule: Any) -> Any:
        code = getattr(rule, "__code__", None)
        if code is None or code.co_names or code.co_freevars:
            return None
        names = code.co_varnames[:code.co_argcount]
        return rule(*(grad if n == "grad" else numbers.get(n, UNKNOWN) for n in names))

    if op.rules:
        found = [asked(op.rules[op.parameters[i].name]) if need else None
                 for i, need in zip(op.operands, needs, strict=True)]
    else:
        found = asked(op.rule)
        found = found if isinstance(found, tuple) else (found,) + (None,) * (len(needs) - 1)
    return tuple(bool(need) and one is grad for need, one in zip(needs, found, strict=True))


def _fuse_map(op: Any, needs: tuple[Any, ...], plain: bool) -> tuple[Any, tuple[bool, ...]]:
    """The derivative of a map as one map with a result for each operand that needs a gradient other than the result's,
    and the marks of the others."""
    recipe = op.recipe(needs)
    names = recipe.names
    if any(n.endswith("_meta") or n in ("grads", "results") for n in names):
        return None, ()
    parameters = Parameters.for_values(names, op)
    passes = _passes(op, needs, plain)
    wanted = [k for k, need in enumerate(needs) if need and not passes[k]]
    if not wanted:
        return None, passes
    raw = tuple(n in op.spec.keep for n in names)

    def body(*values):
        results = recipe.rule(*values)
        results = results if isinstance(results, tuple) else (results,)
        return tuple(results[k] for k in wanted)

    name = op.__name__ + "_backward"
    body.__name__ = name

    def types(key: tuple[Any, ...]) -> tuple[dtype, tuple[dtype, ...]]:
        # the gradient's own type decides; what the operator keeps as it is (masks) stays so here
        common = result_dtype([part for part in key if isinstance(part, Meta)
                               and (part.dtype.is_floating_point or part.dtype.is_complex)])
        return common, (common,) * len(wanted)

    def planner(fused: Any, key: tuple[Any, ...]) -> Plan:
        return map_op(name, body, parameters, key, *types(key), raw, 0.5)

    fused = core_op.Op(name, recipe.rule, parameters.declared, planner, aliasing=True)
    fused.spec = Map(body=body, types=types, keep=op.spec.keep)
    fused.literal = False
    return fused, passes
