"""Convolutions and pools: kernels that look through a window."""
