"""Observers: all that happens to memory is told, and what was told can be done again."""

from __future__ import annotations

import contextlib
import threading

import numpy as np
import pytest

import pellucid as torch
from pellucid.autograd.graph import increment_version
from pellucid.core import is_compiled, memory
from pellucid.core.memory import view_as_array
from pellucid.core.modes import Mode
from pellucid.core.observe import Observer, observing
from pellucid.ops import REGISTRY
from tests.ops.calls import MADE, SMALL, Findings, operator, sample, tensors_of

nn, F = torch.nn, torch.nn.functional


class Events(Observer):
    """Everything, in order."""

    def __init__(self):
        self.seen = []

    def launched(self, launch):
        self.seen.append(("launched", launch.operator, launch.kernel, launch.storages))

    def wrote(self, storage, how):
        self.seen.append(("wrote", how, storage))

    def lent(self, storage):
        self.seen.append(("lent", storage))

    def read(self, storage):
        self.seen.append(("read", storage))

    def ran(self, op, values, results):
        self.seen.append(("ran", op.name, [t.memory for t in results]))


def words(event):
    return event[:2] if isinstance(event[1], str) else event[:1]


def kinds(work):
    """The first two words of all events of a function."""
    with Events() as events:
        work()
    return [words(event) for event in events.seen]


# how a few numbers get into memory: they are written, or, without a compiler, go through a kernel or an array
ONES, LIST, RAMP = (([("wrote", "numbers")], [("wrote", "numbers")], [("wrote", "ramp")]) if is_compiled()
                    else ([("launched", "fill")], [("lent",)], [("launched", "arange")]))


def test_what_is_told():
    x = torch.ones(3, 4)
    assert kinds(lambda: x.tanh()) == [("launched", "tanh")]
    assert kinds(lambda: x.tanh_()) == [("launched", "tanh")]
    assert kinds(lambda: torch.zeros(3)) == [("wrote", "zeros")] == kinds(lambda: torch.zeros(1 << 20))
    assert kinds(lambda: torch.ones(3)) == ONES and kinds(lambda: torch.tensor([1.0, 2.0])) == LIST
    assert kinds(lambda: torch.arange(5)) == RAMP
    for read in (lambda: x.sum().item(), x.tolist, lambda: bool(x[0, 0]), lambda: float(x[0, 0]), lambda: int(x[0, 0])):
        assert ("read",) in kinds(read)
    assert kinds(lambda: x.numpy()) == [("lent",)] == kinds(lambda: x.data_ptr()) == kinds(lambda: np.asarray(x))
    assert kinds(lambda: x.nonzero())[-1] == ("ran", "nonzero")
    assert kinds(lambda: x.t()) == [] and kinds(lambda: torch.empty(3)) == []
    y = x.requires_grad_().exp().sum()
    assert ("launched", "exp_backward") in kinds(y.backward)


class Blocks(Observer):
    """What there is, by device and address, and the versions that were raised."""

    def __init__(self):
        self.live, self.taken, self.given, self.raised_of = {}, 0, 0, []

    def allocated(self, storage, nbytes):
        assert nbytes >= storage.nbytes and (storage.device, storage.data_ptr()) not in self.live
        self.live[storage.device, storage.data_ptr()] = nbytes
        self.taken += 1

    def freed(self, device, address, nbytes):
        self.given += self.live.pop((device, address), nbytes) == nbytes

    def raised(self, storage):
        self.raised_of.append(storage)


