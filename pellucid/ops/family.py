"""The families of operators: what each supplies, so that a declaration says only what is special.

A declaration is a function whose signature is the public signature and whose docstring is the documentation:

    @pointwise(promotes=INT_TO_FLOAT)          one scalar body -> a map kernel for every type, layout and broadcast
    @reduction(rule)                           a Reduction for each accumulating type -> kernels over any dimensions
    @rows(body)                                a row program
    @structured                                the function itself plans: shapes and launches, given Metas
    @view                                      the function maps a Meta to another one; data are shared
    @composite                                 plain Python over other operators

and then, if it has one, its derivative: `@tanh.derivative`. The planners here run once for each new combination of metas and
number types; `core/op.py` keeps what they return. Called by the declarations in this package only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from .. import dtypes
from ..check import check
from ..codegen import cpu, loops, reduce
from ..codegen.ir import Launch, Value
from ..codegen.loops import Arg
from ..codegen.math import Complex
from ..codegen.reduce import Reduction
from ..core import meta as metas
from ..core import op as core_op
from ..core.meta import Meta
from ..core.op import Parameter, Plan, Step
from ..device import CPU, device
from ..dtypes import dtype
from .stepping import interpreted_launch, interpreted_map, is_stepping

__all__ = ["pointwise", "reduction", "structured", "composite", "result_dtype", "REGISTRY", "DEFAULT", "INT_TO_FLOAT", "BOOL",
           "COMPLEX_TO_REAL", "BOOL_TO_INT64", "OTHERS", "EITHER", "ANY", "NONE", "steps", "argument", "normal_dims", "register",
           "row_op", "reduce_op", "map_op", "TensorRow"]

REGISTRY: dict[str, Any] = {}        # public name -> operator: what `pellucid.ops` and Tensor's methods are made of

# how a result's type follows from the promoted type of the operands
DEFAULT, INT_TO_FLOAT, BOOL, COMPLEX_TO_REAL, BOOL_TO_INT64 = "default", "int_to_float", "bool", "complex_to_real", "bool_to_int64"

# which operands of a map may be Python numbers: all but the first; any, if a tensor is left; any; none. Or names, in one string
OTHERS, EITHER, ANY, NONE = "but the first", "not all", "any", ""


# ---- types --------------------------------------------------------------------------------------------------------------------

def result_dtype(parts: Sequence[Any]) -> dtype:
    """The type that operands promote to: tensors with dimensions, then 0-d tensors, then Python numbers; a later group counts only
    where its category (bool < int < float < complex) is higher. `parts` holds Metas, number types and Nones."""
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
        check(hasattr(value, "meta"), "{}(): argument '{}' (position {}) must be Tensor, not {}", name, operand, position, type(value).__name__,
              error=TypeError)


def expect_dtype(wanted: dtype, given: dtype) -> None:
    """Raise unless an `out=` has just the type that is wanted: where PyTorch converts nothing."""
    check(given is wanted, "Expected out tensor to have dtype {}, but got {} instead", wanted, given)


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
                  "{}: Expected all tensors to be on the same device, but found at least two devices, {} and {}!", name, found, operand.device)
            found = operand.device if found is CPU else found
    return found


# ---- from launches to steps ------------------------------------------------------------------------------------------------------

def steps(launches: Sequence[Launch]) -> tuple[Step, ...]:
    """Compiled (or, in the stepping mode, interpreted): what the core runs."""
    if is_stepping():
        return tuple(map(interpreted_launch, launches))
    return tuple(Step(x.kernel.name, cpu.compile(x.kernel), tuple(x.words), x.chunks, int(x.work)) for x in launches)


def argument(meta: Meta, shape: Sequence[int]) -> Arg:
    """An operand as a schedule sees it when it is broadcast to `shape`."""
    return Arg(meta.dtype, metas.broadcast_strides(meta, shape))


# ---- declared functions ----------------------------------------------------------------------------------------------------------

class Parameters:
    """A signature sorted into what the core wants to know: operands (tensors or numbers), scalars (numbers for the kernel), statics.

    Without a list, parameters with no default or None are operands, those with a number are scalars, the rest are statics."""

    def __init__(self, function: Callable, operands: Sequence[str] | None = None, scalars: Sequence[str] | None = None, numbers: str = OTHERS):
        self.declared: list[Parameter] = []
        for p in inspect.signature(function).parameters.values():
            if p.name in operands if operands is not None else (p.default is p.empty or p.default is None):
                kind = core_op.OPERAND
            elif p.name in scalars if scalars is not None else type(p.default) in (int, float):
                kind = core_op.SCALAR
            else:
                kind = core_op.STATIC
            default = core_op.REQUIRED if p.default is p.empty else p.default
            number = kind == core_op.OPERAND and (numbers in (EITHER, ANY) or numbers == OTHERS and bool(self.declared) or p.name in numbers.split())
            self.declared.append(Parameter(p.name, kind, default, numbers=number, keyword_only=p.kind is p.KEYWORD_ONLY))
        self.names = [p.name for p in self.declared]

    def named(self, key: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self.names, key))

    def numbers(self, key: Sequence[Any]) -> tuple[str, ...]:
        """The kinds of the numbers that the kernel is given: those of number-valued operands and of all scalars."""
        found = []
        for part, p in zip(key, self.declared):
            if p.kind == core_op.SCALAR:
                found.append(_NUMBER_KIND[part if part is not None else type(p.default)] if part is not None or p.default is not None else "")
            elif p.kind == core_op.OPERAND and not isinstance(part, Meta) and part is not None:
                found.append(_NUMBER_KIND[part])
        return tuple(k for k in found if k)


def scalar_kinds(parts: Sequence[Any]) -> tuple[str, ...]:
    """The kinds of numbers (i, f, c) that number types among `parts` reach a kernel as."""
    return tuple(_NUMBER_KIND[part] for part in parts if part in _NUMBER_KIND)


_NUMBER_KIND = {bool: "i", int: "i", float: "f", complex: "c"}


def register(op: Any, name: str | None = None) -> Any:
    """Make an operator public, under its own name or another."""
    REGISTRY[name or op.__name__] = op
    return op


# ---- pointwise -------------------------------------------------------------------------------------------------------------------

@lru_cache(8192)
def _body(function: Callable, kinds: tuple[Any, ...], common: dtype, raw: tuple[bool, ...]) -> Callable:
    """A declared body as a schedule calls it: operands converted to the type to compute in, defaults and statics in their places.

    `kinds` has for each parameter "tensor", "number", ("default", value) for a number that is given and not looked at, or ("fixed",
    value); `raw` marks operands that keep their own type."""

    tensors = sum(k == "tensor" for k in kinds)

    def body(*values):
        operands, numbers = iter(values[:tensors]), iter(values[tensors:])
        arguments = []
        for kind, keep in zip(kinds, raw):
            if kind == "tensor" or kind == "number":
                value = next(operands if kind == "tensor" else numbers)
                arguments.append(value if keep else to_compute(value, common))
            else:
                if kind[0] == "default":
                    next(numbers)
                    arguments.append(int(kind[1]) if common.is_integral else kind[1])
                else:
                    arguments.append(kind[1])
        return function(*arguments)

    body.__name__ = function.__name__
    return body


def to_compute(value: Any, d: dtype) -> Any:
    """A loaded value, or a number's word, in the type that kernels of `d` compute in."""
    if d.is_complex:
        if isinstance(value, Complex):
            return Complex(convert(value.re, d.compute), convert(value.im, d.compute))
        re = convert(value, d.compute)
        return Complex(re, re.builder.const(d.compute, 0.0, re.lanes))
    if isinstance(value, Complex):
        value = value.re
    return convert(value, d.compute)


