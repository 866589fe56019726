"""Type stubs from the declarations: `python tools/stubs.py` writes them, `--check` says whether they are as it would
write them.

What a checker or an editor cannot see is made here: the operators, which are objects in a registry; Tensor's methods,
which are the same objects; the names that the package only passes on. Everything else is annotated where it stands. A
parameter's type is what its declaration says; where that says nothing, or only what a family wants to know, it is what
the parameter's kind is (a tensor, several, a number), or what PyTorch's name for it means (TYPES below). forms.pyi,
beside this file, has what takes several forms, and core.pyi what users meet of the compiled core.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pellucid  # noqa: E402
from pellucid import ops  # noqa: E402
from pellucid.core.op import OPERAND, OPERANDS, SCALAR, Op  # noqa: E402

HEAD = "# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.\n"

# ---- what names mean -------------------------------------------------------------------------------------------------

_MEANINGS = {
    "Tensor": """input other mask mat mat1 mat2 vec vec1 vec2 batch1 batch2 tensor1 tensor2 target index source src
              weight A a b x y x1 x2 condition end_ indices_ repeats_ abs angle real imag values fweights_""",
    "Tensor | None": "bias weights append prepend aweights fweights running_mean running_var out",
    "Sequence[Tensor]": "tensors",
    "Tensor | Sequence[Tensor]": "*tensors",
    "_int": """dim dim0 dim1 dim2 axis start end length step n k r groups offset diagonal dimension bins minlength
            num_samples decimals upscale_factor downscale_factor ignore_index""",
    "_int | None": "N divisor_override padding_idx output_size_",
    "_int | Sequence[_int]":
    "dims kernel_size stride padding dilation output_padding shifts split_size_or_sections destination "
    "normalized_shape_ source_",
    "_int | Sequence[_int] | Tensor": "indices_or_sections",
    "_int | Sequence[_int | None] | None": "output_size",
    "_size":
    "size sizes split_sizes normalized_shape pad shape *sizes *size *shape physical_layout input_shape weight_shape",
    "_float": "atol rtol eps maxnorm norm_type mean std dx momentum from_ to train_p",
    "_float | None": "max_norm nan posinf neginf",
    "Number":
    "p ord alpha beta value exponent lambd threshold max min scale input_scale negative_slope min_val max_val s "
    "correction low high",
    "Number | _complex": "fill_value",
    "_bool | None": "size_average reduce",
    "_bool": """keepdim ceil_mode count_include_pad return_indices training train inplace pin_memory requires_grad
             replacement increasing equal_nan with_replacement sparse scale_grad_by_freq as_tuple non_blocking unbiased
             copy cudnn_enable cudnn_enabled rounding""",
    "str": "approximate reduction indexing equation",
    "str | None": "rounding_mode",
    "_dtype | None": "dtype",
    "Device": "device",
    "_layout | None": "layout",
    "_memory_format | None": "memory_format",
    "Generator | None": "generator",
    "Any": "data obj ext_tensor buffer names spec rows",
}
TYPES = {name: type for type, names in _MEANINGS.items() for name in names.split()}

# where one name means something else
EXCEPTIONS = {
    **{(name, "dim"): "_dims" for name in """sum mean nansum nanmean all any amax amin std_mean var_mean std var
       logsumexp norm count_nonzero squeeze squeeze_ squeeze_copy linalg_vector_norm""".split()},
    **{(name, "other"): "Tensor" for name in """dist inner kron cross equal allclose isclose matmul vdot linalg_cross
       expand_as view_as type_as reshape_as""".split()},
    **{(name, "padding"): "str | _int | Sequence[_int]" for name in ("conv1d", "conv2d", "conv3d")},
    **{(name, "source"): "_int | Sequence[_int]" for name in ("moveaxis", "movedim")},
    **{(name, "end"): "Tensor" for name in ("lerp", "lerp_")},
    **{(name, "weight"): "Tensor | _float" for name in ("lerp", "lerp_")},
    **{(name, part): "Tensor | Number | None" for name in ("clamp", "clamp_", "clip", "clip_")
       for part in ("min", "max")},
    **{(name, part): "Tensor | Number" for name in ("clamp_min", "clamp_min_", "clamp_max", "clamp_max_")
       for part in ("min", "max")},
    **{(name, "exponent"): "Tensor | Number | _complex" for name in ("pow", "pow_", "float_power", "float_power_")},
    **{(name, "value"): "Tensor | Number | _complex"
       for name in ("masked_fill", "masked_fill_", "fill", "fill_", "index_fill", "index_fill_")},
    **{(name, "p"): "Tensor | _float" for name in ("bernoulli", "bernoulli_")},
    **{(name, "src"): "Tensor | Number" for name in ("scatter", "scatter_")},
    **{(name, "value"): "Number | None" for name in ("scatter", "scatter_")},
    **{(name, "dims"): "_size" for name in ("permute", "rot90", "flip", "tile")},
    **{(name, "x"): "Tensor | None" for name in ("trapezoid", "cumulative_trapezoid")},
    ("pow", "input"): "Tensor | Number | _complex", ("float_power", "input"): "Tensor | Number | _complex",
    ("norm", "p"): "Number | str", ("linalg_vector_norm", "ord"): "Number", ("to", "other"): "Tensor | None",
    ("meshgrid", "*tensors"): "Tensor | Sequence[Tensor]", ("as_strided", "storage_offset"): "_int | None",
    ("tensordot", "dims"): "_int | Sequence[Sequence[_int]]", ("roll", "dims"): "_int | Sequence[_int]",
    ("narrow", "start"): "_int | Tensor", ("narrow_copy", "start"): "_int | Tensor", ("random_", "to"): "_int | None",
    ("linspace", "start"): "Number | Tensor", ("linspace", "end"): "Number | Tensor",
    ("logspace", "start"): "Number | Tensor",
    ("logspace", "end"): "Number | Tensor", ("frombuffer", "dtype"): "_dtype",
    ("from_numpy", "ndarray"): "np.ndarray[Any, Any]",
    ("index_add", "alpha"): "Number", ("unfold", "size"): "_int", ("unfold_copy", "size"): "_int",
}

# what is returned, where that is neither a tensor nor annotated
RETURNS = {
    **dict.fromkeys("allclose equal is_nonzero".split(), "_bool"),
    **dict.fromkeys("""unbind unbind_copy split split_copy split_with_sizes split_with_sizes_copy chunk tensor_split
                    broadcast_tensors meshgrid dsplit hsplit vsplit""".split(), "tuple[Tensor, ...]"),
    **dict.fromkeys("std_mean var_mean".split(), "tuple[Tensor, Tensor]"),
    **dict.fromkeys("native_layer_norm batch_norm_train".split(), "tuple[Tensor, Tensor, Tensor]"),
}

FACTORY = ("dtype: _dtype | None = None, layout: _layout | None = None, device: Device = None, pin_memory: _bool = "
           "False, requires_grad: _bool = False")
WORDS = {"int": "_int", "float": "_float", "bool": "_bool", "complex": "_complex", "dtypes.dtype": "_dtype",
         "TensorBase": "Tensor", "Meta": "Tensor",
         "np.ndarray": "np.ndarray[Any, Any]", "Dtype": "_dtype", "list": "Sequence", "type": "_type", "tuple": "tuple",
         "Callable": "Callable[..., Any]"}
# on purpose
OVERRIDING = (r"^( +def __(?:(?:eq|ne)__\(self, other: object\) -> Tensor"
              r"|add__\(self, other: tuple\[int, ...\], /\) -> Size): \.\.\.)$")
SIZES = {"sizes", "size", "shape", "dims", "args"}           # names of `*sizes`, where a sequence is taken too

IMPORTS = {
    "collections.abc": ("Callable", "Iterable", "Iterator", "Sequence"),
    "typing": ("Any", "Literal", "NamedTuple", "Self", "SupportsIndex", "TypeVar", "overload"),
    "pellucid.autograd.graph": ("Node",),
    "pellucid": ("Size", "TypedStorage", "UntypedStorage"),
    "pellucid.ops.random.generator": ("Generator",),
    "pellucid.ops": ("_MinMax", "_ValuesIndices"),
    "pellucid.tensor": ("Tensor",),
    "pellucid.types": ("Device", "Number", "_bool", "_complex", "_device", "_dims", "_dtype", "_float", "_int",
                       "_layout", "_memory_format", "_size", "_type"),
    "pellucid.utils.hooks": ("RemovableHandle",),
}


# ---- signatures ------------------------------------------------------------------------------------------------------

def signature(op: Any) -> inspect.Signature:
    """The declared signature. A copying form (`t_copy`) shows no parameters of its own: it has those of the view."""
    found = inspect.signature(op)
    name = op.__name__
    if name.endswith("_copy") and [p.kind
                                   for p in found.parameters.values()] == [inspect.Parameter.VAR_POSITIONAL,
                                                                           inspect.Parameter.VAR_KEYWORD]:
        returned = "Any" if "split" in name else "Tensor"
        return inspect.signature(ops.REGISTRY[name.removesuffix("_copy")]).replace(return_annotation=returned)
    return found


def translated(annotation: Any) -> str:
    """A declaration's annotation in the words of a stub; empty where it says nothing."""
    if annotation is inspect.Parameter.empty:
        return ""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    if re.search(r"\bAny\b", text):
        return ""
    return re.sub(r"(?<![\w.])(?:np\.ndarray|dtypes\.dtype|Callable(?!\[)|[A-Za-z]+)(?![\w.])",
                  lambda found: found[0] if text[found.end():].startswith("[") and found[0] == "Callable"
                  else WORDS.get(found[0], found[0]), text)


