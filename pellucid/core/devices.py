"""Types of devices: where memory comes from, how bytes get there and back, and how a kernel is started there.

Everything that differs between the host, a GPU and tensors without data stands behind DeviceType; DEVICES is the table
of those that there are, by the name in `torch.device(name)`. The host is the fast case: a plan whose tensors all lie in
its memory never comes here (`Plan.elsewhere`). Whoever adds a type writes a class like these, calls `add_device`, and
says in codegen's table of targets what code its kernels become: see docs/operators.md.

Memory of other devices has no address in this process. A storage there has `address` 0, so that whatever reads
addresses (numbers, arrays, buffers, frames of the host's kernels) refuses it by the checks that it has anyway; its
`owner` is a Block, which holds the address that the device understands.
"""

from pellucid.core.observe import observing, tell
from pellucid.core.sharing import view_as_array
from pellucid.core.storage import Block, allocate, on_device, phantom
from pellucid.device import CPU, META, device, forget_accelerator, name_accelerator

__all__ = ["DEVICES", "OBJECTS", "DeviceType", "add_device", "copy_between", "has_data", "is_host", "remove_device",
           "resolve", "storage_on", "synchronize", "type_of"]


class DeviceType:
    """What the core asks of a type of device. One of another machine, with memory and kernels of its own, overrides
    `allocate`, `read`, `write`, `copy`, `launch` and `synchronize`.

    Order: `write`, `copy` and `launch` may return before they are done, if what is asked later happens later (as in a
    stream of CUDA's); `write` has taken its bytes when it returns, and `read` returns when they are there. Memory is
    free when its owner dies, which may be before a launch that uses it is done: it may be given out again to what comes
    later in the same order.

    name       what `torch.device(name)` calls it
    has_data   whether tensors there have elements
    bare       the only device of its type; None where tensors know a number (`toy:0`)
    """

    name = ""
    has_data = True
    bare = None

    def count(self):
        """How many devices there are."""
        return 1

    def current(self):
        """The number of the device that is meant where none is given."""
        return 0

    def allocate(self, nbytes, index, zero):
        """(the address of new memory on device `index`, its owner: the memory lives as long as this object)."""
        raise NotImplementedError

    def read(self, address, index, into):
        """Copy from the device to the host: `into` is a NumPy array of bytes, of which there are as many."""
        raise NotImplementedError

    def write(self, address, index, source):
        """Copy from the host to the device: `source` is a NumPy array of bytes."""
        raise NotImplementedError

    def copy(self, address, index, source, source_index, nbytes):
        """Copy between two places of this type's memory, on one device or two."""
        raise NotImplementedError

    def launch(self, code, words, chunks, work, index):
        """Start a kernel: `code` is what the type's target made of it, to be run for chunks 0 .. chunks - 1 on these
        words (addresses, bits of numbers, sizes), integers of 64 bits with a sign. It takes about `work` ns on one
        thread of the host."""
        raise NotImplementedError

    def synchronize(self, index):
        """Return when all that was started is done."""
        raise NotImplementedError

    # What the rest of the core calls. The host and devices without data do these in their own way.

    def storage(self, nbytes, place, zero=False):
        """A new storage on a device of this type."""
        address, owner = self.allocate(nbytes, place.index, zero)
        return on_device(Block(self, address, owner, 0, place, nbytes), nbytes, place)

    def carry_out(self, op, plan, outputs, values):
        """Run a plan's kernels; the tensors all lie on its device."""
        place, steps = plan.device, plan.launches()
        tensors = list(outputs)
        for i in plan.pointers:
            tensors += values[i] if isinstance(values[i], (tuple, list)) else (values[i],)
        words, storages = [_word(tensor) for tensor in tensors], [tensor.memory for tensor in tensors]
        if plan.scratch:
            storages.append(self.storage(plan.scratch, place))
            words.append(storages[-1].data_ptr())
        words += op.words_of_numbers(plan, values)
        for step in steps:
            given = [*words, *step.template.words()]
            if hasattr(step.body, "launched_on"):                    # somebody observes
                step.body.launched_on(self, place.index, given, list(dict.fromkeys(storages)), step.chunks)
            else:
                self.launch(step.code, given, step.chunks, step.work, place.index)

    def resolve(self, place):
        """The one object for a device of this type."""
        if self.bare is not None:
            return self.bare
        index = self.current() if place.index is None else place.index
        if not 0 <= index < self.count():
            raise RuntimeError(f"device {self.name}:{index} is not there: this process sees {self.count()} of that "
                               "type")
        return device(self.name, index)


