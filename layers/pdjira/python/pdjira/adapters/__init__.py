"""The edge: each package here translates one outside party into the ports and errors of ours."""
