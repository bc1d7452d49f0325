"""Runs the script of a call, and answers with what its `main()` returns."""

from __future__ import annotations

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.jql.closures import Scope, called
from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.jql.members import GLOBALS
from mixpanel_data_standins.mixpanel.querying.jql.parser import compile_script
from mixpanel_data_standins.mixpanel.querying.jql.reducers import MIXPANEL
from mixpanel_data_standins.mixpanel.querying.jql.sources import Collection, sources
from mixpanel_data_standins.mixpanel.querying.jql.values import UNDEFINED, json_value
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters


def result(project: Project, given: Parameters) -> object:
    """The items that the script returns. RefusalError 412 with its error."""
    script, parameters = given.required("script"), given.json("params")
    try:
        return _run(project, script, {} if parameters is None else parameters)
    except ScriptError as error:
        raise RefusalError(412, error.visible(script)) from error
    except RefusalError as error:  # a selector that cannot be parsed
        raise RefusalError(412, ScriptError(f"Error: {error.text}", 1).visible(script)) from error


def _run(project: Project, script: str, parameters: object) -> object:
    names = {**GLOBALS, "mixpanel": MIXPANEL, "params": parameters, **sources(project)}
    scope = Scope(dict(names))
    compile_script(script)(scope)
    main = scope.names.get("main", UNDEFINED)
    if not callable(main):
        raise ScriptError("ReferenceError: main is not defined", 1)
    returned = called(main, [], "main", 1)
    items = returned.items if isinstance(returned, Collection) else returned
    return json_value(items if isinstance(items, list) else [items])