def convert(value: Value, type: str) -> Value:
    return value.builder.convert(value, type)


def _positional(function: Callable) -> Callable:
    """A declared function called by position, keyword-only parameters included."""
    code = function.__code__
    if not code.co_kwonlyargcount:
        return function
    names = code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount]

    def call(*values):
        return function(*values[:code.co_argcount], **dict(zip(names, values[code.co_argcount:])))

    call.__name__ = function.__name__
    return call


def pointwise(promotes: str = DEFAULT, supports: str = "buifc", keep: Sequence[str] = (), operands: Sequence[str] | None = None,
              scalars: Sequence[str] | None = None, cost: float = 0.3, inplace: bool = True, into_dtype: Callable | None = None,
              public: bool = True, numbers: str = OTHERS, exact: bool = False, contiguous: bool = False,
              error: type[Exception] = NotImplementedError) -> Callable:
    """Declare an operator whose body computes one element.

    promotes     how the result's type follows from the promoted type of the operands
    supports     kinds of types (see dtypes) that the operator takes
    keep         operands that are not converted and take no part in promotion (conditions, indices)
    numbers      which operands may be Python numbers
    into_dtype   the type to compute in from (named key, promoted type), where promotion does not say it
    exact        whether a tensor to write to must have just the result's type
    contiguous   whether the result is, whatever the operands' strides
    error        what is raised for types that are not supported
    """

    def declare(function: FunctionType) -> Any:
        parameters = Parameters(function, operands, scalars, numbers)
        name = function.__name__
        body = _positional(function)
        raw = tuple(n in keep for n in parameters.names)

        def types(key: tuple[Any, ...]) -> tuple[dtype, dtype]:
            promoting = [part for part, p, r in zip(key, parameters.declared, raw) if p.kind == core_op.OPERAND and not r]
            check(numbers != EITHER or any(isinstance(part, Meta) for part in promoting), "{}() received an invalid combination of arguments: one of "
                  "them must be a Tensor", name, error=TypeError)
            common = result_dtype(promoting)
            if into_dtype is not None:
                common = into_dtype(parameters.named(key), common)
            common, out = output_dtype(common, promotes)
            check(common.kind in supports, '"{}" not implemented for \'{}\'', name, type_name(common), error=error)
            return common, out

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            common, out = types(key)
            tensors = [part for part in key if isinstance(part, Meta)]
            result = metas.contiguous(metas.broadcast_shapes(*(t.shape for t in tensors)), out, common_device(name, tensors)) if contiguous else None
            return map_op(name, body, parameters, key, common, (out,), raw, cost, result)

        def into(op: Any, key: tuple[Any, ...], results: tuple[Meta, ...]) -> Plan:
            common, out = types(key)
            if exact:
                expect_dtype(out, results[0].dtype)
            return map_op(name, body, parameters, key, common, (results[0].dtype,), raw, cost, results[0])

        op = core_op.Op(name, function, tuple(parameters.declared), planner, fuse=_fuse_map, into=into, aliasing=True)
        op.keep = frozenset(keep)
        if promotes == BOOL or not set(supports) & set("fc"):
            op.nondifferentiable()
        if inplace and public:
            REGISTRY[name + "_"] = op.inplace()
        return register(op) if public else op

    return declare


