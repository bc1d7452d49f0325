"""An error as every face of the library answers with it."""

from typing import Any


def failure(error_type: str, message: str, **further: Any) -> dict[str, Any]:
    """The answer of a call that an error ended; `further` are members that the face adds to the error."""
    return {"status": "error", "error": {"type": error_type, "message": message, **further}}
