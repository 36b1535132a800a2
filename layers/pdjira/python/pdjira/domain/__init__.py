"""What is decided: pure values and rules, without clock, network or storage."""
