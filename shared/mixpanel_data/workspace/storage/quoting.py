"""Names and values as the text of a statement."""


def quoted(name: str) -> str:
    """Any name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """The text of a value as a string of SQL, for statements that take no parameters, such as COPY and SET."""
    return "'" + str(value).replace("'", "''") + "'"
