"""`pellucid.device`: what names a place. Contexts are tested in ops/test_create.py."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid
from pellucid import device

GIVEN = [
    (("cpu",), {}, "cpu", None), (("cuda:1",), {}, "cuda", 1), (("cuda", 1), {}, "cuda", 1),
    (("cuda", np.int64(2)), {}, "cuda", 2),
    (("cuda", None), {}, "cuda", None), ((), {"type": "meta"}, "meta", None), ((), {"device": "cpu:0"}, "cpu", 0),
    (("mps",), {}, "mps", None),
    (("xpu:3",), {}, "xpu", 3), (("meta", ), {"index": 2}, "meta", 2), (("privateuseone:0",), {}, "privateuseone", 0),
]
REFUSED = [
    (RuntimeError, "must not be negative", (-1,)), (RuntimeError, "must not be negative", ("cpu", -1)),
    (RuntimeError, "Invalid device string: 'cpu:-1'", ("cpu:-1",)),
    (RuntimeError, "Invalid device string: 'cuda:01'", ("cuda:01",)),
    (RuntimeError, "Invalid device string", ("cuda:",)),
    (RuntimeError, "Invalid device string", ("cpu:x",)), (RuntimeError, "Invalid device string", ("cuda:1:2",)),
    (RuntimeError, "must not be empty", ("",)),
    (RuntimeError, "Expected one of cpu, .* at start of device string: foo", ("foo:1",)),
    (RuntimeError, "at start of device string: CPU", ("CPU",)),
    (RuntimeError, "must not include an index", ("cuda:1", 0)),
    (RuntimeError, "must not include an index", ("cpu:0", None)),
    (RuntimeError, "Cannot access accelerator device", (0,)),
    (RuntimeError, "Cannot access accelerator device", (np.int64(1),)),
    (TypeError, "must be str", (1.5,)), (TypeError, "must be str", (None,)), (TypeError, "must be str", (True,)),
    (TypeError, "must be str", ()),
    (TypeError, "'index' .* must be int, not str", ("cuda", "1")),
    (TypeError, "'index' .* must be int, not float", ("cuda", 1.0)),
    (TypeError, "'index' .* must be int, not bool", ("cuda", True)),
    (TypeError, "must be str, not device", (device("cpu"), 1)),
]


@pytest.mark.parametrize("args, kwargs, kind, index", GIVEN)
def test_devices(args, kwargs, kind, index):
    made = device(*args, **kwargs)
    assert (made.type, made.index) == (kind, index) and type(made.index) in (int, type(None))
    assert (made == device(made) == pickle.loads(pickle.dumps(made)) == copy.deepcopy(made)
            and hash(made) == hash(device(str(made))))
    assert made != str(made) and (made == device("cpu")) == (str(made) == "cpu")


@pytest.mark.parametrize("error, said, args", REFUSED)
def test_what_names_no_device(error, said, args):
    with pytest.raises(error, match=said):
        device(*args)


def test_a_device_does_not_change():
    with pytest.raises(AttributeError, match="not writable"):
        device("cpu").type = "meta"


def test_a_tensor_s_device_has_no_index():
    for place in ("meta:2", "cpu:0", "cpu:3"):
        bare = device(place.partition(":")[0])
        assert pellucid.empty(2, device=place).device == bare and pellucid.ones(2).to(place).device == bare
        assert pellucid.empty_like(pellucid.ones(2), device=place).device == bare
        with device(place):
            assert pellucid.zeros(2).device == bare and pellucid.get_default_device() == device(place)


@pytest.mark.parametrize("place, error, said",
                         [("cuda", AssertionError, "Torch not compiled with CUDA enabled"),
                          ("xpu:1", AssertionError, "XPU"),
                                                ("mps", NotImplementedError, "'mps'"),
                          ("xla", NotImplementedError, "'xla'")])
def test_devices_that_are_not_there(place, error, said):
    for use in (lambda: pellucid.empty(2, device=place), lambda: pellucid.ones(2).to(place),
                lambda: pellucid.set_default_device(place)):
        with pytest.raises(error, match=said):
            use()


def test_there_is_one_meta_device_and_one_cpu():
    for place in ("meta:2", device("meta", 1), "meta"):
        made = pellucid.ones(2, device=place)
        assert made.device == device("meta") and (made + pellucid.ones(2, device="meta")).device.index is None
    assert pellucid.ones(1, device="cpu:0").device == device("cpu")
