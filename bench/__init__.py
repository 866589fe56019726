"""Speed beside PyTorch: `make bench`, or `python -m bench --only exp,conv`.

cases.py     what is measured: the code (the same for both frameworks), the bytes or FLOPs it must move, the ratio aimed
             at
__main__.py  takes turns between the two frameworks' processes, prints the table, writes results-avx512.md (or -avx2)
             and its .json
worker.py    one framework's process, alive for the whole run
roof.py      what this machine can do at most: streams and multiply-adds, measured
"""
