"""Programs as users of PyTorch write them, each with `losses(steps)`. test_programs.py runs them in both frameworks,
only the import swapped.
"""
