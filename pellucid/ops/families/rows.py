"""Row programs: several reductions and maps over the same rows in one kernel, and their derivatives, row programs too.

    @rows(results="row one one", shared="weight? bias?", scalars="eps", along=last_dims)
    def native_layer_norm(row, input, normalized_shape, weight, bias, eps):
        center, scale = statistics(row, input, eps)
        y = (input - center) * scale
        ...
        return y, center, scale

    @row_derivative(native_layer_norm)
    def layer_norm_backward(row, grad, input, weight, eps, result1, result2): ...

The body's first parameter, `row`, has the reductions: `row.sum(x)`, `row.mean(x)`, `row.max(x)`, `row.min(x)`,
`row.pick(x, index)`, `row.index`, `row.count(x)`; `row.keep(compute)` for a value that is expensive to compute twice;
`row.saved(values, compute)` for values that were saved, and how they follow from the operands (second derivatives go
that way). All else is public: the operator's signature is the body's without `row`.

An operand or result has a value for every element ("row"), one value a row ("one"), or, of operands, the same row for
all ("shared"). A derivative returns one gradient an operand: of one in `one` its sum over the row, of one in `shared`
what each element contributes, which the family adds up. The rule is written once. It runs as kernels, and on tensors
(`TensorRow`) when it is itself recorded.
"""

from __future__ import annotations

import inspect
import math as pymath
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from ...check import check
from ...codegen.ir import Value
from ...codegen.math import Complex
from ...codegen.schedules import rows as schedule
from ...codegen.schedules.loop import Arg
from ...codegen.schedules.reductions import Reduction
from ...codegen.unknown import UNKNOWN
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...dtypes import dtype, element_type
from .declare import Parameters, argument, names_besides, optional_names, plan_of, register
from .maps import to_compute
from .reductions import kept_strides, reduce_op, reduced_shape
from .spec import Rows
from .types import DEFAULT, accumulator, common_device, expect_dtypes, output_dtype, type_name

__all__ = ["rows", "row_derivative", "TensorRow"]


def _one_dim(given: dict[str, Any]) -> tuple[int, ...]:
    """The dimension `dim` of the first operand; a 0-d tensor is one row of one element."""
    lead = next(iter(given.values()))
    dim = metas.wrap_dim(given["dim"], lead.ndim, True)
    return (dim,) if lead.ndim else ()


def rows(*, results: str = "row", one: str = "", shared: str = "", scalars: str = "", keep: str = "",
         along: Callable = _one_dim,
         checks: Callable | None = None, promotes: str = DEFAULT, supports: str = "f", like: bool = False,
         keepdim: bool = False,
         differentiable: Sequence[bool] | None = None, public: bool = True, error: str = "") -> Callable:
    """Declare a row program. Words are names, in one string; a `?` behind an operand's name says that it may be None.

    results          the kinds of the results: "row" or "one" each. The first has the type `dtype`, if that is given, or
                     the first operand's;
                     the others that in which it is computed
    one, shared      further operands, see above
    scalars          numbers for the kernel
    keep             operands and numbers that reach the body as they are: indices
    along(given)     the dimensions of a row; else those of the parameter `dim`
    checks(given)    raises what else can be wrong
    like             results of kind "row" are laid out as the first operand is, else contiguous
    keepdim          results of kind "one" keep the row's dimensions as 1s; or the parameter `keepdim` says so
    differentiable   a bool a result, where not all are
    error            what PyTorch's message calls the kernel, for types that are not supported
    """
    kinds = tuple(results.split())
    (one_names, one_optional), (shared_names, shared_optional) = optional_names(one), optional_names(shared)

    def declare(function: FunctionType) -> Any:
        name = function.__name__
        lead = list(inspect.signature(function).parameters)[1]
        parameters = Parameters.of(function, (lead, *one_names, *shared_names), scalars.split(), skip=1,
                                   optional=one_optional | shared_optional)
        spec = Rows(body=function, along=along, one=frozenset(one_names), shared=frozenset(shared_names), results=kinds,
                    dims=("dim",) if along is _one_dim else ())
        kept = frozenset(keep.split())

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            given = parameters.named(key)
            input = key[0]
            asked = given.get("dtype")
            out = output_dtype(input.dtype, promotes)[0] if asked is None else element_type(name, asked)
            if checks is not None:
                checks(given)
            along(given)                             # a dimension out of range is seen before a type
            check(out.kind in supports, '"{}" not implemented for \'{}\'', error or name, type_name(out),
                  error=NotImplementedError)
            return _plan(name, spec, function, parameters, key, out, kept, given.get("keepdim", keepdim), like,
                         differentiable)

        def into(op: Any, key: tuple[Any, ...], metas: Sequence[Meta]) -> None:
            expect_dtypes(planner(op, key), metas)

        op = core_op.Op(name, parameters.public(function, skip=1), tuple(parameters.declared), planner, into=into,
                        aliases=names_besides(parameters.names))
        op.spec = spec
        op.row_keeps = kept, given_keepdim(keepdim, parameters), like
        return register(op) if public else op

    return declare


