"""What it means for one entry of PyTorch's operator table (`op_db`) to agree.

Called by run.py's worker processes, one entry at a time. Knows both frameworks, knows nothing of processes, files or
tables.

An entry says how to call an operator and makes sample inputs for it. Each sample is taken apart into plain memory and
put together again twice, once for each framework (`Translator.value`: same strides, offset, sharing), both sides are
called, and the two outcomes are compared aspect by aspect. The calls themselves are found by name (`torch.linalg.norm`
-> `pellucid.linalg.norm`); where the table holds a small Python function that mentions `torch`, the same code runs
again with that name bound to the other framework. Nothing here is special to pellucid: with `--framework torch` every
entry must agree with itself.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import operator
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

COUNTED = ("values", "shapes", "dtypes", "gradients", "exceptions")  # an entry agrees when it agrees in these
REPORTED = ("strides", "out", "messages")  # printed beside them
DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64)
SAMPLES = 8  # of each dtype; spread over the first READ that the entry generates
READ = 64
SEED = 20240607

# |ours - theirs| <= absolute + relative * |theirs|. torch.testing.assert_close's own, but for float32's relative part
# (1.3e-6 there): two implementations that sum in different orders do not agree to 11 ulp.
TOLERANCE = {
    "float32": (1e-5, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1e-5, 1e-5),
    "complex128": (1e-7, 1e-7),
    "float16": (1e-5, 1e-3),
    "bfloat16": (1e-5, 1.6e-2),
}
# not for a CPU, or not for dense tensors of the dtypes above: nothing to compare
ELSEWHERE = ("jiterator", "sparse.", "torch._scaled_mm")
UNDEFINED = {
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "new_empty",
    "new_empty_strided",
    "resize_",
    "resize_as_",
}  # contents

NAMESPACES = (
    "torch.Tensor",
    "torch",
    "torch.nn.functional",
    "torch.linalg",
    "torch.special",
    "torch.fft",
    "torch.masked",
    "torch.signal.windows",
    "torch.sparse",
)


class Absent(Exception):
    """The other framework has no such name."""


class Unsupported(Exception):
    """A sample that cannot be carried over (sparse layouts): skipped, not counted."""


@dataclass
class Finding:
    """One disagreement: in which aspect, on which dtype and form of the call, and what it was."""

    aspect: str
    where: str
    reason: str
    absent: bool = False


@dataclass
class Outcome:
    """One entry's result. `tried` holds the aspects that some sample exercised."""

    name: str
    tried: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def state(self, aspect: str) -> str:
        found = [f for f in self.findings if f.aspect == aspect]
        if not found:
            return "agree" if aspect in self.tried else "untested"
        return "absent" if all(f.absent for f in found) else "differ"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "states": {aspect: self.state(aspect) for aspect in COUNTED + REPORTED},
            "findings": [[f.aspect, f.where, f.reason, f.absent] for f in self.findings],
        }


# ---------------------------------------------------------------------------------------------------------- from torch
# to the other


@functools.cache
def torch_names() -> dict[int, str]:
    """id of a callable -> its dotted public name."""
    names: dict[int, str] = {}
    for namespace in NAMESPACES:
        owner = resolve(torch, namespace)
        for name in dir(owner):
            if name.startswith("__") and namespace == "torch":
                continue
            try:
                value = getattr(owner, name)
            except Exception:  # a lazy attribute that needs an optional package
                continue
            if callable(value):
                names.setdefault(id(value), f"{namespace}.{name}")
    return names


def resolve(framework: Any, path: str) -> Any:
    """`torch.linalg.norm` looked up in a framework."""
    value = framework
    for part in path.split(".")[1:]:
        try:
            value = getattr(value, part)
        except AttributeError:
            raise Absent(path.replace("torch", framework.__name__, 1)) from None
    return value


