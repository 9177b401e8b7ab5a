"""What Python programs find by PYTHONPATH while they are intercepted."""