def map_op(name: str, body: Callable, parameters: Parameters, key: tuple[Any, ...], common: dtype, outs: Sequence[dtype],
           raw: tuple[bool, ...], cost: float, result: Meta | None = None) -> Plan:
    """The plan of one map kernel over operands that broadcast against each other; `result` is where it is to be written, if that is given."""
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
        result = metas.elementwise(metas.broadcast_shapes(*(t.shape for t in tensors)), tensors, outs[0], common_device(name, tensors))
    made = tuple(result if d is result.dtype else metas.with_dtype(result, d) for d in outs)
    numbers = parameters.numbers(key)

    def build() -> tuple[Step, ...]:
        shape = result.shape
        if is_stepping():
            return (interpreted_map(name, body, kinds, raw, common, made, tensors, lambda meta: metas.broadcast_strides(meta, shape), numbers),)
        launches = loops.map_plan(name, _body(body, tuple(kinds), common, raw), shape, [argument(o, shape) for o in made],
                                  [argument(t, shape) for t in tensors], numbers, cost=cost)
        return steps(launches)

    return Plan(made, build)


def _fuse_map(op: Any, needs: tuple[Any, ...]) -> Any:
    """The derivative of a map as one map with a result for each operand that needs a gradient."""
    recipe = op.recipe(needs)
    names = [n for n in recipe.names if n != "needs"]
    if any(n.endswith("_meta") or n in ("grads", "results") for n in names):
        return None
    mine = {p.name: p for p in op.parameters}
    declared = []
    for n in names:
        kind = mine[n].kind if n in mine else core_op.OPERAND
        declared.append(Parameter(n, core_op.STATIC if kind == core_op.STATIC else core_op.OPERAND, None, numbers=kind != core_op.STATIC))
    wanted = [k for k, need in enumerate(needs) if need]

    def body(*values):
        results = recipe.rule(*values)
        results = results if isinstance(results, tuple) else (results,)
        return tuple(results[k] for k in wanted)

    name = op.__name__ + "_backward"
    body.__name__ = name
    parameters = Parameters.__new__(Parameters)
    parameters.declared, parameters.names = declared, names

    def planner(fused: Any, key: tuple[Any, ...]) -> Plan:
        # the gradient's own type decides; what the operator keeps as it is (masks) stays so here
        grad: Meta = key[names.index("grad")]
        floats = [part for part in key if isinstance(part, Meta) and (part.dtype.is_floating_point or part.dtype.is_complex)]
        common = result_dtype([grad, *floats])
        raw = tuple(n in op.keep for n in names)
        return map_op(name, body, parameters, key, common, (common,) * len(wanted), raw, 0.5)

    return core_op.Op(name, recipe.rule, tuple(declared), planner, aliasing=True)


