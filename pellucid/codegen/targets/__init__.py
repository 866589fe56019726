"""Targets: what a kernel becomes. LLVM's text, the processor's machine code, the cache on disk."""