def _word(tensor):
    """The address of a tensor's first element, for a kernel. RuntimeError where that lies outside its storage."""
    memory, start = tensor.memory, tensor.offset * tensor.meta.itemsize if tensor.meta.numel else 0
    size = memory.size()
    if not 0 <= start <= size or memory.nbytes > size or not isinstance(memory.root().owner, Block):
        raise RuntimeError(f"this tensor lies outside of its storage of {size} bytes on the {memory.device} device")
    return memory.data_ptr() + start


class Host(DeviceType):
    """This process's own memory, and the processor that runs us."""

    name, bare = "cpu", CPU

    def storage(self, nbytes, place, zero=False):
        return allocate(nbytes, zero)

    def carry_out(self, op, plan, outputs, values):
        op.launch(plan, outputs, values)

    def synchronize(self, index):
        """Nothing: a launch returns when it is done."""


class NoData(DeviceType):
    """Shape and type alone: nothing is allocated, nothing runs, nothing can be read."""

    name, bare, has_data = "meta", META, False

    def storage(self, nbytes, place, zero=False):
        return phantom(nbytes, place)

    def carry_out(self, op, plan, outputs, values):
        """Nothing."""

    def synchronize(self, index):
        """Nothing."""


DEVICES = {"cpu": Host(), "meta": NoData()}

# The one object for each device that was named: devices of tensors are compared by identity.
OBJECTS = {CPU: CPU, META: META}


def add_device(kind):
    """Let tensors lie on devices of another type. TypeError where it leaves out something that data there needs."""
    if kind.name in DEVICES:
        raise RuntimeError(f"there is a type of device {kind.name!r} already")
    if kind.has_data:
        name_accelerator(kind.name)
    missing = [name for name in ("allocate", "read", "write", "copy", "launch", "synchronize")
               if getattr(type(kind), name) is getattr(DeviceType, name)]
    if kind.has_data and missing:
        forget_accelerator(kind.name)
        raise TypeError(f"the type of device {kind.name!r} must define {', '.join(missing)}: its tensors have data")
    DEVICES[kind.name] = kind
    OBJECTS.pop(device(kind.name), None)                     # it was its own before; now it is the current one


def remove_device(name):
    """Take a type of devices away again. What lies there stays where it is, and can be used no more."""
    if DEVICES.pop(name).has_data:
        forget_accelerator(name)


def type_of(place):
    """The type of a device. RuntimeError where tensors cannot lie there."""
    found = DEVICES.get(place.type)
    if found is None:
        raise RuntimeError(f"no tensors can lie on {place}: there are {', '.join(DEVICES)}")
    return found


def resolve(place):
    """The one object for a device, as tensors know it: of the host and of `meta` without a number, of other types with
    one. A device of a type that is not there is itself."""
    found = DEVICES.get(place.type)
    return place if found is None else found.resolve(place)


def is_host(place):
    """Whether Python and NumPy can reach into what lies there."""
    return place is CPU


def has_data(place):
    """Whether tensors there have elements."""
    return place is CPU or type_of(place).has_data


def storage_on(place, nbytes, zero=False):
    """A new storage on a device."""
    return type_of(place).storage(nbytes, place, zero)


def synchronize(place):
    """Return when all that was started on a device is done."""
    type_of(place).synchronize(place.index)


def copy_between(to, offset, source, source_offset, nbytes):
    """Copy bytes between two storages, wherever they are."""
    target, origin = to.device, source.device
    for storage, start in ((to, offset), (source, source_offset)):
        if not 0 <= start <= storage.size() - nbytes:
            raise RuntimeError(f"bytes {start} to {start + nbytes} are not in a storage of {storage.size()} bytes")
    if not has_data(origin):
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    if not nbytes or not has_data(target):
        return
    if observing():
        tell("wrote", to, "copy")
    if is_host(target) and is_host(origin):
        _bytes(to, offset, nbytes)[:] = _bytes(source, source_offset, nbytes)
    elif is_host(target):
        type_of(origin).read(source.data_ptr() + source_offset, origin.index, _bytes(to, offset, nbytes))
    elif is_host(origin):
        type_of(target).write(to.data_ptr() + offset, target.index, _bytes(source, source_offset, nbytes))
    elif target.type == origin.type:
        type_of(target).copy(to.data_ptr() + offset, target.index, source.data_ptr() + source_offset, origin.index,
                             nbytes)
    else:
        between = allocate(nbytes)
        copy_between(between, 0, source, source_offset, nbytes)
        copy_between(to, offset, between, 0, nbytes)


def _bytes(storage, offset, nbytes):
    return view_as_array(storage, offset, (nbytes,), (1,), "|u1")