class Translator:
    """Carries callables and values of torch over to a framework."""

    def __init__(self, framework: Any):
        self.framework = framework
        # by id; the key's function is held so that its id stays its own
        self.functions: dict[int, tuple[Callable, Callable]] = {}

    def callable(self, function: Callable) -> Callable:
        """The framework's counterpart of a torch callable, or of a Python function of the table that mentions torch."""
        if id(function) in self.functions:
            return self.functions[id(function)][1]
        if getattr(function, "__name__", "") == "wrapper_set_seed":
            return self._seeded
        if id(function) in torch_names():
            return resolve(self.framework, torch_names()[id(function)])
        if type(function).__module__ == "torch._ops":
            return resolve(self.framework, f"torch.ops.{function}")
        if getattr(function, "__module__", None) == "_operator" or function in (operator.__dict__.values()):
            return function
        if isinstance(function, functools.partial):
            return functools.partial(self.callable(function.func), *function.args, **function.keywords)
        if isinstance(function, types.FunctionType):
            return self._rebind(function)
        if isinstance(function, torch.nn.Module):
            return resolve(self.framework, f"torch.nn.{type(function).__name__}")()
        return function

    def _seeded(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        self.framework.manual_seed(42)
        return self.callable(function)(*args, **kwargs)

    def _rebind(self, function: types.FunctionType) -> Callable:
        """The same code with torch's names bound to the framework's, in its globals and in what it closes over."""
        if (function.__module__
            or "").partition(".")[0] == "torch" and not function.__module__.startswith("torch.testing"):
            raise Absent(f"{self.framework.__name__}: {function.__module__}.{function.__qualname__}")
        rebound = types.FunctionType(function.__code__, {"__builtins__": __builtins__}, function.__name__,
                                     function.__defaults__, None)
        self._remember(function, rebound)
        for name in names_in(function.__code__):
            if name in function.__globals__:
                rebound.__globals__[name] = self._global(function.__globals__[name])
        if function.__closure__:
            cells = tuple(types.CellType(self._global(cell.cell_contents)) for cell in function.__closure__)
            rebound = types.FunctionType(function.__code__, rebound.__globals__, function.__name__,
                                         function.__defaults__, cells)
            self._remember(function, rebound)
        rebound.__kwdefaults__ = function.__kwdefaults__
        return rebound

    def _remember(self, function: Callable, rebound: Callable) -> None:
        self.functions[id(function)] = (function, rebound)
        self.functions[id(rebound)] = (rebound, rebound)

    def _global(self, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            if value.__name__.partition(".")[0] != "torch" or value.__name__.startswith("torch.testing"):
                return value
            return resolve(self.framework, value.__name__)
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)) or id(value) in torch_names():
            try:
                return self.callable(value)
            except Absent as absent:
                return functools.partial(fail, absent)
        return self.value(value, {})

    def value(self, value: Any, memory: dict) -> Any:
        """A sample's value for the framework. `memory` keeps tensors that share storage sharing it."""
        if isinstance(value, torch.Tensor):
            return self.tensor(value, memory)
        if isinstance(value, torch.Size):
            return self.framework.Size(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self.value(item, memory) for item in value))
        if isinstance(value, (tuple, list)):
            return type(value)(self.value(item, memory) for item in value)
        if isinstance(value, dict):
            return {key: self.value(item, memory) for key, item in value.items()}
        if isinstance(value, slice):
            return slice(*(self.value(item, memory) for item in (value.start, value.stop, value.step)))
        if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
            return resolve(self.framework, str(value))
        if isinstance(value, torch.device):
            return self.framework.device(str(value))
        if isinstance(value, torch.Generator):
            generator = self.framework.Generator()
            generator.manual_seed(value.initial_seed())
            return generator
        if isinstance(value, (types.FunctionType, functools.partial, torch.nn.Module)):
            return self.callable(value)
        return value

    def tensor(self, tensor: torch.Tensor, memory: dict) -> Any:
        """The same bytes, shape, strides and offset in fresh memory; a leaf."""
        if tensor.layout != torch.strided or tensor.device.type != "cpu":
            raise Unsupported(f"{tensor.layout} on {tensor.device}")
        plain = tensor.detach().resolve_conj().resolve_neg()
        key = plain.untyped_storage().data_ptr(), plain.dtype, plain.untyped_storage().nbytes()
        if key not in memory or key[2] == 0:
            flat = torch.empty(0, dtype=plain.dtype).set_(plain.untyped_storage())
            if plain.dtype == torch.bfloat16:
                theirs = self.framework.from_numpy(flat.view(torch.int16).numpy()).view(self.framework.bfloat16)
            else:
                theirs = self.framework.from_numpy(flat.numpy())
            memory[key] = theirs.clone()  # the framework's own memory: NumPy's could not be resized
        view = memory[key].as_strided(tuple(plain.shape), plain.stride(), plain.storage_offset())
        return view.requires_grad_() if tensor.requires_grad else view


