"""The issue of a link: how it is read, whether it is still there, and its link to the incident."""
