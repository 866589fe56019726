"""Another type of device, added from outside the package: a pool of bytes that the host cannot address, and kernels
that the interpreter runs there. What is started there waits in a queue until somebody reads or synchronizes."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import pellucid as torch
from pellucid.codegen import interpret
from pellucid.codegen.targets import TARGETS
from pellucid.core import devices
from pellucid.core.memory import view_as_array
from pellucid.core.observe import Observer
from pellucid.core.planning import forget_plans

F = torch.nn.functional
BASE, ROOM = 1 << 44, 1 << 20                # where the pool's addresses begin, which are nobody's here, and its bytes


class Memory:
    """Who holds this holds a block."""


class Toy(devices.DeviceType):
    name = "toy"

    def __init__(self, number: int = 2):
        self.pools = [np.zeros(ROOM, np.uint8) for _ in range(number)]
        self.tops, self.free = [0] * number, [{} for _ in range(number)]
        self.queue, self.done, self.at = [], [], 0

    def count(self):
        return len(self.pools)

    def current(self):
        return self.at

    def allocate(self, nbytes, index, zero):
        size = (nbytes + 63) // 64 * 64
        blocks = self.free[index].setdefault(size, [])
        if blocks:
            start = blocks.pop()
        else:
            start, self.tops[index] = self.tops[index], self.tops[index] + size + 64
            assert self.tops[index] <= ROOM
        owner = Memory()
        weakref.finalize(owner, blocks.append, start)       # a cache: it may go to whoever asks next
        if zero:
            self.write(BASE + start, index, np.zeros(nbytes, np.uint8))
        return BASE + start, owner

    def part(self, address, index, nbytes):
        assert 0 <= address - BASE <= ROOM - nbytes
        return self.pools[index][address - BASE:address - BASE + nbytes]

    def read(self, address, index, into):
        self.synchronize(index)
        into[:] = self.part(address, index, into.size)

    def write(self, address, index, source):
        staged, place = source.copy(), self.part(address, index, source.size)
        self.queue.append(("write", lambda: place.__setitem__(slice(None), staged)))

    def copy(self, address, index, source, source_index, nbytes):
        to, origin = self.part(address, index, nbytes), self.part(source, source_index, nbytes)
        self.queue.append(("copy", lambda: to.__setitem__(slice(None), origin.copy())))

    def launch(self, code, words, chunks, work, index):
        def find(address):
            return self.pools[index], address - BASE

        self.queue.append((code.name, lambda: interpret.run(code, words, 0, chunks, find=find)))

    def synchronize(self, index):
        while self.queue:
            name, job = self.queue.pop(0)
            job()
            self.done.append(name)


class Interpreted:
    """The target: kernels stay what they are."""

    vector_bytes, halves, whole = 16, False, False

    def plan(self, build):
        return build(self)

    def code(self, launch):
        return launch.kernel


@pytest.fixture(scope="module")
def toy():
    made = Toy()
    devices.add_device(made)
    TARGETS["toy"] = Interpreted()
    yield made
    devices.remove_device("toy")
    del TARGETS["toy"]
    forget_plans()


def values(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return (torch.arange(np.prod(shape, dtype=int), dtype=torch.float32).reshape(shape) % 7 / 4 - 0.7).to(dtype)


def in_place(x: torch.Tensor) -> torch.Tensor:
    x = x.clone()
    x[1:, ::2].mul_(2).add_(x[0, 0])
    return x


def into(x: torch.Tensor) -> torch.Tensor:
    out = x.new_empty(x.shape)
    return torch.sub(x, 1, out=out) + torch.add(x, x, out=x.new_empty(0))


def trained(x: torch.Tensor) -> torch.Tensor:
    weight = torch.ones(5, 3).to(x.device).requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        F.cross_entropy(torch.tanh(x @ weight), torch.tensor([0, 2, 1, 2], device=x.device)).backward()
        optimizer.step()
    assert weight.grad.device == x.device
    return weight.detach()


def normalised(x: torch.Tensor) -> torch.Tensor:
    layer = torch.nn.Sequential(torch.nn.LayerNorm(5), torch.nn.Linear(5, 2)).to(x.device)
    for parameter in layer.parameters():
        torch.nn.init.constant_(parameter, 0.5)
    return layer(x)


OPERATORS = {
    "a map": lambda x: x.tanh() * x[0] + 1, "a reduction": lambda x: x.sum(1), "one that takes scratch":
    lambda x: x.repeat(40, 40).sum(), "rows": lambda x: x.softmax(1), "a product": lambda x: x @ x.T,
    "a gather": lambda x: x.gather(1, torch.tensor([[0, 4]] * 4, device=x.device)),
    "an index of the host": lambda x: x[torch.tensor([2, 0])], "a scatter": lambda x: torch.zeros(3, 5, device=x.device)
    .index_add(0, torch.tensor([1, 1, 2, 0], device=x.device), x), "a mask": lambda x: x[x > 0],
    "in place": in_place, "out=": into, "views": lambda x: x.T[1:4].reshape(2, -1).unsqueeze(0).expand(3, 2, 6) + 0,
    "cat": lambda x: torch.cat([x, x[:2]]), "stack": lambda x: torch.stack([x, x]), "a scan": lambda x: x.cumsum(0),
    "a window": lambda x: F.conv2d(x[None, None], torch.ones(1, 1, 2, 2, device=x.device)),
    "another type": lambda x: x.double().to(torch.int8), "training": trained,
    "a number of the host": lambda x: x * torch.tensor(3.0), "layers": normalised, "where": lambda x:
    torch.where(x > 0, x, 2.0), "conjugates": lambda x: torch.complex(x, x).conj().imag.clone(),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_give_what_the_host_gives(toy, name):
    x = values(4, 5)
    found = OPERATORS[name](x.to("toy"))
    assert found.device == torch.device("toy:0")
    expected = OPERATORS[name](x)
    assert found.dtype is expected.dtype and found.shape == expected.shape
    assert torch.allclose(found.cpu(), expected, atol=1e-6), (found, expected)


def test_new_tensors(toy):
    assert torch.device("toy").index is None and str(torch.device("toy", 1)) == "toy:1"
    x = torch.ones(2, 3, device="toy")
    assert x.device == torch.device("toy", 0) and x.get_device() == 0
    assert not x.is_cpu and x.type() == "torch.toy.FloatTensor"
    assert x.tolist() == [[1, 1, 1]] * 2 and torch.zeros(2, device="toy:1").tolist() == [0, 0]
    assert torch.arange(3, device="toy").tolist() == [0, 1, 2]
    assert torch.full((2,), 7, device=x.device).tolist() == [7, 7]
    assert torch.tensor([1.5], device="toy").item() == 1.5 and bool(torch.tensor(True, device="toy"))
    assert torch.eye(2, device="toy").tolist() == [[1, 0], [0, 1]] and torch.empty(0, device="toy").tolist() == []
    assert torch.zeros_like(x).device == x.new_ones(3).device == x.device
    for draw in (torch.rand, torch.randn, torch.randperm, lambda *n, device: torch.randint(9, n, device=device)):
        torch.manual_seed(3)
        expected = draw(5, device="cpu")
        torch.manual_seed(3)
        assert torch.equal(draw(5, device="toy").cpu(), expected)
    with torch.device("toy:1"):
        assert torch.ones(2).device == torch.device("toy:1")
    with pytest.raises(RuntimeError, match="toy:2 is not there: this process sees 2"):
        torch.ones(2, device="toy:2")
    toy.at = 1
    try:
        assert torch.ones(1, device="toy").device.index == 1 and x.to("toy:0") is x
    finally:
        toy.at = 0


def test_numbers_leave_through_read(toy):
    x = torch.tensor([1.0, 2.5], device="toy")
    assert repr(x) == "tensor([1.0000, 2.5000], device='toy:0')" and x[1].item() == 2.5 and float(x.sum()) == 3.5
    assert x.bfloat16()[1].item() == 2.5 and x.to(torch.float8_e5m2).tolist() == [1.0, 2.5]
    with pytest.raises(TypeError, match="can't convert toy device type tensor to numpy. Use Tensor.cpu\\(\\) to copy"):
        x.numpy()
    with pytest.raises(TypeError, match="can't convert toy device type tensor"):
        np.asarray(x)
    assert x.numpy(force=True).tolist() == [1.0, 2.5]
    with pytest.raises(RuntimeError, match="Cannot|no memory"):
        view_as_array(x.memory, 0, (2,), (4,), "<f4")


def test_copies_between_devices(toy):
    x = values(3, 4)
    there = x.to("toy")
    assert there.cpu() is not there and there.to("toy") is there and x.cpu() is x
    assert torch.equal(there.to("toy:1").cpu(), x)
    assert torch.equal(x.T.to("toy").cpu(), x.T) and x.T.to("toy").stride() == (1, 4)
    assert torch.equal(x[:, ::2].to("toy").cpu(), x[:, ::2]) and torch.equal(there[1:, 1:].cpu(), x[1:, 1:])
    assert torch.equal(there.to("cpu", torch.float64), x.double())
    assert torch.equal(x.to("toy:1", torch.int32).cpu(), x.to(torch.int32))
    for target in (torch.zeros(3, 4), torch.zeros(3, 4, dtype=torch.float64), torch.zeros(4, 3).T,
                   torch.zeros(2, 3, 4)):
        for place in ("toy:0", "toy:1", "cpu"):
            made = target.to(place)
            made.copy_(there)
            assert torch.equal(made.cpu(), target.clone().copy_(x)) and made.device == torch.device(place)
    there[1].copy_(torch.tensor(5.0))
    there[2] = torch.zeros(4)
    assert there.tolist() == [x[0].tolist(), [5] * 4, [0] * 4]
    assert there.to("meta").is_meta
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor; no data!"):
        torch.ones(2, device="meta").to("toy")


def test_a_copy_between_devices_has_a_derivative(toy):
    x = values(3).requires_grad_()
    (x.to("toy") * torch.tensor([1.0, 2.0, 3.0], device="toy:0")).to("toy:1").sum().cpu().backward()
    assert x.grad.device.type == "cpu" and x.grad.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "call",
    [lambda a, b: a + b, lambda a, b: b + a, lambda a, b: a @ b.T, lambda a, b: torch.cat([a, b]),
     lambda a, b: a.add_(b), lambda a, b: b.mul_(a), lambda a, b: torch.where(a > 0, b, b),
     lambda a, b: F.layer_norm(b, (3,), a[0]), lambda a, b: a.index_add(0, torch.tensor([0, 1]), b),
     lambda a, b: b[0].copy_(a[0]) + a[0], lambda a, b: a[torch.tensor([0], device=b.device)]])
@pytest.mark.parametrize("places", [("cpu", "toy"), ("toy", "toy:1")])
def test_operands_apart_are_refused(toy, call, places):
    a, b = (torch.ones(2, 3, device=place) for place in places)
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device, but found at least two"):
        call(a, b)


def test_work_on_a_device_is_done_in_order(toy):
    toy.synchronize(0)
    toy.done.clear()
    host = torch.ones(4)
    x = host.to("toy")
    host.fill_(9)                                           # what was given is taken already
    y = x + 1
    del x
    gc.collect()
    z = torch.full((4,), 5.0, device="toy")                 # over the memory of x, which the sum has yet to read
    y.mul_(z)
    assert toy.done == [] and len(toy.queue) == 4
    devices.synchronize(y.device)
    assert toy.done == ["write", *toy.done[1:]] and len(toy.done) == 4 and not toy.queue
    assert y.tolist() == [10] * 4


def test_memory_is_given_back(toy):
    torch.ones(1000, device="toy")
    gc.collect()
    top = toy.tops[0]
    for _ in range(20):
        torch.ones(1000, device="toy")
    assert toy.tops[0] == top


def test_storages_there_are_refused_on_the_host(toy):
    x = torch.ones(4, device="toy")
    assert x.memory.data_ptr() >= BASE and x[1:].data_ptr() == x.data_ptr() + 4
    wide = x.resize_(1000)
    assert wide[:4].tolist() == [1] * 4
    with pytest.raises(RuntimeError, match="out of bounds for storage"):
        x.as_strided((3000,), (1,))


def test_observers_see_what_happens_there(toy):
    class Seen(Observer):
        def __init__(self):
            self.events, self.launches = [], []

        def launched(self, launch):
            self.events.append(launch.operator)
            self.launches.append(launch)

        def wrote(self, storage, how):
            self.events.append(how)

    host = torch.ones(3)
    with Seen() as seen:
        x = host.to("toy")
        y = x.exp()
        y.cpu()
    assert seen.events == ["copy", "exp", "copy"]
    launch = next(launch for launch in seen.launches if launch.operator == "exp")
    x.fill_(0)
    launch()
    assert y.tolist() == [1] * 3


def test_observers_see_memory_come_and_go(toy):
    class Blocks(Observer):
        def __init__(self):
            self.live, self.most = {}, 0

        def allocated(self, storage, nbytes):
            self.live[storage.device, storage.data_ptr()] = nbytes
            self.most = max(self.most, sum(size for (device, _), size in self.live.items() if device.type == "toy"))

        def freed(self, device, address, nbytes):
            assert self.live.pop((device, address)) == nbytes

    x = torch.ones(100).to("toy")
    with Blocks() as blocks:
        y = (x + 1) * 2
        assert sum(blocks.live.values()) == 400 and blocks.most == 800
        y.untyped_storage().resize_(0)
        assert not blocks.live


def test_modules_and_copies(toy):
    layer = torch.nn.Linear(3, 2).to("toy")
    other = copy.deepcopy(layer)
    assert other.weight.device == layer.weight.device and other.weight.data_ptr() != layer.weight.data_ptr()
    assert torch.equal(other.weight.cpu(), layer.weight.cpu())
    assert torch.equal(layer.cpu().weight, other.weight.cpu())


def test_a_device_without_data_and_a_type_that_nobody_added():
    assert not devices.has_data(torch.device("meta")) and devices.has_data(torch.device("cpu"))
    with pytest.raises(RuntimeError, match="no tensors can lie on vulkan: there are cpu, meta"):
        devices.type_of(torch.device("vulkan"))
    with pytest.raises(NotImplementedError, match="no support for 'vulkan' devices"):
        torch.ones(2, device="vulkan")
    with pytest.raises(RuntimeError, match="a type of device is named by letters, not 'toy:1'"):
        class Odd(devices.DeviceType):
            name = "toy:1"

        devices.add_device(Odd())


def test_storages_there_are_emptied_filled_and_copied(toy):
    x = torch.ones(4, device="toy")
    first, storage = x[:2], x.untyped_storage()
    assert storage.tolist() == [0, 0, 128, 63] * 4 and storage[2] == 128 and storage.clone().device == x.device
    assert storage.cpu().tolist() == pickle.loads(pickle.dumps(storage)).tolist() == storage.tolist()
    assert pickle.loads(pickle.dumps(x)).device == x.device
    storage[3] = 64
    assert x.tolist() == [4, 1, 1, 1]
    for use in (lambda: x + 1, lambda: x.tolist(), lambda: x.cpu(), lambda: x.fill_(1)):
        for size in (0, 8):
            storage.resize_(size)
            assert storage.nbytes() == size
            with pytest.raises(RuntimeError, match="outside of its storage|not in a storage"):
                use()
            storage.resize_(16)
    x.fill_(3)
    storage.resize_(8)
    assert first.tolist() == [3, 3]
    storage.resize_(0)
    storage.resize_(400).fill_(0)
    assert x.tolist() == [0] * 4 and storage.copy_(storage.clone()).nbytes() == 400
    with pytest.raises(RuntimeError, match="cannot be read where they are"):
        storage[1:3]
    with pytest.raises(RuntimeError, match="only available on CPU"):
        x.share_memory_()


def test_a_type_that_lacks_something_is_refused():
    class Half(devices.DeviceType):
        name = "half"

        def allocate(self, nbytes, index, zero):
            return 0, None

    with pytest.raises(TypeError, match="'half' must define read, write, copy, launch, synchronize"):
        devices.add_device(Half())
    assert "half" not in devices.DEVICES