def names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_in(constant)


def fail(error: Exception, *args: Any, **kwargs: Any) -> Any:
    raise error


# ----------------------------------------------------------------------------------------------------------------------
# one call


@dataclass
class Result:
    """What one call did: its value, or its exception; the gradients of its inputs, if they were asked for."""

    value: Any = None
    same: bool = False  # the value is the first argument
    error: Exception | None = None
    gradients: list | None = None
    gradient_error: Exception | None = None


def tensors_in(value: Any, framework: Any) -> list:
    if isinstance(value, framework.Tensor):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in tensors_in(item, framework)]
    return []


def call(translator: Translator, function: Callable, sample: Any, form: str, gradients: bool,
         out: Any = None) -> Result:
    """Call the framework's function on the sample's own copy."""
    framework, memory = translator.framework, {}
    result = Result()
    try:
        args = translator.value((sample.input, *sample.args), memory)
        kwargs = translator.value(sample.kwargs, memory)
    except Unsupported:
        raise
    except Exception as error:  # the other framework may fail in any way it likes; that is the finding
        result.error = error
        return result
    leaves = [t for t in tensors_in((args, kwargs), framework) if t.requires_grad]
    try:
        if form == "in-place" and gradients and args[0].requires_grad:
            args = (args[0].clone(), *args[1:])
        if out is not None:
            kwargs = {**kwargs, "out": out}
        framework.manual_seed(SEED)
        result.value = function(*args, **kwargs)
        result.same = bool(args) and result.value is args[0]
    except Exception as error:
        result.error = error
        return result
    if gradients and leaves:
        try:
            result.gradients = differentiate(translator, result.value, sample, leaves)
        except Exception as error:
            result.gradient_error = error
    return result


def differentiate(translator: Translator, value: Any, sample: Any, leaves: list) -> list | None:
    """Gradients of the leaves for cotangents that depend on the outputs' shapes alone."""
    framework = translator.framework
    value = translator.callable(sample.output_process_fn_grad)(value)
    outputs = [t for t in tensors_in(value, framework) if t.requires_grad]
    if not outputs:
        return None
    random, cotangents = np.random.RandomState(7), []
    for output in outputs:
        draw = random.standard_normal(tuple(output.shape))
        if output.is_complex():
            draw = draw + 1j * random.standard_normal(tuple(output.shape))
        cotangents.append(framework.from_numpy(np.asarray(draw)).to(output.dtype))
    return list(framework.autograd.grad(outputs, leaves, cotangents, allow_unused=True))


# ---------------------------------------------------------------------------------------------------------------------
# comparisons


def dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


def array(tensor: Any) -> np.ndarray:
    tensor = tensor.detach()
    for lazy in ("resolve_conj", "resolve_neg"):
        tensor = getattr(tensor, lazy, lambda t=tensor: t)()
    wider = {"bfloat16": "float32", "complex32": "complex64"}.get(dtype_name(tensor))  # what NumPy lacks
    if wider is not None:
        tensor = tensor.to(getattr(sys.modules[type(tensor.dtype).__module__.partition(".")[0]], wider))
    return tensor.numpy(force=True)


def unequal(ours: Any, theirs: Any) -> str | None:
    """Says how the values of two tensors of one shape differ, or None."""
    a, b = array(ours), array(theirs)
    if a.size == 0:
        return None
    absolute, relative = TOLERANCE.get(dtype_name(theirs), (0.0, 0.0))
    if not absolute:
        wrong = int((a != b).sum())
        return f"{wrong} of {a.size} elements differ" if wrong else None
    with np.errstate(all="ignore"):
        close = np.isclose(a, b, rtol=relative, atol=absolute, equal_nan=True)
        if close.all():
            return None
        worst = np.abs(a - b)[~close]
        greatest = np.nanmax(worst) if not np.isnan(worst).all() else np.nan
    return f"{int((~close).sum())} of {a.size} elements differ, at most by {greatest:.2g}"


