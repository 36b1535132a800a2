"""How the stack is connected with both sides: entered, tried, signed in and delivered to."""
