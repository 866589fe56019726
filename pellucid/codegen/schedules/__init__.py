"""Schedules: which loops a kernel is made of. Maps, scans, reductions, rows, compaction, many tensors at once."""
