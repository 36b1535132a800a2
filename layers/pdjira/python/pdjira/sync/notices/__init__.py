"""What people are told by notes on the incident."""
