"""Parity with PyTorch, which is installed for these checks alone (`make parity`).

run.py          drives PyTorch's own operator table through both frameworks and keeps agreed.txt
opdb.py         what it means for one entry of that table to agree
generate.py     writes random programs and runs them in both (generated/, test_generated.py)
test_harness.py the harness held against torch itself and against a torch with known faults
test_random.py  random numbers, bit for bit
test_training.py the same seed, the same weights, the same losses
"""
