"""The test issue: made and moved by the code that serves incidents."""