def test_memory_that_comes_and_goes_is_told():
    before = memory.memory_stats()
    with Blocks() as blocks:
        x = torch.zeros(100)
        assert sum(blocks.live.values()) == memory.memory_stats()["live"] - before["live"] >= 400
        y = x + 1
        assert blocks.taken == 2 and len(blocks.live) == 2
        torch.zeros(5000).exp()
        assert blocks.taken == 4 and blocks.given == 2 and len(blocks.live) == 2
        y.resize_(1 << 20)
        assert blocks.taken == 5 and max(blocks.live.values()) >= 4 << 20
        y.untyped_storage().resize_(0)
        assert len(blocks.live) == 1 and memory.memory_stats()["limit"] == before["limit"]
        memory.set_pool_limit(1 << 20)
        del x
        assert not blocks.live
    assert memory.memory_stats()["peak"] >= before["live"] + (4 << 20)
    assert memory.memory_stats()["limit"] == 1 << 20
    memory.set_pool_limit(before["limit"])
    told = blocks.taken, blocks.given
    torch.zeros(100).exp()
    assert (blocks.taken, blocks.given) == told
    with Blocks() as blocks:                             # what was kept for reuse is told like what is new
        torch.zeros(100).exp()
    assert (blocks.taken, blocks.given) == (2, 2)


def test_versions_that_are_raised_are_told():
    x = torch.ones(3)
    leaf = torch.ones(3, requires_grad=True)
    leaf.grad = torch.ones(3)
    optimizer = torch.optim.SGD([leaf], lr=0.5)
    with Blocks() as blocks:
        x + 1, x.add_(1), x[1:].zero_(), torch.neg(x, out=x), x.detach().t_()
        increment_version([x, x])
        optimizer.step()
    assert [storage is x.memory for storage in blocks.raised_of[:6]] == [True] * 6 and x._version == 6
    assert blocks.raised_of[6] is leaf.memory and len(blocks.raised_of) == 7 and leaf._version == 1
    x.add_(1)
    assert len(blocks.raised_of) == 7


def test_what_an_optimizer_overwrites_is_named():
    """It goes through the same door as all else that raises a version, so the place is known."""
    weight = torch.ones(2, requires_grad=True)
    weight.grad = torch.ones(2)
    product = (weight * weight).sum()
    torch.optim.SGD([weight], lr=1.0).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation(.|\n)*modified in place, at"):
        product.backward()


def test_nobody_looks_any_more():
    x = torch.ones(3)
    with Events() as events:
        assert observing()
        x + x
    told = len(events.seen)
    x + x, torch.zeros(2)
    assert len(events.seen) == told and not observing()


def test_what_an_observer_does_is_not_told():
    class Busy(Events):
        def launched(self, launch):
            super().launched(launch)
            torch.ones(3).exp().tolist()

    with Busy() as events:
        torch.ones(2).neg()
    assert [words(event) for event in events.seen] == [*ONES, ("launched", "neg")]


