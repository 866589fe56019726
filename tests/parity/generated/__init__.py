"""Random programs that run unchanged in PyTorch and in the framework under test, statement by statement, and are compared after each.

grammar.txt  what a statement can be: tables of templates with holes and their weights
write.py     writes a program from a seed: fills holes with what fits, or now and then does not, by looking at PyTorch's own variables
observe.py   runs a statement in both, and says what of their variables differs
shrink.py    makes a program that shows a difference as short as it gets
known.py     differences that are meant (known.txt), each with its place in docs/differences.md

Driven by tests/parity/generate.py (the command) and tests/parity/test_generated.py (a fixed number of programs).
"""
