"""Texts as both sides take them: wiki markup, plain text and their limits."""
