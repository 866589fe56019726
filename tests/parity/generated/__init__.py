"""Random programs that run unchanged in PyTorch and in the framework under test, and are compared line by line.

grammar.txt  what a line can be: tables of templates with holes and their weights (read by grammar.py)
write.py     writes a program from a seed, by looking at PyTorch's variables; holes.py fills what needs no second tensor
observe.py   runs a line in both, and says what of their variables differs
shrink.py    makes a program that shows a difference as short as it gets
known.py     differences that are meant (known.txt), each with its place in docs/differences.md

Driven by tests/parity/generate.py (the command) and tests/parity/test_generated.py (a fixed number of programs).
"""
