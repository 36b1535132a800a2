"""The only place that picks adapters: one module for each function, which imports no other's."""
