from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State, current
from pellucid.core.tensor cimport TensorBase
