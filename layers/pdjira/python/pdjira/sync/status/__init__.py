"""Statuses follow each other."""
