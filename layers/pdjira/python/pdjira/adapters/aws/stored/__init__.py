"""Items of the tables, and how they are read: total for whatever is stored there."""
