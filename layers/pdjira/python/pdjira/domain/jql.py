"""Writes JQL so that no value can become a part of the query's grammar."""


def quote(value: str) -> str:
    r"""The value as a JQL string: in double quotes, `\` and `"` escaped, line breaks spelled out.

    Quotes also keep reserved words such as INT from being read as such.
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\r", "\\r").replace("\n", "\\n") + '"'
