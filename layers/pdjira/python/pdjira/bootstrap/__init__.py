"""The only place that picks adapters: a module per function, which imports no other function's."""