def type_of(name: str, p: inspect.Parameter, declared: Any) -> str:
    """The type of a parameter of the operator `name`; `declared` is what the core knows of it, None if nothing."""
    star = "*" * ((p.kind is p.VAR_POSITIONAL) + 2 * (p.kind is p.VAR_KEYWORD))
    found = EXCEPTIONS.get((name, star + p.name)) or translated(p.annotation)
    if name.endswith("_") and p.name == "input":
        found = "Tensor"                         # what is written to
    if not found and declared is not None and declared.kind in (OPERAND, OPERANDS, SCALAR):
        found = {OPERAND: "Tensor | Number | _complex" if declared.numbers else "Tensor", OPERANDS: "Sequence[Tensor]",
                 SCALAR: "Number"}[declared.kind]
    if not found:
        found = TYPES.get(star + p.name) or TYPES.get(p.name, "Any")
        if found == "Tensor" and p.name == "other":
            found = "Tensor | Number | _complex"
    if p.default is None and not found.endswith("None") and found not in ("Any", "Device", "_dims"):
        found += " | None"
    return found


def default_of(p: inspect.Parameter) -> str:
    plain = p.default is None or isinstance(p.default, bool | int | float | str) or isinstance(p.default,
        tuple) and {*map(type, p.default)} <= {int}
    return repr(p.default) if plain else "..."