class Comparison:
    """Compares two results and files what differs."""

    def __init__(self, outcome: Outcome, framework: Any, contents: bool):
        self.outcome, self.framework, self.contents = outcome, framework, contents

    def file(self, aspect: str, where: str, reason: str, absent: bool = False) -> None:
        self.outcome.findings.append(Finding(aspect, where, reason, absent))

    def results(self, ours: Result, theirs: Result, where: str, counts_as: str | None = None) -> None:
        """`counts_as` puts every difference under one aspect (out=)."""
        if theirs.error is not None or (ours.error is not None and not missing(ours.error)):
            self.exceptions(ours, theirs, where, counts_as)
            return
        if ours.error is not None:
            self.outcome.tried.add(counts_as or "values")
            self.file(counts_as or "values", where, str(missing(ours.error)), absent=True)
            return
        self.values(ours.value, theirs.value, where, counts_as)
        if theirs.same and not ours.same:
            self.file(counts_as or "values", where, "the result is not the first argument itself")
        if theirs.gradients is not None or ours.gradients is not None or ours.gradient_error or theirs.gradient_error:
            self.gradients(ours, theirs, where)

    def exceptions(self, ours: Result, theirs: Result, where: str, counts_as: str | None) -> None:
        expected, got = kind(theirs.error), kind(ours.error)
        if theirs.error is None:  # ours alone raises: a value is missing
            aspect = counts_as or "values"
            self.outcome.tried.add(aspect)
            self.file(aspect, where, f"raises {got}: {short(ours.error)}")
            return
        aspect = counts_as or "exceptions"
        self.outcome.tried.add(aspect)
        if expected == got:
            return
        if ours.error is not None and missing(ours.error):
            self.file(aspect, where, str(missing(ours.error)), absent=True)
        else:
            self.file(
                aspect,
                where,
                f"expected {expected}, got {got}" + (f": {short(ours.error)}" if ours.error else "")
                + f" (PyTorch: {short(theirs.error)})",
            )

    def values(self, ours: Any, theirs: Any, where: str, counts_as: str | None) -> None:
        tried, label = self.outcome.tried, lambda aspect: counts_as or aspect
        if isinstance(theirs, torch.Tensor):
            tried.update({counts_as} if counts_as else {"values", "shapes", "dtypes", "strides"})
            if not isinstance(ours, self.framework.Tensor):
                self.file(label("values"), where, f"a {type(ours).__name__} in place of a Tensor")
                return
            if theirs.layout != torch.strided:
                return
            if tuple(ours.shape) != tuple(theirs.shape):
                self.file(label("shapes"), where, f"shape {tuple(ours.shape)}, expected {tuple(theirs.shape)}")
                return
            if dtype_name(ours) != dtype_name(theirs):
                self.file(label("dtypes"), where, f"dtype {dtype_name(ours)}, expected {dtype_name(theirs)}")
                return
            if not counts_as and significant_strides(ours) != significant_strides(theirs):
                self.file(
                    "strides", where,
                    f"strides {tuple(ours.stride())}, expected {tuple(theirs.stride())} for shape {tuple(theirs.shape)}"
                )
            if self.contents and (difference := unequal(ours, theirs)):
                self.file(label("values"), where, difference)
        elif isinstance(theirs, (tuple, list)) and not isinstance(theirs, torch.Size):
            tried.add(label("values"))
            if not isinstance(ours, (tuple, list)) or len(ours) != len(theirs):
                self.file(
                    label("values"),
                    where,
                    f"a {type(ours).__name__} of {len(ours) if hasattr(ours, '__len__') else '?'}, "
                    f"expected a {type(theirs).__name__} of {len(theirs)}",
                )
                return
            for our, their in zip(ours, theirs, strict=True):
                self.values(our, their, where, counts_as)
        else:
            tried.add(label("values"))
            if not same_scalar(ours, theirs):
                self.file(label("values"), where, f"{ours!r}, expected {theirs!r}")

    def gradients(self, ours: Result, theirs: Result, where: str) -> None:
        self.outcome.tried.add("gradients")
        if ours.gradient_error or theirs.gradient_error:
            expected, got = kind(theirs.gradient_error), kind(ours.gradient_error)
            if expected != got:
                name = missing(ours.gradient_error) if ours.gradient_error else None
                text = (
                    str(name)
                    if name
                    else f"backward: expected {expected}, got {got}"
                    + (f": {short(ours.gradient_error)}" if ours.gradient_error else "")
                )
                self.file("gradients", where, text, absent=bool(name))
            return
        if (ours.gradients is None) != (theirs.gradients is None):
            self.file(
                "gradients",
                where,
                "the result " + ("does not require grad" if ours.gradients is None else "requires grad")
                + ", unlike PyTorch's",
            )
            return
        for our, their in zip(ours.gradients, theirs.gradients, strict=True):
            if (our is None) != (their is None):
                self.file(
                    "gradients", where, "no gradient for an input" if our is None
                    else "a gradient for an input where PyTorch gives None"
                )
            elif their is not None and (tuple(our.shape) != tuple(their.shape) or dtype_name(our) != dtype_name(their)):
                self.file(
                    "gradients", where,
                    f"gradient {tuple(our.shape)} {dtype_name(our)}, expected {tuple(their.shape)} {dtype_name(their)}"
                )
            elif their is not None and self.contents and (difference := unequal(our, their)):
                self.file("gradients", where, f"gradient: {difference}")


