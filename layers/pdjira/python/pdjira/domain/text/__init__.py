"""Text on its way between both sides: wiki markup, plain text, and what tells texts apart."""
