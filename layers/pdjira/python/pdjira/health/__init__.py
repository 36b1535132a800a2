"""What works and what does not, one file for each area."""
