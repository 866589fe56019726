"""The version: pyproject.toml reads it here, and so does `pellucid.__version__`."""

__version__ = "0.1.0"
