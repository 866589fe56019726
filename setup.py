"""Builds the compiled core. All else about the package stands in pyproject.toml.

`python setup.py build_ext --inplace` compiles it beside its sources, for work in a checkout. Where no C compiler is
found the install goes on without: the same files then run as Python. PELLUCID_BUILD_MODULES=storage,frames compiles
only some modules.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = Path(__file__).resolve().parent / "pellucid" / "core"
COMPILED = sorted(path.stem for path in CORE.glob("*.pxd") if path.stem != "__init__"
                  and path.with_suffix(".py").exists())
MODULES = os.environ["PELLUCID_BUILD_MODULES"].split(",") if "PELLUCID_BUILD_MODULES" in os.environ else COMPILED

DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,                # C types stand in the .pxd files; annotations are for readers
    # these three cost nothing that could be measured, and without them a malformed call crashes
    "boundscheck": True,
    "wraparound": True,
    "nonecheck": True,
    "auto_pickle": False,                      # Cython would clone addresses
    # methods of compiled classes are Python's own descriptors, which check what `self` is
    "binding": False,
    "embedsignature": True,                    # and show their signatures nevertheless
    "embedsignature.format": "clinic",
}

NO_COMPILER = """
pellucid: no C compiler was found (looked for {}), so the core is installed uncompiled.
Everything works; small operations take about ten times as long. To have it compiled, install gcc and Python's
headers, then install pellucid again with --force-reinstall --no-cache-dir.
"""


class build_core(build_ext):
    """build_ext that does without a C compiler. An error of a compiler that is there remains an error."""

    def run(self):
        for name in ("CC", "CXX", "AR", "LDSHARED"):
            if not os.environ.get(name, name).strip():
                # set but empty is as good as not set; setuptools would run the empty word
                del os.environ[name]
        names = [(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0], "cc"]
        if os.name == "posix" and not any(map(shutil.which, names)):
            self.extensions = []
            tell(NO_COMPILER.format(" and ".join(names)))
            return
        # Python would prefer them to the .py of that name
        if self.inplace:
            for path in CORE.glob("*" + sysconfig.get_config_var("EXT_SUFFIX")):
                if path.name.partition(".")[0] not in COMPILED:
                    path.unlink()
        from Cython.Build import cythonize  # here, so that neither metadata nor an uncompiled install waits for it

        options = {"compiler_directives": DIRECTIVES, "build_dir": "build/cython", "force": directives_are_new()}
        for extension, made in zip(self.extensions, cythonize(self.extensions, **options)):
            extension.sources, extension.depends = made.sources, made.depends
        super().run()


def directives_are_new():
    """Whether this file is newer than what was made by what it says, which Cython does not look at."""
    made = list(Path("build/cython").rglob("*.c"))
    return bool(made) and min(path.stat().st_mtime for path in made) < Path(__file__).stat().st_mtime


def tell(message):
    """To the log, and to the terminal if there is one: pip hides the log of a build that succeeds."""
    sys.stderr.write(message)
    try:
        with open("/dev/tty", "w") as terminal:
            terminal.write(message)
    except OSError:
        pass


setup(
    cmdclass={"build_ext": build_core},
    ext_modules=[
        Extension(f"pellucid.core.{name}", [f"pellucid/core/{name}.py"],
                  extra_compile_args=["-O2", "-g0", "-fwrapv", "-fno-strict-aliasing"],
                  extra_link_args=["-pthread", "-Wl,-s"] if sys.platform == "linux" else [])
        for name in MODULES
    ],
)
