from pellucid.core.autograd cimport current
from pellucid.core.tensor cimport Slots, TensorBase, slots