def test_all_threads_are_observed():
    x, results = torch.ones(1000), []
    with Events() as events:
        threads = [threading.Thread(target=lambda: results.append((x * 2).sum())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event[1] for event in events.seen if event[0] == "launched"].count("sum") == 4
    assert [found.item() for found in results] == [2000] * 4


# ---- Every operator --------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def told():
    with Events() as events:
        yield events


def check_told(events, results, args):
    """Each result over memory of its own stands in an event."""
    given = {id(t.memory.root()) for t in tensors_of(args)}
    named = set()
    for event in events.seen:
        last = event[-1] if isinstance(event[-1], list) else [event[-1]]
        named |= {id(storage.root()) for storage in last}
    for k, t in enumerate(tensors_of(results)):
        if t.numel() and id(t.memory.root()) not in given | named:
            raise ValueError(f"nobody was told what wrote result {k}")


@pytest.mark.parametrize("name, k, large", SMALL)
def test_every_operator_tells(told, name, k, large):
    findings = Findings()
    args, kwargs = sample(name, k, dtype=torch.float32)
    told.seen.clear()
    with findings(""):
        check_told(told, operator(name)(*args, **kwargs), (args, kwargs))
    findings.settle()


@pytest.mark.parametrize("name, k", [c for c in MADE if not c.values[0].startswith(("empty", "new_empty"))])
def test_what_is_created_is_told(told, name, k):
    findings = Findings()
    args, kwargs = sample(name, k, dtype=torch.float32, large=None)
    told.seen.clear()
    with findings(""):
        check_told(told, operator(name)(*args, **kwargs), (args, kwargs))
    findings.settle()


# ---- Done again ------------------------------------------------------------------------------------------------------

class Tape(Observer):
    """What is needed to do it again: launches as they are, and what else was written, with its bytes."""

    def __init__(self):
        self.steps = []

    def launched(self, launch):
        self.steps.append(launch)

    def wrote(self, storage, how):
        room = view_as_array(storage, 0, (storage.nbytes,), None, "|u1")
        wanted = room.copy()
        self.steps.append(lambda: np.copyto(room, wanted))

    def ran(self, op, values, results):
        raise AssertionError("a step of training has no operators outside of kernels")

    def play(self):
        for step in self.steps:
            step()


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.LayerNorm(16), nn.Linear(16, 3))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("to_none", [True, False])
def test_a_step_can_be_done_again(momentum, to_none):
    """Recorded once, a step of training runs on new data, bit for bit as the program itself would."""
    draw = np.random.default_rng(0)
    data = [(draw.standard_normal((8, 5), dtype=np.float32), draw.integers(0, 3, 8)) for _ in range(4)]

    def program(net, optimizer, x, y):
        optimizer.zero_grad(set_to_none=to_none)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    net, twin = network(0), network(0)
    optimizer, other = (torch.optim.SGD(n.parameters(), lr=0.1, momentum=momentum) for n in (net, twin))
    x, y = (torch.tensor(part) for part in data[0])
    program(net, optimizer, x, y), program(twin, other, *map(torch.tensor, data[0]))
    x.copy_(torch.tensor(data[1][0])), y.copy_(torch.tensor(data[1][1]))
    with Tape() as tape:
        loss = program(net, optimizer, x, y)
    program(twin, other, *map(torch.tensor, data[1]))
    for a, b in data[2:]:
        x.copy_(torch.tensor(a)), y.copy_(torch.tensor(b))
        tape.play()
        wanted = program(twin, other, torch.tensor(a), torch.tensor(b))
        assert torch.equal(loss.detach(), wanted.detach())
        for p, q in zip(net.parameters(), twin.parameters()):
            assert torch.equal(p, q)


def test_what_has_moved_is_not_run_on():
    x = torch.ones(3)
    with Tape() as tape:
        x.neg_()
    tape.play()
    assert x.tolist() == [1, 1, 1]
    x.resize_(100_000)
    with pytest.raises(RuntimeError, match="has moved"):
        tape.play()


# ---- Inside ----------------------------------------------------------------------------------------------------------

class Names(Mode):
    def __init__(self, inside):
        self.inside, self.seen = inside, []

    def handle(self, op, args, kwargs):
        self.seen.append(op.name)
        return op(*args, **kwargs)


def test_a_mode_sees_inside():
    x = torch.ones(3, requires_grad=True)

    def work(mode):
        with mode:
            torch.outer(x, x).tanh().sum().backward()
        return mode.seen

    whole, parts = work(Names(False)), work(Names(True))
    assert "outer" in whole and "tanh_backward" in whole and "mul_backward" in whole
    assert "outer" not in parts and parts[:2] == ["unsqueeze", "mul"]
    assert not [name for name in parts if name.endswith("_backward")], "derivatives by their own operators"
    expected = x.grad.clone()
    x.grad = None
    torch.outer(x, x).tanh().sum().backward()
    assert torch.allclose(x.grad * 2, expected)


# ---- At the end of backward ------------------------------------------------------------------------------------------

def queue(callback):
    torch.autograd.Variable._execution_engine.queue_callback(callback)


def test_callbacks_at_the_end():
    order, x = [], torch.ones(2, requires_grad=True)

    def last():
        order.append(("last", x.grad.tolist()))
        if len(order) < 3:
            queue(last)                          # one may queue another

    y = x * 3
    y.register_hook(lambda grad: (order.append("hook"), queue(last))[0])
    y.sum().backward()
    assert order == ["hook", ("last", [3, 3]), ("last", [3, 3])]
    with pytest.raises(RuntimeError, match="during backward"):
        queue(last)