# ---- reductions --------------------------------------------------------------------------------------------------------------------

def normal_dims(dim: Any, ndim: int, empty_is_all: bool = True) -> tuple[int, ...]:
    """The dimensions that `dim` (None, an int, a sequence) names, wrapped and sorted. Raises IndexError and, for repeats, RuntimeError."""
    check(ndim <= 64, "only tensors with up to 64 dims are supported")
    if dim is None or (empty_is_all and isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    found = [metas.wrap_dim(d, ndim, True) for d in given]
    for k, d in enumerate(found):
        check(d not in found[:k], "dim {} appears multiple times in the list of dims", d)
    return tuple(sorted(found)) if ndim else ()


def reduced_shape(shape: Sequence[int], dims: Sequence[int], keepdim: bool) -> tuple[int, ...]:
    return tuple(1 if d in dims else s for d, s in enumerate(shape) if keepdim or d not in dims)


def kept_strides(out: Meta, ndim: int, dims: Sequence[int], keepdim: bool) -> tuple[int, ...]:
    """An output's strides along all dimensions of the input (0 along the reduced ones)."""
    if keepdim:
        return tuple(0 if d in dims else out.strides[d] for d in range(ndim))
    left = iter(out.strides)
    return tuple(0 if d in dims else next(left) for d in range(ndim))


def reduce_op(name: str, red: Reduction, inputs: Sequence[Meta], dims: Sequence[int], keepdim: bool, outs: Sequence[dtype], numbers: Sequence[str] = (),
              cost: float = 0.1) -> Plan:
    """The plan of a reduction of operands (broadcast against each other) over `dims`."""
    shape = metas.broadcast_shapes(*(i.shape for i in inputs))
    device = common_device(name, inputs)
    made = tuple(metas.contiguous(reduced_shape(shape, dims, keepdim), d, device) for d in outs)
    args = [Arg(o.dtype, kept_strides(o, len(shape), dims, keepdim)) for o in made], [argument(i, shape) for i in inputs]
    launches, scratch = reduce.reduce_plan(name, red, shape, dims, *args, tuple(numbers), cost)
    return Plan(made, lambda: steps(launches), scratch)


def reduction(rule: Callable[[dtype], Reduction], promotes: str = DEFAULT, supports: str = "buifc", outs: Callable | None = None, empty: bool = True,
              returns: Callable | None = None, public: bool = True, cost: float = 0.1, exact: bool = False,
              error: type[Exception] = NotImplementedError) -> Callable:
    """Declare a reduction. Parameters without a default are operands (broadcast against each other); the others are among `dim`
    (annotated `int` where it can only be one), `keepdim` and `dtype`. `rule(compute type)` gives the Reduction.

    empty      whether a reduction of no elements has a value
    outs       the types of the outputs, from the type computed in and the input's
    exact      whether an `out=` must have just the result's type
    error      what is raised for types that are not supported
    """

    def declare(function: FunctionType) -> Any:
        signature = inspect.signature(function).parameters.values()
        parameters = Parameters(function, [p.name for p in signature if p.default is p.empty and p.name != "dim"], (), NONE)
        name = function.__name__.lstrip("_").removesuffix("_dim")
        single = any(p.name == "dim" and p.annotation == "int" for p in signature)

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            given = parameters.named(key)
            inputs = [part for part in key if isinstance(part, Meta)]
            check(not single or given["dim"] is None or hasattr(given["dim"], "__index__"), "{}(): argument 'dim' must be int, not {}", name,
                  type(given.get("dim")).__name__, error=TypeError)
            common = given.get("dtype") or result_dtype(inputs)
            if given.get("dtype") is None or promotes == BOOL:
                common, out = output_dtype(common, promotes)
            else:
                out = common
            check(common.kind in supports, '"{}" not implemented for \'{}\'', name, type_name(common), error=error)
            dims = normal_dims(given.get("dim"), inputs[0].ndim, promotes != BOOL)       # all and any over () look at each element alone
            if not empty:
                check(inputs[0].numel or given.get("dim") not in (None, ()), "{}(): Expected reduction dim to be specified for input.numel() == 0. "
                      "Specify the reduction dim with the 'dim' argument.", name, error=IndexError if single else RuntimeError)
                for d in dims:
                    check(inputs[0].shape[d] != 0, "{}(): Expected reduction dim {} to have non-zero size.", name, d, error=IndexError)
            types = (out,) if outs is None else outs(common, inputs[0].dtype)
            return reduce_op(name, _typed(rule, common), inputs, dims, bool(given.get("keepdim", False)), types, cost=cost)

        def into(op: Any, key: tuple[Any, ...], results: tuple[Meta, ...]) -> None:
            """No kernel of its own for an `out=` of another type or layout, which is copied to; but is its type one that will do?"""
            if exact or parameters.named(key).get("dtype") is not None:
                expect_dtypes(planner(op, key), results)
            elif promotes == BOOL:
                check(results[0].dtype in (dtypes.bool, dtypes.uint8), "{} only supports bool tensor for result, got: {}", name,
                      type_name(results[0].dtype))

        op = core_op.Op(name, function, tuple(parameters.declared), planner, into=into, returns=returns,
                        aliases={"axis": "dim", "keepdims": "keepdim"})
        return register(op) if public else op

    return declare


@lru_cache(1024)
def _typed(rule: Callable[[dtype], Reduction], common: dtype) -> Reduction:
    """A Reduction that takes elements of any type and computes in `common`."""
    red = rule(common)
    step = red.step
    if red.indexed:
        return red._replace(step=lambda state, position, *xs: step(state, position, *(to_compute(x, common) for x in xs)))
    return red._replace(step=lambda state, *xs: step(state, *(to_compute(x, common) for x in xs)))


def composite(function: FunctionType | None = None, *, inplace: bool = False, public: bool = True) -> Any:
    """Declare an operator made of others: its derivative follows from theirs. With `inplace` there is also `name_`, which computes from a
    copy of its first argument and writes the result over it."""
    if function is None:
        return lambda function: composite(function, inplace=inplace, public=public)
    op = core_op.Op(function.__name__, function, (), None, kind=core_op.COMPOSITE)
    if inplace:
        def write(input, *args, **kwargs):
            found = op(input.clone(), *args, **kwargs)
            check(found.meta.shape == input.meta.shape, "output with shape {} doesn't match the broadcast shape {}", list(input.meta.shape),
                  list(found.meta.shape))
            check(dtypes.can_cast(found.meta.dtype, input.meta.dtype), "result type {} can't be cast to the desired output type {}",
                  type_name(found.meta.dtype), type_name(input.meta.dtype))
            return input.copy_(found)

        write.__name__ = write.__qualname__ = function.__name__ + "_"
        write.__module__ = function.__module__
        write.__doc__ = f"`{function.__name__}`, written over the first argument."
        write.__wrapped__ = function
        register(core_op.Op(write.__name__, write, (), None, kind=core_op.COMPOSITE))
    return register(op) if public else op


def structured(function: FunctionType | None = None, *, exact: bool = False) -> Any:
    """Declare an operator that plans its own kernels: called with the key (Metas, number types, statics) it returns a Plan.

    Parameters annotated `Tensor` are operands, `list[Tensor]` a sequence of them, the others statics. With `exact` an `out=` must have just
    the result's type."""
    if function is None:
        return lambda function: structured(function, exact=exact)
    declared = []
    for p in inspect.signature(function).parameters.values():
        kind = {"Meta": core_op.OPERAND, "Meta | None": core_op.OPERAND, "list[Meta]": core_op.OPERANDS}.get(p.annotation, core_op.STATIC)
        default = p.default if p.default is not p.empty else None if p.annotation == "Meta | None" else core_op.REQUIRED
        declared.append(Parameter(p.name, kind, default, keyword_only=p.kind is p.KEYWORD_ONLY))
    plan = _positional(function)
    name = function.__name__
    into = (lambda op, key, results: expect_dtypes(plan(*key), results)) if exact else None
    return register(core_op.Op(name.lstrip("_") if name.startswith("__") else name, function, tuple(declared), lambda op, key: plan(*key), into=into))


# ---- row programs --------------------------------------------------------------------------------------------------------------------

def row_op(name: str, body: Callable, shape: Sequence[int], dims: Sequence[int], outs: Sequence[tuple[dtype, str]], inputs: Sequence[Meta | None],
           common: dtype, numbers: Sequence[str] = (), raw: Sequence[bool] | None = None, keepdim: bool = False,
           layouts: Sequence[Meta | None] = (), differentiable: Sequence[bool] | None = None) -> Plan:
    """The plan of a row program over `dims` of `shape`. `outs` lists (type, "row" or "one"); inputs broadcast to `shape`, a None among
    them reaches the body as None."""
    check(common.kind != "s", '"{}" not implemented for \'{}\'', name, type_name(common), error=NotImplementedError)
    made = []
    args = []
    device = common_device(name, [i for i in inputs if i is not None])
    for k, (d, kind) in enumerate(outs):
        if kind == "row":
            like = layouts[k] if k < len(layouts) else None
            out = metas.contiguous(tuple(shape), d, device) if like is None else metas.elementwise(tuple(shape), [like], d, device)
            args.append(Arg(d, tuple(out.strides)))
        else:
            out = metas.contiguous(reduced_shape(shape, dims, keepdim), d, device)
            args.append(Arg(d, kept_strides(out, len(shape), dims, keepdim)))
        made.append(out)
    present = tuple(i is not None for i in inputs)
    wrapped = _row_body(body, present, common, tuple(raw) if raw else (False,) * len(present), len(numbers))
    launches = reduce.row_plan(name, wrapped, shape, dims, args, [kind for _, kind in outs], [argument(i, shape) for i in inputs if i is not None],
                               tuple(numbers))
    return Plan(tuple(made), lambda: steps(launches), differentiable=differentiable)


@lru_cache(2048)
def _row_body(body: Callable, present: tuple[bool, ...], common: dtype, raw: tuple[bool, ...], numbers: int) -> Callable:
    def wrapped(row, *values):
        operands = iter(values)
        arguments = []
        for here, keep in zip(present, raw):
            if not here:
                arguments.append(None)
                continue
            value = next(operands)
            arguments.append(value if keep or not isinstance(value, (Value, Complex)) else to_compute(value, common))
        for value in operands:
            arguments.append(value if not isinstance(value, (Value, Complex)) else to_compute(value, common))
        return body(row, *arguments)

    wrapped.__name__ = body.__name__
    return wrapped


@lru_cache(1024)
def with_constant(body: Callable, constant: float) -> Callable:
    """A row program's body with its last argument filled in: the same object each time, so that its kernel is found again."""
    def filled(row, *values):
        return body(row, *values, constant)

    filled.__name__ = body.__name__
    return filled


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The type that an operation of two tensors or numbers computes in."""
    return result_dtype([x.meta if hasattr(x, "meta") else type(x) for x in (tensor1, tensor2)])


class TensorRow:
    """What a row program's body calls on whole rows when it runs on tensors: under `create_graph`, and to read it in a debugger."""

    def __init__(self, dims: tuple[int, ...]):
        self.dims = dims

    def sum(self, x: Any) -> Any:
        return x.sum(self.dims, keepdim=True)

    def mean(self, x: Any) -> Any:
        return x.mean(self.dims, keepdim=True)

    def max(self, x: Any) -> Any:
        return x.amax(self.dims, keepdim=True)

    def min(self, x: Any) -> Any:
        return x.amin(self.dims, keepdim=True)

    def keep(self, compute: Callable) -> Any:
        return compute()
