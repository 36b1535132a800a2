"""Deliveries come in: prove the sender, store the signal, and only then say yes."""