def given_keepdim(keepdim: bool, parameters: Parameters) -> Callable[[dict[str, Any]], bool]:
    """Whether results of one value a row have the row's dimensions, by the named parts of a key."""
    return (lambda given: bool(given["keepdim"])) if "keepdim" in parameters.names else (lambda given: keepdim)


def _aligned(meta: Meta | None, kind: str, ndim: int, dims: Sequence[int], keepdim: bool = False) -> Meta | None:
    """An operand as it broadcasts against the first one: 1s where it has no dimensions."""
    if meta is None or kind == "row" or (kind == "one" and keepdim):
        return meta
    present = [d for d in range(ndim) if (d in dims) == (kind == "shared")]
    check(meta.ndim == len(present), "a row program's operand has {} dimensions where {} are wanted", meta.ndim,
          len(present))
    sizes, strides = [1] * ndim, [0] * ndim
    for d, size, stride in zip(present, meta.sizes, meta.strides):
        sizes[d], strides[d] = size, stride
    return metas.make(tuple(sizes), tuple(strides), meta.dtype, meta.device)


def _plan(name: str, spec: Rows, body: Callable, parameters: Parameters, key: tuple[Any, ...], out: dtype,
          keep: frozenset[str], keepdim: bool, like: bool, differentiable: Sequence[bool] | None) -> Plan:
    """The plan of a declared row program for one key."""
    given = parameters.named(key)
    input = key[0]
    dims = spec.along(given)
    common = accumulator(out)
    operands = {}
    for p in parameters.declared:
        if p.kind == core_op.OPERAND:
            kind = "one" if p.name in spec.one else "shared" if p.name in spec.shared else "row"
            operands[p.name] = _aligned(given[p.name], kind, input.ndim, dims)
    outs = [(out if k == 0 else common, kind) for k, kind in enumerate(spec.results)]
    return row_op(name, body, parameters, key, operands, input, dims, outs, common, keep, keepdim, like, differentiable)


def row_op(name: str, body: Callable, parameters: Parameters, key: tuple[Any, ...], operands: dict[str, Meta | None],
           input: Meta, dims: Sequence[int],
           outs: Sequence[tuple[dtype, str]], common: dtype, keep: frozenset[str], keepdim: bool, like: bool,
           differentiable: Sequence[bool] | None = None) -> Plan:
    """The plan of a row program over `dims` of the shape of `input`, against which the (aligned) `operands` broadcast.
    """
    shape = tuple(input.shape)
    made, args = [], []
    given = [meta for meta in operands.values() if meta is not None]
    device = common_device(name, given)
    for d, kind in outs:
        if kind == "row":
            result = metas.elementwise(shape, [input], d, device) if like else metas.contiguous(shape, d, device)
            args.append(Arg(d, tuple(result.strides)))
        else:
            result = metas.contiguous(reduced_shape(shape, dims, keepdim), d, device)
            args.append(Arg(d, kept_strides(result, len(shape), dims, keepdim)))
        made.append(result)

    def build(target: Any) -> Any:
        kinds = tuple(_kind(p, part, operands) for p, part in zip(parameters.declared, key, strict=True))
        wrapped = _row_body(body, kinds, tuple(p.name in keep for p in parameters.declared), common)
        return schedule.row_plan(name, wrapped, shape, dims, args, [kind for _, kind in outs],
                                 [argument(meta, shape) for meta in given], parameters.numbers(key))

    return plan_of(tuple(made), build, differentiable=differentiable)


