"""The question whether an events configuration is to be replaced, and the entries of the new one."""

from collections.abc import Callable, Sequence

from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.dialogue import questions
from mixpanel_data.initialization.events_file import EventsFile, entries_for
from mixpanel_data.initialization.project import Names


def is_to_be_written(file: EventsFile, *, is_forced: bool, output: Output) -> bool:
    """Whether there is none, or the one that is there is to be replaced; what is there is said. Raises Abort."""
    if not file.is_there or is_forced:
        return True
    output.note(file.described())
    if questions.can_be_asked():
        return questions.is_agreed("Replace it by the events of the project")
    output.note("It stays; --force replaces it.")
    return False


def entries(ask: Callable[[], Names], output: Output) -> Sequence[str]:
    """The names of the entries for what Mixpanel tells of the project's events; it may say why there is only `*`."""
    with output.progress("Asking Mixpanel for the events"):
        names = ask()
    found = entries_for(names.names)
    if names.problem is not None:
        output.note(f"warning: Mixpanel told no names of events, so the configuration has * for all. {names.problem}")
    elif len(found) == 1:
        why = f"{len(names.names)} events" if names.names else "no events of the last month"
        output.note(f"The project has {why}, so the configuration has * for all.")
    return found
