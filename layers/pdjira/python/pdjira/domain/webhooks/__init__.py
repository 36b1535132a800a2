"""What webhooks carry: proven, then read totally into signals."""