def _kind(p: Parameter, part: Any, operands: dict[str, Meta | None]) -> Any:
    """How a parameter reaches a body: as an operand, as a number, or as a value that is fixed."""
    if p.kind == core_op.OPERAND and isinstance(part, Meta):
        return "operand"
    if (p.kind == core_op.OPERAND and part is not None
            or p.kind == core_op.SCALAR and (part is not None or p.default is not None)):
        return "number"
    return ("fixed", part)


@lru_cache(2048)
def _row_body(body: Callable, kinds: tuple[Any, ...], keep: tuple[bool, ...], common: dtype) -> Callable:
    """A declared body as the schedule calls it: the operands, then the numbers."""
    operands = sum(kind == "operand" for kind in kinds)

    def wrapped(row, *values):
        left = {"operand": iter(values[:operands]), "number": iter(values[operands:])}
        arguments = []
        for kind, as_it_is in zip(kinds, keep):
            value = next(left[kind]) if isinstance(kind, str) else kind[1]
            arguments.append(to_compute(value, common) if isinstance(value, (Value, Complex)) and not as_it_is
                             else value)
        return body(row, *arguments)

    wrapped.__name__ = body.__name__
    return wrapped


# ---- derivatives -----------------------------------------------------------------------------------------------------

def row_derivative(op: Any) -> Callable:
    """Decorator: the derivative of a row program, `rule(row, <values>) -> a gradient an operand`; see the head of this
    file and core/op.py for the names of values."""
    def declare(rule: Callable) -> Callable:
        names = list(inspect.signature(rule).parameters)[1:]
        spec = op.spec
        lead = op.parameters[0].name
        # all that says which dimensions make up a row, and what shape operands have: keys, of which nothing need be
        # saved
        more = [p.name for p in op.parameters if p.kind == core_op.STATIC and p.name not in names]
        more += [f"{p.name}_meta" for p in op.parameters if p.kind == core_op.OPERAND]

        def on_tensors(*values):
            given = dict(zip(names + more, values, strict=True))
            input = given[lead + "_meta"]
            dims = spec.along({p.name: given.get(p.name + "_meta", given.get(p.name)) for p in op.parameters})
            keepdim = op.row_keeps[1](given)
            first = next(value for value in values if hasattr(value, "meta"))
            arguments = [_as_aligned(given[n], _kind_of(n, spec), input.ndim, dims, keepdim and _is_result(n))
                         for n in names]
            found = rule(TensorRow(dims, input, first), *arguments)
            found = found if isinstance(found, tuple) else (found,)
            operands = [p.name for p in op.parameters if p.kind == core_op.OPERAND]
            return tuple(_returned(g, given[n + "_meta"],
                                   _aligned(given[n + "_meta"], _kind_of(n, spec), input.ndim, dims))
                         for g, n in zip(found, operands, strict=True))

        on_tensors.__name__ = on_tensors.__qualname__ = rule.__name__
        on_tensors.__doc__ = rule.__doc__
        on_tensors.__signature__ = inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD)
                                                      for n in names + more])
        on_tensors.__wrapped__ = rule
        op.derivative(on_tensors)
        op.fuse = lambda op, needs, plain: (_fused(op, rule, names, needs), (False,) * len(needs))
        return rule

    return declare


def _is_result(name: str) -> bool:
    return name.startswith(("grad", "result"))