def significant_strides(tensor: Any) -> tuple:
    """Strides of the dimensions that have a next element."""
    if tensor.numel() == 0:
        return ()
    return tuple(int(stride) for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if size > 1)


def same_scalar(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, (torch.dtype, torch.device, torch.Size)):
        return str(ours) == str(theirs)
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, (float, complex)):
        return bool(np.isclose(ours, theirs, rtol=1e-5, atol=1e-7, equal_nan=True))
    return ours == theirs


def kind(error: Exception | None) -> str:
    return "no exception" if error is None else type(error).__name__


def short(error: Exception | None) -> str:
    return (str(error).strip().splitlines() or [""])[0][:120]


def missing(error: Exception) -> str | None:
    """The name that the framework lacks, if that is what the exception says."""
    if isinstance(error, Absent):
        return f"no {error}"
    match = (
        re.search(r"(?:module '([\w.]+)'|'(\w+)' object|type object '(\w+)') has no attribute '(\w+)'", str(error))
        if isinstance(error, AttributeError)
        else None
    )
    return f"no {match[1] or match[2] or match[3]}.{match[4]}" if match else None


# ----------------------------------------------------------------------------------------------------------------------
# one entry


def entries() -> dict[str, Any]:
    """Every entry by its full name, in the table's order."""
    table: dict[str, Any] = {}
    for entry in op_db:
        name = f"{entry.name}.{entry.variant_test_name}" if entry.variant_test_name else entry.name
        if not name.startswith(ELSEWHERE):
            table[name] = entry
    return table


