"""The issue shows a link to its incident."""