def _kind_of(name: str, spec: Rows) -> str:
    """Whether a value that a derivative names has a value an element, one a row, or one row for all."""
    if name == "grad":
        return spec.results[0]
    if name.startswith("result"):
        return spec.results[int(name[6:] or 0)]
    return "one" if name in spec.one else "shared" if name in spec.shared else "row"


def _as_aligned(value: Any, kind: str, ndim: int, dims: Sequence[int], keepdim: bool) -> Any:
    if not hasattr(value, "meta"):
        return value
    meta = _aligned(value.meta, kind, ndim, dims, keepdim)
    return value if meta is value.meta else value.reshape(meta.sizes)


def _returned(grad: Any, meta: Meta | None, aligned: Meta | None) -> Any:
    """A gradient in its operand's shape: summed to where it varies."""
    if grad is None or aligned is None:
        return None
    return grad.sum_to_size(aligned.sizes).reshape(meta.sizes)


def _fused(op: Any, rule: Callable, names: Sequence[str], needs: tuple[bool, ...]) -> Any:
    """The derivative for the operands that `needs` marks: one row program for those that have a value an element or one
    a row, one reduction over the rows for those that all rows share."""
    spec = op.spec
    recipe = op.recipe(needs)
    operands = [p.name for p in op.parameters if p.kind == core_op.OPERAND]
    marked = [k for k, need in enumerate(needs) if need]
    shared = [k for k in marked if operands[k] in spec.shared]
    own = [k for k in marked if k not in shared]
    parameters = Parameters.for_values(recipe.names, op)
    parts = [(own, _row_gradients), (shared, _shared_gradients)]
    kernels = [make(op, rule, names, parameters, chosen) for chosen, make in parts if chosen]
    if len(kernels) == 1:
        return kernels[0]

    def gradients(*values):
        found = []
        for kernel in kernels:
            given = kernel(*values)
            found += given if isinstance(given, tuple) else (given,)
        by_operand = dict(zip(own + shared, found, strict=True))
        return tuple(by_operand[k] for k in marked)

    gradients.__name__ = rule.__name__
    return core_op.Op(rule.__name__, gradients, (), None, kind=core_op.COMPOSITE)


def _given_to_rule(op: Any, parameters: Parameters, key: tuple[Any, ...]) -> tuple[dict[str, Any], Meta,
        tuple[int, ...], dict[str, Meta | None]]:
    """(parts of a key by name, the first operand's Meta, the dimensions of a row, the aligned operands) of a fused
    derivative.
    """
    spec = op.spec
    given = parameters.named(key)
    input = given[op.parameters[0].name + "_meta"]
    dims = spec.along({p.name: given.get(p.name + "_meta", given.get(p.name)) for p in op.parameters})
    keepdim = op.row_keeps[1](given)
    operands = {p.name: _aligned(given[p.name], _kind_of(p.name, spec), input.ndim, dims,
                                 keepdim and _is_result(p.name))
                for p in parameters.declared if p.kind == core_op.OPERAND and isinstance(given[p.name], Meta)}
    return given, input, dims, operands


def _picking(rule: Callable, names: Sequence[str], parameters: Parameters, chosen: Sequence[int]) -> Callable:
    """The rule as a body of all the recipe's values that returns the chosen gradients only."""
    places = [parameters.names.index(n) for n in names]

    def body(row, *values):
        found = rule(row, *(values[k] for k in places))
        found = found if isinstance(found, tuple) else (found,)
        return tuple(found[k] for k in chosen)

    body.__name__ = rule.__name__
    return body


def _row_gradients(op: Any, rule: Callable, names: Sequence[str], parameters: Parameters, chosen: Sequence[int]) -> Any:
    """The gradients of operands with a value an element or one a row."""
    spec = op.spec
    kept, _, like = op.row_keeps
    operands = [p.name for p in op.parameters if p.kind == core_op.OPERAND]
    kinds = [_kind_of(operands[k], spec) for k in chosen]
    body = _picking(rule, names, parameters, chosen)

    def planner(fused: Any, key: tuple[Any, ...]) -> Plan:
        given, input, dims, aligned = _given_to_rule(op, parameters, key)
        outs = [(given[operands[k] + "_meta"].dtype, kind) for k, kind in zip(chosen, kinds)]
        return row_op(rule.__name__, body, parameters, key, aligned, input, dims, outs,
                      accumulator(given["grad"].dtype), kept, False, like)

    return core_op.Op(rule.__name__, rule, tuple(parameters.declared), planner)


