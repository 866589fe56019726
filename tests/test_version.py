"""`pellucid.__version__` compares as a version."""

from __future__ import annotations

import pickle

import pytest

import pellucid
from pellucid.version import TorchVersion

ORDER = ["0.9", "1.0.dev3", "1.0a1", "1.0b1", "1.0rc1", "1.0rc2", "1.0", "1.0.post1", "1.0.1", "1.2", "1.10", "2.13.0"]


def test_versions_are_in_order():
    for i, low in enumerate(ORDER):
        for j, high in enumerate(ORDER):
            assert ((TorchVersion(low) < high) is (i < j) and (TorchVersion(low) >= high) is (i >= j)
                    and (TorchVersion(low) == high) is (i == j))


def test_versions_compare_with_tuples_and_are_text():
    version = TorchVersion("1.10.0")
    assert (version > (1, 9) and version >= (1, 10) and version == (1, 10) and version != (1, 11) and version < (2,
            ) and (1, 9) < version)
    assert (version == "1.10" and version < "parrot" and hash(version) == hash("1.10.0") and isinstance(version, str)
            and version.split(".")[1] == "10")
    assert TorchVersion("2.13.0+cpu") > "2.13.0" and TorchVersion("not a version") != (1, 0)
    assert type(pickle.loads(pickle.dumps(version))) is TorchVersion


def test_what_it_is_built_for():
    assert isinstance(pellucid.__version__, TorchVersion) and pellucid.__version__ == pellucid.version.__version__
    assert (pellucid.version.cuda is pellucid.version.hip is None and isinstance(pellucid.version.git_version, str)
            and pellucid.version.debug is False)


@pytest.mark.parametrize("name", ["cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"])
def test_no_library_of_pytorchs_is_available(name):
    assert getattr(pellucid.backends, name).is_available() is False


def test_settings_of_backends_are_kept():
    cudnn, cuda = pellucid.backends.cudnn, pellucid.backends.cuda
    assert cudnn.enabled and not cudnn.benchmark and cudnn.version() is None and not cuda.is_built()
    with cudnn.flags(enabled=True, benchmark=True):
        assert cudnn.benchmark
    assert not cudnn.benchmark
    cuda.matmul.allow_tf32 = True
    assert cuda.matmul.allow_tf32
    cuda.matmul.allow_tf32 = False
    cuda.enable_flash_sdp(False)
    assert not cuda.flash_sdp_enabled()
    cuda.enable_flash_sdp(True)
    assert pellucid.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2", "AVX512")


def test_cuda_answers_what_only_asks_and_refuses_the_rest():
    cuda = pellucid.cuda
    assert (not cuda.is_available() and cuda.device_count() == 0 and cuda.memory_allocated() == 0
            and not cuda.is_bf16_supported())
    for name in ("current_device", "get_device_name", "get_device_properties", "synchronize", "current_stream", "init",
                 "set_device", "initial_seed"):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            getattr(cuda, name)(0)
    with pytest.raises(RuntimeError, match="dummy base class Event"):
        cuda.Event(enable_timing=True)