def result_of(name: str, annotation: Any) -> str:
    return RETURNS.get(name) or translated(annotation) or "Tensor"


class Form:
    """One way to call a function: parameters as text, each with its kind and name."""

    def __init__(self, parameters: list[tuple[Any, str, str]], result: str):
        self.parameters, self.result = parameters, result

    def text(self, name: str, doc: str = "", overloaded: bool = False, method: bool = False) -> str:
        parts, keywords, variadic = [], False, False
        for position, (kind, _, text) in enumerate(self.parameters):
            variadic = variadic or kind is inspect.Parameter.VAR_POSITIONAL
            if kind is inspect.Parameter.KEYWORD_ONLY and not keywords and not variadic:
                parts.append("*")
            keywords = keywords or kind is inspect.Parameter.KEYWORD_ONLY
            parts.append("self" if method and position == 0 else text)
        body = f'\n    """{doc}"""\n    ...' if doc else " ..."
        return f"{'@overload' if overloaded else ''}\ndef {name}({', '.join(parts)}) -> {self.result}:{body}\n"


def forms_of(op: Any, name: str) -> list[Form]:
    """The ways to call an operator, as its declaration has them."""
    sig = signature(op)
    declared = {p.name: p for p in getattr(op, "parameters", ())}
    base = name if (name, "dim") in EXCEPTIONS else op.__name__
    parameters, loose = [], None
    for p in sig.parameters.values():
        if p.kind is p.VAR_KEYWORD or (p.name == "out"
                                       and name.endswith("_")) or (p.kind is p.KEYWORD_ONLY and p.name == "size"
                                                                   and loose):
            continue
        if p.kind is p.VAR_POSITIONAL and p.name in SIZES | {"more"} and not (p.name == "args"
                                                                              and "size" not in sig.parameters):
            if p.name == "more":
                loose = parameters.pop()[1]
                parameters.append((p.POSITIONAL_OR_KEYWORD, loose, ""))
            else:
                loose = "size" if p.name in ("sizes", "args") else p.name
                parameters.append((p.POSITIONAL_OR_KEYWORD, loose, ""))
            continue
        if p.name in declared and declared[p.name].variadic:
            loose = p.name
            parameters.append((p.POSITIONAL_OR_KEYWORD, loose, ""))
            continue
        text = f"{'*' if p.kind is p.VAR_POSITIONAL else ''}{p.name}: {type_of(base, p, declared.get(p.name))}"
        parameters.append((p.kind, p.name, text + (f" = {default_of(p)}" if p.default is not p.empty else "")))
    if takes_out(op) and "out" not in sig.parameters:
        parameters.append((inspect.Parameter.KEYWORD_ONLY, "out", "out: Tensor | None = None"))
    result = result_of(name, sig.return_annotation)
    if loose is None:
        return by_literal(parameters, result)
    place = [parameter for _, parameter, _ in parameters].index(loose)
    after = [(inspect.Parameter.KEYWORD_ONLY, parameter, text) for _, parameter, text in parameters[place + 1:]]
    return [Form([*parameters[:place], (inspect.Parameter.POSITIONAL_OR_KEYWORD, loose, f"{loose}: _size"), *after],
                 result),
            Form([*parameters[:place], (inspect.Parameter.VAR_POSITIONAL, loose, f"*{loose}: _int"), *after], result)]