def _shared_gradients(op: Any, rule: Callable, names: Sequence[str], parameters: Parameters,
                      chosen: Sequence[int]) -> Any:
    """The gradients of operands that all rows share: what each element contributes, summed over the rows."""
    kept = op.row_keeps[0]
    operands = [p.name for p in op.parameters if p.kind == core_op.OPERAND]
    body = _picking(rule, names, parameters, chosen)

    def planner(fused: Any, key: tuple[Any, ...]) -> Plan:
        given, input, dims, aligned = _given_to_rule(op, parameters, key)
        common = accumulator(given["grad"].dtype)
        kinds = tuple(_kind(p, part, aligned) for p, part in zip(parameters.declared, key, strict=True))
        wrapped = _row_body(body, kinds, tuple(p.name in kept for p in parameters.declared), common)
        rest = tuple(d for d in range(input.ndim) if d not in dims)
        outs = [given[operands[k] + "_meta"].dtype for k in chosen]
        return reduce_op(rule.__name__, _contributions(wrapped, common, len(chosen)), list(aligned.values()), rest,
                         False, outs, parameters.numbers(key))

    return core_op.Op(rule.__name__, rule, tuple(parameters.declared), planner)


@lru_cache(1024)
def _contributions(body: Callable, common: dtype, count: int) -> Reduction:
    """Sums of what a body gives for each element; it must not ask for reductions of rows for that."""
    row = _NoRow()
    return Reduction(((common, 0.0),) * count,
                     lambda state, *values: tuple(s + x for s, x in zip(state, body(row, *values), strict=True)),
                     lambda a, b: tuple(x + y for x, y in zip(a, b)), lambda state, count: state)


class _NoRow:
    """What a rule calls while only its values of single elements are wanted: reductions are not known."""

    index = UNKNOWN

    def sum(self, x: Any) -> Any:
        return UNKNOWN

    max = min = mean = count = sum

    def pick(self, x: Any, index: Any) -> Any:
        return UNKNOWN

    def keep(self, compute: Callable) -> Any:
        return compute()

    def saved(self, values: Any, compute: Callable) -> Any:
        return values


class TensorRow:
    """What a row program calls on whole rows when it runs on tensors: under `create_graph`, and to read it in a
    debugger.
    """

    def __init__(self, dims: tuple[int, ...], meta: Meta, like: Any):
        self.dims, self.meta, self.like = dims, meta, like

    def _reduce(self, x: Any, name: str) -> Any:
        return getattr(x, name)(self.dims, keepdim=True) if self.dims else x

    def sum(self, x: Any) -> Any:
        return self._reduce(x, "sum")

    def mean(self, x: Any) -> Any:
        return self._reduce(x, "mean")

    def max(self, x: Any) -> Any:
        return self._reduce(x, "amax")

    def min(self, x: Any) -> Any:
        return self._reduce(x, "amin")

    def count(self, like: Any) -> int:
        return pymath.prod(self.meta.shape[d] for d in self.dims)

    @property
    def index(self) -> Any:
        """The position of each element in its row, in the shape of a row."""
        sizes = [size if d in self.dims else 1 for d, size in enumerate(self.meta.shape)]
        ones = self.like.detach().new_ones((pymath.prod(sizes),))
        return (ones.long().cumsum(0) - 1).reshape(sizes)

    def pick(self, x: Any, index: Any) -> Any:
        return self.sum((self.index == index).__where__(x, 0.0))

    def keep(self, compute: Callable) -> Any:
        return compute()

    def saved(self, values: Any, compute: Callable) -> Any:
        return compute()
