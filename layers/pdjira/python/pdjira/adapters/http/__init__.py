"""HTTP as both vendors' packages need it: judged addresses, trusted servers, calls that end."""
