"""What a tensor is. Plain Python files which Cython compiles: every .py that has a .pxd, which holds its C types,
beside it.

From the bottom up; a file may import from those above it in this list only:

    memory     storage sharing numbers frames threads   the C border: memory, raw addresses, machine code, threads
               devices                                  memory that is not the host's
               observe                                  who is told of all that happens to memory
    meta       geometry layout view                     shape, strides, dtype and device; pure functions of them
               state slots hooks                        what goes on in a thread; the way up; functions that users hang
                                                        on tensors and nodes
    tensor     tensor arrays                            TensorBase: storage, meta, place in the graph; NumPy's arrays
    autograd   autograd saved inplace derivative        nodes, the walk; what nodes save; views and writing; rules
    op         modes plan write record call elsewhere op   operators

memory.py and meta.py are lists of names, for those who use them. `PELLUCID_UNCOMPILED=1` imports the .py files although
their compiled twins lie beside them: slower on small tensors, and every line can be stepped through in a debugger.
Nothing in here may import from the rest of the package but dtypes, device and check.
"""

import os
import re
import sys
import types
import warnings
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, FileFinder, SourceFileLoader

__all__ = ["is_compiled"]

_HERE = os.path.dirname(os.path.abspath(__file__))
_MODULES = sorted(name[:-4] for name in os.listdir(_HERE) if name.endswith(".pxd")
                  and os.path.exists(os.path.join(_HERE, name[:-4] + ".py")))
_MODULES.remove("__init__")


class _Source:
    """Finds the .py of a module of this package, whatever lies beside it."""

    finder = FileFinder(_HERE, (SourceFileLoader, [".py"]))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return cls.finder.find_spec(name) if name.startswith(__name__ + ".") else None


def _compiled_file(name):
    """The compiled twin of a module, None if there is none."""
    paths = (os.path.join(_HERE, name + suffix) for suffix in EXTENSION_SUFFIXES)
    return next(filter(os.path.exists, paths), None)


def _sources(name):
    """The files that module `name` is compiled from: its own and the .pxd that those cimport."""
    found = [os.path.join(_HERE, name + ".py")]
    with open(found[0]) as file:
        pending = [name] + ["system"] * ("pellucid.core.system" in file.read())
    for module in pending:
        path = os.path.join(_HERE, module + ".pxd")
        if os.path.exists(path) and path not in found:
            found.append(path)
            with open(path) as file:
                pending += re.findall(r"^(?:from|cimport) pellucid\.core\.(\w+)", file.read(), re.MULTILINE)
    return found


def _check_fresh():
    """In a source checkout: an edited file beside what was compiled from it before would be ignored in silence."""
    for name in os.listdir(_HERE):
        if name.endswith(tuple(EXTENSION_SUFFIXES)) and name.partition(".")[0] not in _MODULES:
            raise ImportError(f"{name} was compiled from a module that is compiled no more: delete it from {_HERE}, or "
                              "rebuild with `python setup.py build_ext --inplace`, which does so")
    for name in _MODULES:
        compiled = _compiled_file(name)
        if compiled is None:
            continue
        edited = [path for path in _sources(name) if os.path.getmtime(path) > os.path.getmtime(compiled)]
        if edited:
            raise ImportError(f"{edited[0]} is newer than {os.path.basename(compiled)}: rebuild with `python setup.py "
                              "build_ext --inplace` or `pip install -e .` in "
                              f"{os.path.dirname(os.path.dirname(_HERE))}, or set PELLUCID_UNCOMPILED=1")


def _import_all():
    """Import the modules of this package.

    Run from source, what they ask of `cython` is answered here, so that it need not be installed.
    """
    answer = types.ModuleType("cython")
    answer.compiled = False
    answer.cclass = answer.no_gc = lambda cls: cls
    for word in ("freelist", "trashcan", "boundscheck", "wraparound", "nonecheck"):
        setattr(answer, word, lambda option: lambda declared: declared)
    before = sys.modules.get("cython")
    sys.modules["cython"] = answer
    try:
        for name in _MODULES:
            import_module("pellucid.core." + name)
        from pellucid.core import autograd, memory, meta, op, tensor
    finally:
        if before is None:
            del sys.modules["cython"]
        else:
            sys.modules["cython"] = before
    return autograd, memory, meta, op, tensor


def is_compiled() -> bool:
    """Whether the core runs as machine code, that is without a debugger being able to step through it."""
    return not op.__file__.endswith(".py")


_uncompiled = os.environ.get("PELLUCID_UNCOMPILED", "0") not in ("", "0")
if _uncompiled:
    sys.meta_path.insert(0, _Source)
elif os.path.exists(os.path.join(_HERE, "..", "..", "setup.py")):
    _check_fresh()

def _user_level():
    """The stacklevel, from the caller, of the line outside of this package that imports it."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and (frame.f_code.co_filename.startswith(os.path.dirname(_HERE) + os.sep)
                                        or _is_import(frame)):
        frame = frame.f_back
        level += not _is_import(frame)           # warnings does not count the frames of the import machinery
    return level


def _is_import(frame):
    return "importlib" in frame.f_code.co_filename and "_bootstrap" in frame.f_code.co_filename


autograd, memory, meta, op, tensor = _import_all()
if not (_uncompiled or is_compiled()):
    warnings.warn("pellucid's core runs uncompiled: no C compiler was found when it was installed. Small operations "
                  "take about ten times as long. PELLUCID_UNCOMPILED=1 says that this is wanted.", RuntimeWarning,
                  stacklevel=_user_level())
