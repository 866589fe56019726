"""pyright and mypy over programs of users, and what of the public surface they know. `make types` installs both and
runs this.

They see the package where an install puts it: in the site-packages of an environment of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

import pellucid

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Variables for a command that shall take this package for an installed one."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    shutil.copytree(Path(pellucid.__file__).parent, packages / "pellucid",
                    ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (packages / "numpy").symlink_to(Path(numpy.__file__).parent)
    here = os.pathsep.join((str(place / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "VIRTUAL_ENV": str(place), "PATH": here, "PYTHONPATH": "", "MYPYPATH": ""}


def run(environment, place, *arguments):
    """A checker's output. It reads a copy of the programs: beside the sources it would read those as the user's own."""
    for program in HERE.glob("[!t]*.py"):
        shutil.copy(program, place)
    return subprocess.run([sys.executable, "-m", *arguments], env=environment, cwd=place, capture_output=True,
                          text=True, timeout=600)


def pyright(environment, place, name):
    done = run(environment, place, "pyright", "--outputjson", name)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [(one["range"]["start"]["line"] + 1, one["message"]) for one in found if one["severity"] == "error"]


def mypy(environment, place, name):
    done = run(environment, place, "mypy", "--strict", "--python-executable",
               f"{environment['VIRTUAL_ENV']}/bin/python", "--cache-dir", str(ROOT / ".cache" / "mypy"), name)
    assert not done.stderr, done.stderr
    return [(int(found[1]), found[2]) for found in re.finditer(r"\.py:(\d+): error: (.*)", done.stdout)]


CHECKERS = pytest.mark.parametrize("check", [pyright, mypy])


@CHECKERS
def test_a_right_program_has_no_fault(check: Callable, environment, tmp_path):
    assert check(environment, tmp_path, "program.py") == []


@CHECKERS
def test_all_six_mistakes_are_found(check: Callable, environment, tmp_path):
    wrong = [number for number, line in enumerate((HERE / "mistakes.py").read_text().splitlines(), 1)
             if "# wrong:" in line]
    assert len(wrong) == 6
    found = check(environment, tmp_path, "mistakes.py")
    assert sorted({number for number, _ in found}) == wrong, found


# what is public and not yet counted: the parts that declare operators and make kernels
INSIDE = re.compile(r"pellucid\.(codegen|core|ops|dtypes|check)\b")


def test_what_is_typed(environment, tmp_path):
    """At least 98 % of the public functions, Tensor's methods and attributes, nn.functional and modules, says pyright.
    """
    done = run(environment, tmp_path, "pyright", "--outputjson", "--ignoreexternal", "--verifytypes", "pellucid")
    symbols = [one for one in json.loads(done.stdout)["typeCompleteness"]["symbols"] if one["isExported"]
               and not INSIDE.match(one["name"])]
    unknown = [one["name"] for one in symbols if not one["isTypeKnown"]]
    for part, least in {"pellucid.tensor.Tensor.": 500, "pellucid.nn.functional.": 90, "pellucid.nn.modules.": 500,
                        "pellucid.": 2000}.items():
        of_part = [one["name"] for one in symbols if one["name"].startswith(part)]
        missing = [name for name in unknown if name.startswith(part)]
        assert len(of_part) > least and len(missing) <= 0.02 * len(
            of_part), f"{part} {len(missing)} of {len(of_part)}: {missing}"


def test_the_program_runs():
    done = subprocess.run([sys.executable, str(HERE / "program.py")], cwd=ROOT, capture_output=True, text=True,
                          timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
