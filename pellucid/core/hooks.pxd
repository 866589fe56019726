from pellucid.core.layout cimport is_dense
from pellucid.core.sharing cimport view_as_array
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport ROOT
