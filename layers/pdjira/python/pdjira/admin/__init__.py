"""What a person asks for: what works, a dry run, why nothing happened, a test, another try."""
