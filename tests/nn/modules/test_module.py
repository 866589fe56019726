"""nn.Module: registration, walking, calls and hooks, state dicts, conversion, showing, copying."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn.modules import module as module_file


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.block = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.register_buffer("scale", pellucid.ones(()))
        self.register_buffer("scratch", pellucid.zeros(2), persistent=False)
        self.register_parameter("absent", None)

    def forward(self, x):
        return self.block(self.fc1(x)) * self.scale


# ---- registration ----

def test_assignment_registers():
    net = nn.Module()
    net.weight = nn.Parameter(pellucid.ones(2))
    net.child = nn.Identity()
    net.state = nn.Buffer(pellucid.zeros(1))
    net.hidden = nn.Buffer(pellucid.zeros(1), persistent=False)
    net.plain = pellucid.zeros(3)
    net.number = 3
    assert (list(net._parameters) == ["weight"] and list(net._modules) == ["child"]
            and list(net._buffers) == ["state", "hidden"])
    assert net._non_persistent_buffers_set == {"hidden"}
    assert (net.weight is net._parameters["weight"] and net.child is net._modules["child"]
            and net.state is net._buffers["state"])
    assert list(net.state_dict()) == ["weight", "state"]


def test_assignment_moves_between_tables():
    net = nn.Module()
    net.a = nn.Parameter(pellucid.ones(1))
    with pytest.raises(TypeError,
                       match=r"cannot assign 'torch.FloatTensor' as parameter 'a' \(torch.nn.Parameter or None "
                             r"expected\)"):
        net.a = pellucid.ones(1)
    net.a = None
    assert net.a is None and net._parameters == {"a": None}
    del net.a
    assert not hasattr(net, "a")
    net.a = 5
    net.a = nn.Parameter(pellucid.ones(1))
    assert isinstance(net.a, nn.Parameter) and list(net._parameters) == ["a"]
    net.m = nn.Identity()
    net.m = nn.Parameter(pellucid.ones(1))
    assert not net._modules and list(net._parameters) == ["a", "m"]
    net.b = nn.Buffer(pellucid.ones(1))
    net.b = pellucid.zeros(1)                              # a buffer stays one
    assert net._buffers["b"].item() == 0 and net.b is net._buffers["b"]
    with pytest.raises(TypeError, match="cannot assign 'str' as buffer 'b'"):
        net.b = "text"
    net.b = nn.Identity()
    assert list(net._modules) == ["b"] and not net._buffers
    with pytest.raises(TypeError,
                       match=r"cannot assign 'int' as child module 'b' \(torch.nn.Module or None expected\)"):
        net.b = 1


def test_tables_written_directly_are_attributes():
    net = nn.Linear(2, 2)
    new = nn.Parameter(pellucid.zeros(2, 2))
    net._parameters["weight"] = new
    assert net.weight is new
    assert net._parameters.pop("bias") is not None and not hasattr(net, "bias")
    assert net._parameters.pop("bias", 1) == 1
    net._parameters.update(bias=None)
    assert net.bias is None
    net._parameters = OrderedDict(weight=new)
    assert net.weight is new
    net._parameters.clear()
    assert not hasattr(net, "weight")


@pytest.mark.parametrize("register, value, noun",
                         [("register_buffer", None, "buffer"), ("register_parameter", None, "parameter"),
                                                   ("add_module", None, "module"), ("register_module", None, "module")])
def test_names(register, value, noun):
    net = nn.Module()
    add = getattr(net, register)
    with pytest.raises(TypeError, match=f"{noun} name should be a string. Got int"):
        add(1, value)
    with pytest.raises(KeyError, match=f"{noun} name can.+t contain"):
        add("a.b", value)
    with pytest.raises(KeyError, match=f"{noun} name can.+t be empty string"):
        add("", value)
    with pytest.raises(KeyError, match="attribute 'forward' already exists"):
        add("forward", value)
    add("fine", value)
    add("fine", value)


def test_registration_of_wrong_things():
    net = nn.Module()
    with pytest.raises(TypeError, match=r"cannot assign 'int' object to buffer 'b' \(torch Tensor or None required\)"):
        net.register_buffer("b", 1)
    with pytest.raises(TypeError,
                       match=r"'torch.FloatTensor' object to parameter 'p' \(torch.nn.Parameter or None required\)"):
        net.register_parameter("p", pellucid.ones(1))
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        net.add_module("m", 1)


@pytest.mark.parametrize("value, message", [(lambda: nn.Parameter(pellucid.ones(1)), "cannot assign parameters before"),
                                            (lambda: nn.Identity(), "cannot assign module before")])
def test_assignment_before_init(value, message):
    class Early(nn.Module):
        def __init__(self):
            self.x = value()

    with pytest.raises(AttributeError, match=message):
        Early()


def test_init_arguments():
    with pytest.raises(TypeError, match=r"Module.__init__\(\) got an unexpected keyword argument 'x'"):
        nn.Module(x=1)
    with pytest.raises(TypeError, match=r"Module.__init__\(\) takes 1 positional argument but 2 were given"):
        nn.Module(1)

    class Other:
        def __init__(self, x):
            self.x = x

    class Both(nn.Module, Other):
        call_super_init = True

    assert Both(x=3).x == 3


def test_missing_attribute_and_forward():
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        nn.Linear(1, 1).nothing  # noqa: B018
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)


def test_registration_hooks():
    seen = []
    handles = [module_file.register_module_buffer_registration_hook(lambda m, n, v: seen.append(("b", n))),
               module_file.register_module_parameter_registration_hook(lambda m, n, v: seen.append(("p", n))),
               module_file.register_module_module_registration_hook(lambda m, n, v: nn.Tanh())]
    try:
        net = nn.Module()
        net.p, net.b, net.m = nn.Parameter(pellucid.ones(1)), nn.Buffer(pellucid.ones(1)), nn.ReLU()
    finally:
        for handle in handles:
            handle.remove()
    assert seen == [("p", "p"), ("b", "b")] and isinstance(net.m, nn.Tanh)
    net.q = nn.Parameter(pellucid.ones(1))
    assert len(seen) == 2


def test_buffer_through_an_overridden_register_buffer():
    class Old(nn.Module):
        def register_buffer(self, name, tensor):
            super().register_buffer(name, tensor)

    net = Old()
    net.a = nn.Buffer(pellucid.ones(1))
    assert list(net._buffers) == ["a"]
    with pytest.raises(RuntimeError, match="without the persistent argument"):
        net.b = nn.Buffer(pellucid.ones(1), persistent=False)


# ---- walking ----

def test_walking():
    net = Net()
    assert [name for name, _ in net.named_modules()] == ["", "fc1", "block", "block.0", "block.1"]
    assert [name for name, _ in net.named_parameters()] == ["fc1.weight", "fc1.bias", "block.0.weight", "block.0.bias"]
    assert [name for name, _ in net.named_parameters(prefix="net", recurse=False)] == []
    assert [name for name, _ in net.named_buffers(prefix="net")] == ["net.scale", "net.scratch"]
    assert [name for name, _ in net.named_children()] == ["fc1", "block"]
    assert [type(m).__name__ for m in net.modules()] == ["Net", "Linear", "Sequential", "Linear", "ReLU"]
    assert (len(list(net.parameters())) == 4 and len(list(net.buffers(recurse=False))) == 2
            and len(list(net.children())) == 2)


def test_shared_parts_come_once():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    net.extra = shared.weight
    assert [name for name, _ in net.named_modules()] == ["", "0"]
    assert [name for name, _ in net.named_modules(remove_duplicate=False)] == ["", "0", "1"]
    assert [name for name, _ in net.named_parameters()] == ["extra", "0.bias"]
    names = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert names == ["extra", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert len(list(net.children())) == 1
    assert list(net.state_dict()) == ["extra", "0.weight", "0.bias", "1.weight", "1.bias"]


def test_paths():
    net = Net()
    assert net.get_submodule("") is net and net.get_submodule("block.1") is net.block[1]
    assert net.get_parameter("block.0.weight") is net.block[0].weight and net.get_buffer("scale") is net.scale
    for get, path, message in ((net.get_submodule, "block.7", "Sequential has no attribute `7`"),
                               (net.get_submodule, "fc1.weight", "`weight` is not an nn.Module"),
                               (net.get_parameter, "fc1.none", "Linear has no attribute `none`"),
                               (net.get_parameter, "scale", "`scale` is not an nn.Parameter"),
                               (net.get_buffer, "fc1.weight", "`weight` is not a buffer")):
        with pytest.raises(AttributeError, match=message):
            get(path)
    net.set_submodule("block.1", nn.Tanh())
    assert isinstance(net.block[1], nn.Tanh)
    net.set_submodule("new", nn.Tanh())
    assert isinstance(net.new, nn.Tanh)
    with pytest.raises(AttributeError, match="Net has no attribute `newer`"):
        net.set_submodule("newer", nn.Tanh(), strict=True)
    with pytest.raises(ValueError, match="Cannot set the submodule without a target name"):
        net.set_submodule("", nn.Tanh())
    with pytest.raises(ValueError, match="is not an nn.Module"):
        net.set_submodule("block", 3)
    with pytest.raises(AttributeError, match="`scale` is not an nn.Module"):
        net.set_submodule("scale", nn.Tanh())


# ---- calling ----

def test_forward_hooks():
    net, calls = nn.Linear(2, 2), []
    x = pellucid.ones(1, 2)
    plain = net(x)

    def double(module, args, output):
        calls.append("double")
        return output * 2

    first = net.register_forward_hook(double)
    second = net.register_forward_hook(lambda module, args, output: calls.append("second"))
    early = net.register_forward_hook(lambda module, args, output: calls.append("early"), prepend=True)
    assert np.allclose(net(x).detach().numpy(), 2 * plain.detach().numpy())
    assert calls == ["early", "double", "second"]
    first.remove()
    assert np.allclose(net(x).detach().numpy(), plain.detach().numpy())
    with second:
        pass
    early.remove()
    assert not net._forward_hooks
    calls.clear()
    net(x)
    assert not calls


def test_forward_hook_may_remove_itself():
    net, calls = nn.Identity(), []

    def once(module, args, output):
        calls.append(1)
        handle.remove()

    handle = net.register_forward_hook(once)
    net(1), net(1)
    assert calls == [1]


def test_pre_hooks_and_keywords():
    class Add(nn.Module):
        def forward(self, x, *, y=0):
            return x + y

    net = Add()
    a = net.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    assert net(1) == 2
    a.remove()
    a = net.register_forward_pre_hook(lambda module, args: args[0] + 1)              # a single value is made a tuple
    assert net(1) == 2
    b = net.register_forward_pre_hook(lambda module, args, kwargs: (args, {"y": kwargs["y"] * 10}), with_kwargs=True)
    assert net(1, y=2) == 22
    c = net.register_forward_hook(lambda module, args, kwargs, output: (args, kwargs, output), with_kwargs=True)
    assert net(1, y=2) == ((2,), {"y": 20}, 22)
    for handle in (a, b, c):
        handle.remove()
    assert not net._forward_pre_hooks_with_kwargs and not net._forward_hooks_with_kwargs
    net.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        net(1)


def test_always_called_hooks():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError("no")

    net, calls = Fails(), []
    net.register_forward_hook(lambda module, args, output: calls.append(output), always_call=True)
    net.register_forward_hook(lambda module, args, output: calls.append("never"))
    with pytest.raises(ValueError, match="no"):
        net(1)
    assert calls == [None]

    def fails_too(module, args, output):
        raise KeyError("hook")

    net.register_forward_hook(fails_too, always_call=True)
    with pytest.warns(UserWarning,
                      match="module forward hook with ``always_call=True`` raised an exception that was silenced"):
        with pytest.raises(ValueError, match="no"):
            net(1)


def test_global_forward_hooks():
    calls = []
    net = nn.Sequential(nn.Identity())
    handles = [module_file.register_module_forward_pre_hook(lambda module, args: calls.append(("pre",
                                                                                               type(module).__name__))),
               module_file.register_module_forward_hook(lambda module, args, output: calls.append(("post",
        type(module).__name__))),
               module_file.register_module_forward_hook(lambda module, args, kwargs, output: calls.append(kwargs),
                                                        with_kwargs=True)]
    own = net[0].register_forward_pre_hook(lambda module, args: calls.append("own"))
    net(1)
    for handle in (*handles, own):
        handle.remove()
    assert calls == [("pre", "Sequential"), ("pre", "Identity"), "own", ("post", "Identity"), {},
                     ("post", "Sequential"), {}]
    net(1)
    assert len(calls) == 7


def test_full_backward_hooks():
    net, seen = nn.Linear(2, 3), []
    net.register_full_backward_pre_hook(lambda module, grad_output: seen.append(("pre",
        [tuple(g.shape) for g in grad_output])))
    net.register_full_backward_hook(
        lambda module, grad_input, grad_output: seen.append(([tuple(g.shape) for g in grad_input],
                                                             [tuple(g.shape) for g in grad_output])))
    x = pellucid.ones(5, 2, requires_grad=True)
    net(x).sum().backward()
    assert seen == [("pre", [(5, 3)]), ([(5, 2)], [(5, 3)])]


def test_full_backward_hooks_change_gradients():
    net = nn.Identity()
    x = pellucid.ones(2, requires_grad=True)
    a = net.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 10,))
    b = net.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] + grad_output[0],))
    net(x * 1).sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]
    b.remove()
    b = net.register_full_backward_hook(lambda module, grad_input, grad_output: (None, None))
    with pytest.raises(RuntimeError,
                       match="Backward hook returned an invalid number of grad_input, got 2, but expected 1"):
        net(x * 1).sum().backward()
    b.remove()
    a.remove()
    net.register_full_backward_pre_hook(lambda module, grad_output: (None, None))
    with pytest.raises(RuntimeError,
                       match="Backward pre hook returned an invalid number of grad_output, got 2, but expected 1"):
        net(x * 1).sum().backward()


def test_full_backward_hooks_of_several_arguments():
    class Mixed(nn.Module):
        def forward(self, a, number, b):
            return a * number, b.detach(), a + b

    net, seen = Mixed(), []
    net.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append((grad_input, grad_output)))
    a, b = pellucid.ones(1, requires_grad=True), pellucid.ones(1)
    first, _, last = net(a, 3, b)
    (first + last).sum().backward()
    (grad_input, grad_output), = seen
    assert grad_input[0].item() == 4.0 and grad_input[1] is None
    assert grad_output[0].item() == grad_output[2].item() == 1.0


def test_full_backward_hooks_without_gradient_of_the_input():
    net, seen = nn.Linear(1, 1), []
    net.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append(grad_input))
    with pytest.warns(UserWarning,
                      match="Full backward hook is firing when gradients are computed with respect to module outputs"):
        net(pellucid.ones(1, 1)).sum().backward()
    assert seen == [(None,)]
    seen.clear()
    with pellucid.no_grad():
        net(pellucid.ones(1, 1))
    assert not seen


def test_backward_hooks_of_one_kind_only():
    net = nn.Identity()
    net.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    with pytest.raises(RuntimeError,
                       match="Cannot use both regular backward hooks and full backward hooks on a single Module"):
        net.register_backward_hook(lambda module, grad_input, grad_output: None)
    net = nn.Identity()
    net.register_backward_hook(lambda module, grad_input, grad_output: None)
    with pytest.raises(RuntimeError,
                       match="Cannot use both regular backward hooks and full backward hooks on a single Module"):
        net.register_full_backward_hook(lambda module, grad_input, grad_output: None)


def test_backward_hooks_do_not_keep_the_graph():
    net = nn.Identity()
    net.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    x = pellucid.ones(2, requires_grad=True)
    gc.disable()
    try:
        middle = x * 2
        reference = weakref.ref(middle)
        result = net(middle).sum()
        del middle
        del result
        assert reference() is None
    finally:
        gc.enable()


def test_global_backward_hooks():
    seen = []
    pre = module_file.register_module_full_backward_pre_hook(lambda module, grad_output: seen.append("pre"))
    post = module_file.register_module_full_backward_hook(lambda module, grad_input, grad_output: seen.append("post"))
    try:
        nn.Identity()(pellucid.ones(1, requires_grad=True) * 1).backward()
    finally:
        pre.remove()
        post.remove()
    assert seen == ["pre", "post"]


def test_an_error_says_in_which_module():
    net = nn.Sequential(OrderedDict(encoder=nn.ModuleList([nn.Identity(), nn.Linear(3, 4)]), head=nn.Linear(4, 2)))
    net.forward = lambda x: net.head(net.encoder[1](x))
    with pytest.raises(RuntimeError) as caught:
        net(pellucid.ones(1, 5))
    assert caught.value.__notes__ == ["in encoder.1: Linear(in_features=3, out_features=4, bias=True)"]
    with pytest.raises(RuntimeError) as caught:
        nn.Linear(3, 4)(pellucid.ones(1, 5))
    assert caught.value.__notes__ == ["in Linear(in_features=3, out_features=4, bias=True)"]
    with pytest.raises(TypeError) as caught:
        net()
    assert caught.value.__notes__ == ["in Sequential(...)"]


# ---- state dicts ----

def test_state_dict():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == ["scale", "fc1.weight", "fc1.bias", "block.0.weight", "block.0.bias"]
    assert state._metadata == OrderedDict([("", {"version": 1}), ("fc1", {"version": 1}), ("block", {"version": 1}),
                                           ("block.0", {"version": 1}), ("block.1", {"version": 1})])
    assert not state["fc1.weight"].requires_grad and state["fc1.weight"].data_ptr() == net.fc1.weight.data_ptr()
    kept = net.state_dict(prefix="x.", keep_vars=True)
    assert kept["x.fc1.weight"] is net.fc1.weight
    mine = {}
    assert net.fc1.state_dict(destination=mine) is mine and list(mine) == ["weight", "bias"]
    with pytest.warns(FutureWarning, match="Positional args are being deprecated"):
        assert list(net.fc1.state_dict({}, "p.")) == ["p.weight", "p.bias"]


def test_load_state_dict():
    a, b = Net(), Net()
    weight = b.fc1.weight
    assert repr(b.load_state_dict(a.state_dict())) == "<All keys matched successfully>"
    assert b.fc1.weight is weight and b.fc1.weight.tolist() == a.fc1.weight.tolist()
    b.load_state_dict(pickle.loads(pickle.dumps(a.state_dict())), assign=True)
    assert b.fc1.weight is not weight and isinstance(b.fc1.weight, nn.Parameter) and b.fc1.weight.requires_grad
    assert list(b._parameters) == ["absent"] and b.fc1.weight is b.fc1._parameters["weight"]


def test_load_state_dict_errors():
    net = Net()
    state = net.state_dict()
    del state["fc1.bias"]
    state["fc1.weight"] = pellucid.zeros(4, 5)
    state["block.0.bias"] = "text"
    state["block.7.weight"] = state["other"] = pellucid.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "fc1.bias". \n'
        '\tUnexpected key(s) in state_dict: "other", "block.7.weight". \n'
        "\tsize mismatch for fc1.weight: copying a param with shape torch.Size([4, 5]) from checkpoint, the shape in "
        "current model is "
        "torch.Size([4, 3]).\n"
        '\tWhile copying the parameter named "block.0.bias", expected torch.Tensor or Tensor-like object from '
        'checkpoint but received '
        "<class 'str'>")
    state = net.state_dict()
    del state["fc1.bias"]
    state["other"] = pellucid.zeros(1)
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["fc1.bias"] and result.unexpected_keys == ["other"]
    assert repr(result) == "_IncompatibleKeys(missing_keys=['fc1.bias'], unexpected_keys=['other'])"
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'list'>"):
        net.load_state_dict([])


def test_a_scalar_loads_from_one_element():
    net = Net()
    net.load_state_dict(net.state_dict() | {"scale": pellucid.full((1,), 7.0)})
    assert net.scale.item() == 7.0


def test_state_dict_hooks():
    net, calls = nn.Linear(1, 1), []
    net.register_state_dict_pre_hook(lambda module, prefix, keep_vars: calls.append((prefix, keep_vars)))
    net._register_state_dict_hook(lambda module, state, prefix, metadata: OrderedDict(state, extra=1))

    def post(module, state, prefix, metadata):
        state["post"] = metadata["version"]

    net.register_state_dict_post_hook(post)
    assert list(net.state_dict()) == ["weight", "bias", "extra", "post"] and calls == [("", False)]
    with pytest.raises(RuntimeError, match="Cannot register the same function as the state dict post hook"):
        net._register_state_dict_hook(post)
    net.register_state_dict_post_hook(lambda module, state, prefix, metadata: 1)
    with pytest.raises(RuntimeError, match="state_dict post-hook must return None"):
        net.state_dict()


def test_load_state_dict_hooks():
    net, calls = nn.Sequential(nn.Linear(1, 1)), []
    state = net.state_dict()

    def rename(state, prefix, metadata, strict, missing, unexpected, errors):
        state[prefix + "weight"] = state.pop(prefix + "old")

    net[0]._register_load_state_dict_pre_hook(rename)
    net[0].register_load_state_dict_pre_hook(lambda module, state, prefix, *rest: calls.append((module, prefix)))
    net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    state["0.old"] = state.pop("0.weight")
    del state["0.bias"]
    net.load_state_dict(state, strict=False)
    assert calls == [(net[0], "0.")]
    net.register_load_state_dict_post_hook(lambda module, keys: 1)
    with pytest.raises(AssertionError, match="are not expected to return new values"):
        net.load_state_dict(state, strict=False)


class Extra(nn.Module):
    value = 1

    def get_extra_state(self):
        return {"value": self.value}

    def set_extra_state(self, state):
        self.value = state["value"]


def test_extra_state():
    net, other = nn.Sequential(Extra()), nn.Sequential(Extra())
    net[0].value = 5
    state = net.state_dict()
    assert state == {"0._extra_state": {"value": 5}}
    other.load_state_dict(state)
    assert other[0].value == 5
    with pytest.raises(RuntimeError, match='Missing key.*"0._extra_state"'):
        other.load_state_dict({})
    with pytest.raises(RuntimeError, match='Unexpected key.*"_extra_state"'):
        nn.Identity().load_state_dict({"_extra_state": 1})


def test_loading_into_meta():
    net = nn.Linear(2, 2, device="meta")
    state = nn.Linear(2, 2).state_dict()
    with pytest.warns(UserWarning, match="copying from a non-meta parameter in the checkpoint to a meta parameter"):
        net.load_state_dict(state)
    net.load_state_dict(state, assign=True)
    assert net.weight.device.type == "cpu"


# ---- conversion ----

def test_conversion_keeps_parameters():
    net = Net()
    weight = net.fc1.weight
    weight.grad = pellucid.ones_like(weight)
    net.register_buffer("count", pellucid.zeros((), dtype=pellucid.int64))
    assert net.double() is net and net.fc1.weight is weight
    assert weight.dtype is pellucid.float64 and weight.grad.dtype is pellucid.float64 and weight.requires_grad
    assert net.scale.dtype is pellucid.float64 and net.count.dtype is pellucid.int64
    net.to(pellucid.float16)
    assert weight.dtype is pellucid.float16
    net.float().to("cpu").to(pellucid.device("cpu"), pellucid.float64).to(pellucid.zeros(1))
    assert weight.dtype is pellucid.float32
    net.bfloat16()
    assert weight.dtype is pellucid.bfloat16
    net.half().cpu()
    assert weight.dtype is pellucid.float16 and weight.grad.dtype is pellucid.float16
    with pytest.raises(TypeError,
                       match="nn.Module.to only accepts floating point or complex dtypes, but got desired "
                             "dtype=torch.int64"):
        net.to(pellucid.int64)


def test_memory_format():
    net = nn.Conv2d(3, 4, 3).to(memory_format=pellucid.channels_last)
    assert net.weight.stride() == (27, 1, 9, 3) and net.bias.stride() == (1,)


def test_meta_and_back():
    net = nn.Linear(2, 3).to("meta")
    assert net.weight.device.type == "meta" and isinstance(net.weight, nn.Parameter)
    with pytest.raises(NotImplementedError, match="Please use torch.nn.Module.to_empty"):
        net.to("cpu")
    net.to_empty(device="cpu")
    assert net.weight.device.type == "cpu" and net.weight.shape == (3, 2)


def test_train_and_grad_flags():
    net = Net()
    assert net.training and net.eval() is net and not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        net.train(1)
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_()
    net(pellucid.ones(1, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.any() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    names = []
    net.apply(lambda module: names.append(type(module).__name__))
    assert names == ["Linear", "Linear", "ReLU", "Sequential", "Net"]


# ---- showing, copying ----

def test_repr():
    assert repr(Net()) == ("Net(\n"
                           "  (fc1): Linear(in_features=3, out_features=4, bias=True)\n"
                           "  (block): Sequential(\n"
                           "    (0): Linear(in_features=4, out_features=4, bias=True)\n"
                           "    (1): ReLU()\n"
                           "  )\n"
                           ")")

    class Wide(nn.Module):
        def extra_repr(self):
            return "first\nsecond"

    assert repr(Wide()) == "Wide(\n  first\n  second\n)"
    wide = Wide()
    wide.inner = nn.Identity()
    assert repr(wide) == "Wide(\n  first\n  second\n  (inner): Identity()\n)"


def test_dir():
    names = dir(Net())
    assert {"fc1", "scale", "absent", "forward", "_forward_hooks"} <= set(names)
    assert not any(name[0].isdigit() for name in dir(nn.Sequential(nn.Identity())))


def hook(module, args, output):
    return output + 1


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_whole_and_apart(duplicate):
    net = Net()
    net.again = net.fc1
    net.fc1.register_forward_hook(hook)
    other = duplicate(net)
    assert repr(other) == repr(net) and other.again is other.fc1 and other.fc1.weight is other.fc1._parameters["weight"]
    x = pellucid.ones(1, 3)
    assert other(x).tolist() == net(x).tolist()
    with pellucid.no_grad():
        other.fc1.weight.zero_()
    assert net.fc1.weight.any() and list(other.state_dict()) == list(net.state_dict())
    other.fc1.weight = nn.Parameter(pellucid.ones(4, 3))
    assert net.fc1.weight is not other.fc1.weight and list(other.fc1._forward_hooks.values()) == [hook]
    assert other._non_persistent_buffers_set == {"scratch"}


def test_freed_without_the_collector():
    gc.disable()
    try:
        net = Net()
        reference = weakref.ref(net.fc1)
        del net
        assert reference() is None
    finally:
        gc.enable()


class _Forward(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.forward = function


@pytest.mark.parametrize("function, said", [
    (lambda x: x.sin(), None), (lambda x: (x * 2).sin(), "the forward contains multiple autograd Nodes"),
    (lambda x: (x + 1, x * 2), "different autograd Nodes"),
    (lambda x: {"a": x * 2}, "does not return a single Tensor or a tuple"),
    (lambda x: [x * 2], "does not return a single Tensor or a tuple"),
])
def test_a_non_full_backward_hook_that_misses_something_is_warned_of(function, said):
    module = _Forward(function)
    module.register_backward_hook(lambda *args: None)
    x = pellucid.ones(2, requires_grad=True) * 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module(x)
    assert [str(w.message) for w in caught if w.category is FutureWarning and (said or "") in str(w.message)] == [
        str(w.message) for w in caught] and len(caught) == (said is not None)


def test_to_takes_what_pytorch_takes():
    assert nn.Linear(1, 1).to(float).weight.dtype is nn.Linear(1,
                                                               1).to(
        tensor=pellucid.ones(1).double()).weight.dtype is pellucid.float64
    for args, kwargs in (((), {"copy": True}), ((pellucid.float64, False, True), {}),
                         (("cpu", pellucid.float64, False, False), {})):
        with pytest.raises(RuntimeError, match="does not accept copy"):
            nn.Linear(1, 1).to(*args, **kwargs)
    for args, kwargs in ((("cpu", 3), {}), ((1.5,), {}), (("cpu",), {"foo": 1})):
        with pytest.raises(TypeError, match="invalid combination|unexpected keyword"):
            nn.Linear(1, 1).to(*args, **kwargs)


def test_a_linear_layer_names_both_types():
    with pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype, but got Double and Float"):
        nn.Linear(2, 2)(pellucid.ones(1, 2, dtype=pellucid.float64))