def by_literal(parameters: list[tuple[Any, str, str]], result: str) -> list[Form]:
    """A pooling function gives the places too if asked: then its result is a pair."""
    place = next((i for i, (_, parameter, _) in enumerate(parameters) if parameter == "return_indices"), None)
    if place is None:
        return [Form(parameters, result)]
    kind, named = parameters[place][0], inspect.Parameter.KEYWORD_ONLY
    before, after = parameters[:place], parameters[place + 1:]
    true = [(named, "", text) for _, _, text in [(named, "", "return_indices: Literal[True]"), *after]]
    return [Form([*before, (kind, "", "return_indices: Literal[False] = False"), *after], "Tensor"),
            Form([*before, *true], "tuple[Tensor, Tensor]"),
            Form([*before, (kind, "", "return_indices: _bool = False"), *after], "Any")]


def takes_out(op: Any) -> bool:
    """Whether the core gives the operator an `out=` that its declaration does not mention: all that compute have one.
    """
    return (isinstance(op, Op) and (op.kind in (0, 3) or op.shows_out) and not op.name.startswith("_")
            and not op.name.endswith("_"))


# ---- what is written by hand -----------------------------------------------------------------------------------------

def written() -> tuple[dict[str, list[ast.FunctionDef]], ast.ClassDef]:
    """The functions of forms.pyi by name, and its class."""
    tree = ast.parse((ROOT / "tools" / "forms.pyi").read_text())
    functions: dict[str, list[ast.FunctionDef]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
    return functions, next(node for node in tree.body if isinstance(node, ast.ClassDef))


def core() -> dict[str, str]:
    """The stubs of core: core.pyi, each part in the module that defines it, under its documentation there."""
    parts: dict[str, str] = {}
    sources = {path: path.read_text() for path in sorted((ROOT / "pellucid" / "core").glob("*.py"))}
    for node in ast.parse((ROOT / "tools" / "core.pyi").read_text()).body:
        name = node.target.id if isinstance(node, ast.AnnAssign) else node.name      # type: ignore[union-attr]
        place = next(path
                     for path, text in sources.items() if re.search(rf"^(class |def )?{name}\b *[=:(]", text, re.M))
        value = getattr(sys.modules[f"pellucid.core.{place.stem}"], name)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            document(node, value)
        parts[f"core/{place.stem}.pyi"] = parts.get(f"core/{place.stem}.pyi", "") + ast.unparse(node) + "\n"
    return {path: text + "\ndef __getattr__(name: str) -> Any: ...\n" for path, text in parts.items()}


def document(node: Any, value: Any) -> None:
    """Give a class or function its documentation, and the methods of a class theirs."""
    if isinstance(node, ast.ClassDef):
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and not part.name.startswith("__") and hasattr(value, part.name):
                document(part, inspect.getattr_static(value, part.name))
    doc = documentation(value) if isinstance(node, ast.FunctionDef) or "__doc__" in vars(value) else ""
    if doc:
        empty = [part for part in node.body
                 if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
        node.body = [ast.Expr(ast.Constant(doc)), *(empty or [ast.Expr(ast.Constant(...))])]


def by_hand(node: ast.FunctionDef, doc: str, method: bool) -> str:
    """A function of forms.pyi as text, with its documentation."""
    if method:
        node.args.args[0] = ast.arg("self")
    node.body = [ast.Expr(ast.Constant(doc)), ast.Expr(ast.Constant(...))] if doc else [ast.Expr(ast.Constant(...))]
    return re.sub(r"\bFACTORY\b", FACTORY, ast.unparse(node)) + "\n"


def documentation(value: Any) -> str:
    """A docstring for a stub: as it was written, whatever the version of Python made of it."""
    doc = inspect.getdoc(value) if not isinstance(value, Op) else value.__doc__ and inspect.cleandoc(value.__doc__)
    return (doc or "").replace("\\", "\\\\").replace('"""', "'''")


# ---- the files -------------------------------------------------------------------------------------------------------

def function_text(name: str, value: Any, method: bool = False) -> str:
    """A function, operator or method under a name, in all its forms; the first shows the documentation."""
    hand, doc = written()[0].get(name), documentation(value)
    if hand:
        return "".join(by_hand(node, doc if i == 0 else "", method) for i, node in enumerate(hand))
    forms = forms_of(value, name)
    return "".join(form.text(name, doc if i == 0 else "", len(forms) > 1, method) for i, form in enumerate(forms))


def indented(text: str) -> str:
    return "".join("    " + line if line.strip() else line for line in text.splitlines(keepends=True))


def operators() -> str:
    """pellucid/ops: all operators, and the named tuples that some return."""
    tuples = "".join(f"class {name}(NamedTuple):\n    {first}: Tensor\n    {second}: Tensor\n\n"
                     for name, first, second in (("_ValuesIndices", "values", "indices"), ("_MinMax", "min", "max")))
    folders = "".join(f"from . import {path.parent.name} as {path.parent.name}\n"
                      for path in sorted((ROOT / "pellucid" / "ops").glob("*/__init__.py")))
    taken = {path.parent.name for path in (ROOT / "pellucid" / "ops").glob("*/__init__.py")}
    return folders + "REGISTRY: dict[str, Any]\n\n" + tuples + "".join(
        function_text(name, op) for name, op in sorted(ops.REGISTRY.items()) if not name.startswith("_")
        and name not in taken)


def tensor() -> str:
    """pellucid/tensor: the class with all that it has, and the functions that ask."""
    hand = written()[1]
    done, text = set(), [f'class Tensor:\n    """{documentation(pellucid.Tensor)}"""\n']
    for node in hand.body:
        name = node.name if isinstance(node, ast.FunctionDef) else node.target.id        # type: ignore[union-attr]
        if isinstance(node, ast.FunctionDef):
            doc = documentation(inspect.getattr_static(pellucid.Tensor, name,
                                                       None)) if name not in done and not name.startswith("__") else ""
            text.append(indented(by_hand(node, doc, False)))
        else:
            text.append(indented(ast.unparse(node) + "\n"))
        done.add(name)
    for name in sorted({name for name in dir(pellucid.Tensor) if not name.startswith("_")} - done - INTERNAL):
        text.append(indented(member(name, inspect.getattr_static(pellucid.Tensor, name))))
    names = module_names("pellucid/tensor.py", {"Tensor"})
    return "_S = TypeVar('_S', bound=Tensor)\n\n" + "".join(text) + "\n" + names


INTERNAL = frozenset(
    "detached reach memory meta offset node output_nr view_of hooks overrides inference "
    "alias become wants_grad".split())


def member(name: str, value: Any) -> str:
    """An attribute or method of Tensor that is written in Python, or an operator."""
    if isinstance(value, property):
        kind = "_bool" if name.startswith("is_") else "Any"
        doc = documentation(value)
        return f"@property\ndef {name}(self) -> {kind}:" + (f'\n    """{doc}"""\n    ...\n' if doc else " ...\n")
    return function_text(name, value, method=True)


def module_names(path: str, leave: set[str]) -> str:
    """The public classes, functions and values of a module that is annotated in its source: their heads."""
    tree, text = ast.parse((ROOT / path).read_text()), []
    module = vars(sys.modules[path.removesuffix(".py").replace("/", ".")])
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name not in leave and not node.name.startswith("__"):
            text.append(class_head(node))
        elif isinstance(node, ast.FunctionDef) and node.name in module["__all__"]:
            text.append(function_text(node.name, module[node.name]))
    for name in module["__all__"]:
        if name not in leave and not any(re.search(rf"^(class|def) {name}\b", part, re.M) for part in text):
            value = module[name]
            text.append(function_text(name, value) if callable(value) and not isinstance(value, type)
                        else f"{name}: {'dict[str, Any]' if isinstance(value, dict) else type(value).__name__}\n")
    return "".join(text)


def class_head(node: ast.ClassDef) -> str:
    """A class with its annotated parts, bodies left out."""
    parts = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            doc = ast.get_docstring(part)
            part.body = [ast.Expr(ast.Constant(doc))] if doc else []
            part.body.append(ast.Expr(ast.Constant(...)))
            parts.append(part)
        elif isinstance(part, ast.AnnAssign):
            parts.append(part)
    doc = ast.get_docstring(node)
    node.body = ([ast.Expr(ast.Constant(doc))] if doc else []) + parts or [ast.Expr(ast.Constant(...))]
    return re.sub(r"dtypes\.dtype", "_dtype",
                  re.sub(r"(?<=: )type\b|(?<=-> )(type|bool|int|float)\b", lambda m: "_" + m[0],
                         ast.unparse(node))) + "\n"


def functional() -> str:
    """pellucid/nn/functional: its own functions, and the operators that it passes on."""
    module = pellucid.nn.functional
    passed = [name for name in module.__all__ if ops.REGISTRY.get(name) is getattr(module, name)]
    return "".join(f"from pellucid.ops import {name} as {name}\n" for name in passed) + "".join(
        function_text(name, getattr(module, name)) for name in module.__all__ if name not in passed)


def package() -> str:
    """pellucid: what __init__.py imports, each name said to be public, and the classes named after types."""
    text, values = [], []
    for node in ast.parse((ROOT / "pellucid" / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            # by its whole name: `from .tensor` would hide the function
            source = "pellucid" + f".{node.module}" * bool(node.module)
            for name, shown in ((a.name, a.asname or a.name) for a in node.names):
                value = kind_of(shown)
                values.append(value)
                text.append("" if value or shown.startswith("_") and shown != "_C"
                            else f"from {source} import {name} as {shown}\n")
    text += values + [f"{name}: _float\n"
                      for name in ("inf", "nan", "pi", "e")] + ["newaxis: None\n", "__version__: str\n"]
    # uint4, FloatTensor, FloatStorage ...: no statement names them
    text += [f"{name}: _dtype\n" for name, value in sorted(vars(pellucid).items())
             if type(value).__name__ == "dtype" and f"{name}: _dtype\n" not in values]
    bases = {"_TensorType": "Tensor", "_StorageType": "TypedStorage"}
    text += [f"class {name}({bases[type(value).__name__]}): ...\n"
             for name, value in sorted(vars(pellucid).items()) if type(value).__name__ in bases]
    return "".join(text)


def kind_of(name: str) -> str:
    """An element type or a layout, declared by its class: a checker need not look how it was made."""
    found = {"dtype": "_dtype", "memory_format": "_memory_format",
             "layout": "_layout"}.get(type(getattr(pellucid, name)).__name__)
    return f"{name}: {found}\n" if found else ""


def module_of(path: str) -> str:
    """The module that a stub, named from pellucid/ on, is of."""
    return ".".join(("pellucid", *Path(path).with_suffix("").parts)).removesuffix(".__init__")


def finished(body: str, path: str) -> str:
    """With the imports that the text needs, formatted."""
    used = set(re.findall(r"\w+", re.sub(r'""".*?"""', "", body, flags=re.S)))
    bound = set(re.findall(r"^(?:class|def) (\w+)|^(\w+):|^from \S+ import \w+ as (\w+)", body, re.M))
    own = {name for pair in bound for name in pair if name}
    lines = ["import numpy as np\n"] if "np" in used else []
    lines += [f"from {module} import {name}\n" for module, names in IMPORTS.items() for name in names if name in used
              and name not in own
              and module != module_of(path)]
    text = HEAD + "".join(lines) + "\n" + body
    for arguments in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        text = subprocess.run(["ruff", *arguments, "--stdin-filename", str(ROOT / "pellucid" / path), "-"], input=text,
                              text=True, check=True, cwd=ROOT, capture_output=True).stdout
    return re.sub(OVERRIDING, r"\1  # type: ignore[override]", text, flags=re.M)


def stubs() -> Iterator[tuple[Path, str]]:
    """All stubs: where each lies, and its text; an empty one for what was made once and is no more."""
    made = {"ops/__init__.pyi": operators(), "tensor.pyi": tensor(), "nn/functional/__init__.pyi": functional(),
            "__init__.pyi": package(), **core()}
    for path, text in made.items():
        yield ROOT / "pellucid" / path, finished(text, path)
    for path in (ROOT / "pellucid").rglob("*.pyi"):
        if str(path.relative_to(ROOT / "pellucid")) not in made and path.read_text().startswith(HEAD):
            yield path, ""


def main() -> int:
    stale = [(path, text) for path, text in stubs() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        print(*(f"{path.relative_to(ROOT)} is not what tools/stubs.py makes" for path, _ in stale), sep="\n")
        return len(stale) > 0
    for path, text in stale:
        path.write_text(text) if text else path.unlink()
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
