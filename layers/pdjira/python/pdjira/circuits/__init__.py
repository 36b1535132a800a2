"""A side that fails is left alone for a while."""