def spread(samples: Iterator, limit: int = SAMPLES) -> list:
    """At most `limit` samples, evenly from the first READ; a generator that raises part of the way gives what it had.
    """
    read = []
    try:
        read.extend(itertools.islice(samples, READ))
    except Exception:  # a generator may need an optional package for its later samples
        pass
    return [read[i * len(read) // limit] for i in range(limit)] if len(read) > limit else read


def forms(entry: Any) -> Iterator[tuple[str, Callable, int]]:
    """The other ways to call the operator, with how many samples each is tried on."""
    if entry.method_variant is not None:
        yield "method", entry.method_variant, 2
    if entry.inplace_variant is not None:
        yield "in-place", entry.inplace_variant, SAMPLES
    if entry.operator_variant is not None:
        yield "operator", entry.operator_variant, 2
    if entry.inplace_operator_variant is not None:
        yield "in-place", entry.inplace_operator_variant, 2
    for alias in entry.aliases:
        yield "alias", alias.op, 1


def check(entry: Any, name: str, framework: Any) -> Outcome:
    """Everything about one entry."""
    outcome = Outcome(name)
    ours, theirs = Translator(framework), Translator(torch)
    comparison = Comparison(outcome, framework, contents=entry.name not in UNDEFINED)
    try:
        function = ours.callable(entry.op)
    except Absent as absent:
        outcome.findings.extend(Finding(aspect, "", f"no {absent}", absent=True) for aspect in COUNTED)
        return outcome
    for dtype in DTYPES:
        if dtype not in entry.supported_dtypes("cpu"):
            continue
        gradients = dtype is torch.float64 and entry.supports_autograd
        torch.manual_seed(SEED)
        samples = spread(iter(entry.sample_inputs("cpu", dtype, requires_grad=gradients)))
        for number, sample in enumerate(samples):
            where = f"{str(dtype)[6:]} sample {number}"
            pair(comparison, ours, theirs, function, entry.op, sample, "function", where, gradients)
            if number == 0 and entry.supports_out and dtype in (torch.float32, torch.int64):
                out_form(comparison, ours, theirs, function, entry.op, sample, where)
        for form, variant, count in forms(entry):
            try:
                ours_variant = ours.callable(variant)
            except Absent as absent:
                comparison.file("values", form, f"no {absent}", absent=True)
                continue
            for number, sample in enumerate(samples[:count]):
                if isinstance(sample.input, torch.Tensor) and not (form == "in-place" and sample.broadcasts_input):
                    differentiable = gradients and form == "in-place" and entry.supports_inplace_autograd
                    pair(
                        comparison,
                        ours,
                        theirs,
                        ours_variant,
                        variant,
                        sample,
                        form,
                        f"{str(dtype)[6:]} {form} sample {number}",
                        differentiable,
                    )
    error_inputs(comparison, ours, theirs, function, entry)
    return outcome


def pair(
    comparison: Comparison,
    ours: Translator,
    theirs: Translator,
    function: Callable,
    original: Callable,
    sample: Any,
    form: str,
    where: str,
    gradients: bool,
) -> None:
    try:
        expected = call(theirs, original, sample, form, gradients)
    except Unsupported:
        return
    comparison.results(call(ours, function, sample, form, gradients), expected, where)


def out_form(
    comparison: Comparison, ours: Translator, theirs: Translator, function: Callable, original: Callable, sample: Any,
    where: str
) -> None:
    """`out=` with a tensor (or tuple of tensors) of the right shape."""
    try:
        plain = call(theirs, original, sample, "function", False).value
        if not (
            isinstance(plain, torch.Tensor)
            or (isinstance(plain, tuple) and plain and all(isinstance(t, torch.Tensor) for t in plain))
        ):
            return
        expected = call(theirs, original, sample, "out", False, out=empty_like(plain, torch))
    except Unsupported:
        return
    try:
        room = empty_like(plain, ours.framework)
    except Exception as error:
        comparison.file("out", where, f"empty: {short(error)}")
        return
    comparison.results(call(ours, function, sample, "out", False, out=room), expected, f"{where} out=", counts_as="out")


def empty_like(value: Any, framework: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(empty_like(item, framework) for item in value)
    return framework.empty(tuple(value.shape), dtype=getattr(framework, dtype_name(value)))


def error_inputs(comparison: Comparison, ours: Translator, theirs: Translator, function: Callable, entry: Any) -> None:
    """Inputs that must raise: the same type; whether PyTorch's pattern matches the text is reported beside it."""
    if entry.error_inputs_func is None:
        return
    torch.manual_seed(SEED)
    for number, item in enumerate(itertools.islice(entry.error_inputs("cpu"), READ)):
        where = f"error input {number}"
        try:
            expected = call(theirs, entry.op, item.sample_input, "function", False)
        except Unsupported:
            continue
        got = call(ours, function, item.sample_input, "function", False)
        comparison.results(got, expected, where)
        if expected.error is not None and got.error is not None and not missing(got.error):
            comparison.outcome.tried.add("messages")
            if (
                re.search(str(item.error_regex), str(got.error)) is None
                and re.search(str(item.error_regex), str(expected.error)) is not None
            ):
                comparison.file("messages", where,
                                f"{short(got.error)!r} does not match {str(item.error_regex)[:100]!r}")


def load(framework: str) -> Any:
    """The framework by its name, quiet and on one thread."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    module = importlib.import_module(framework)
    module.set_num_threads(1)
    return module
