"""Files that an argument names."""

from pathlib import Path

from mixpanel_data.base.errors import RequestError


def text_of(file: Path) -> str:
    """The text of a file. Raises RequestError."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RequestError(f"{file} cannot be read: {reason}.") from error


def write_new(option: str, path: Path, text: str) -> None:
    """Write a file that does not exist yet. Raises RequestError for one that does, or that cannot be written."""
    try:
        path.touch(exist_ok=False)
        try:
            path.write_text(text, encoding="utf-8")
        except BaseException:
            # Half a file would stand in the way of the next attempt.
            path.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise RequestError(
            f"{option} is {str(path)!r}, which exists. Remove that file, or give another name."
        ) from error
    except OSError as error:
        raise RequestError(f"{option} is {str(path)!r}, which cannot be written: {error.strerror}.") from error
