"""Summary, priority and the fields of the mapping follow each other."""
