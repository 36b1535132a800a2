"""What the subjects share: frozen values, and what they all need of the world."""
