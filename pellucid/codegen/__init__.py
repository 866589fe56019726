"""How numbers are computed: kernel bodies in Python become machine code. Knows shapes, strides and dtypes, not tensors.
"""