def test_callbacks_of_inner_and_failed_walks():
    order, x = [], torch.ones(2, requires_grad=True)

    def hook(grad):
        queue(lambda: order.append("outer"))
        with torch.enable_grad():
            w = torch.ones(1, requires_grad=True) * 2
        w.register_hook(lambda g: queue(lambda: order.append("inner")))
        w.backward()
        order.append("between")

    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    assert order == ["inner", "between", "outer"]

    def fail(grad):
        queue(lambda: order.append("never"))
        raise ValueError("no")

    y = x * 2
    y.register_hook(fail)
    with pytest.raises(ValueError, match="no"):
        y.sum().backward()
    (x * 2).sum().backward()
    assert order[-1] == "outer"


# ---- What a recording holds fast: numbers, Adam's count of steps among them -----------------------------------------

def dropping(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Dropout(0.5), nn.Linear(16, 3))


@pytest.mark.parametrize("make", [network, dropping])
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
def test_a_step_is_done_again_as_the_step_that_it_was(make, kind):
    """On new data, from the state before: with the bias corrections of that step, which are numbers, bit for bit as the
    program itself would. Dropout draws from where the generator is now."""
    draw = np.random.default_rng(0)
    data = [(draw.standard_normal((8, 5), dtype=np.float32), draw.integers(0, 3, 8)) for _ in range(3)]
    net, twin = make(0), make(0)
    optimizer, other = (kind(n.parameters(), lr=0.1) for n in (net, twin))

    def program(net, optimizer, x, y, seed):
        torch.manual_seed(seed)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def state():
        return [*net.parameters(), *(v for s in optimizer.state.values() for v in s.values() if v.ndim)]

    x, y = (torch.tensor(part) for part in data[0])
    program(net, optimizer, x, y, 1), program(twin, other, *map(torch.tensor, data[0]), 1)
    before = [t.detach().clone() for t in state()]
    x.copy_(torch.tensor(data[1][0])), y.copy_(torch.tensor(data[1][1]))
    with Tape() as tape:
        loss = program(net, optimizer, x, y, 2)
    with torch.no_grad():
        for t, old in zip(state(), before):
            t.copy_(old)
    x.copy_(torch.tensor(data[2][0])), y.copy_(torch.tensor(data[2][1]))
    torch.manual_seed(2)
    tape.play()
    wanted = program(twin, other, *map(torch.tensor, data[2]), 2)
    assert torch.equal(loss.detach(), wanted.detach())
    for p, q in zip(net.parameters(), twin.parameters()):
        assert torch.equal(p, q) and torch.equal(p.grad, q.grad)


def bytes_of(storage):
    return view_as_array(storage, 0, (storage.nbytes,), None, "|u1").tobytes()


@pytest.mark.parametrize("in_place", [False, True])
def test_every_write_is_told(told, in_place):
    """Of each sample: operands whose memory holds other bytes afterwards stand in an event that can have written them.
    """
    silent = []
    for name, k, _ in (case.values for case in SMALL):
        if in_place and name + "_" not in REGISTRY:
            continue
        args, kwargs = sample(name, k, dtype=torch.float32)
        storages = {id(t.memory.root()): t.memory.root() for t in tensors_of((args, kwargs))}
        before = {key: bytes_of(one) for key, one in storages.items()}
        told.seen.clear()
        with contextlib.suppress(RuntimeError):              # in place, a result may not fit
            (REGISTRY[name + "_"] if in_place else operator(name))(*args, **kwargs)
        named = {id(s.root()) for event in told.seen if event[0] != "read"
                 for s in (event[-1] if isinstance(event[-1], list) else [event[-1]])}
        silent += [f"{name} {k}" for key, one in storages.items() if bytes_of(one) != before[key] and key not in named]
    assert not silent
