"""The version, once for the package and its User-Agent; a test compares it with pyproject.toml."""

__version__ = "0.1.0"
