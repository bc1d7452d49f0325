"""JSON Schemas of configuration files, for editors; they take the library's requirements."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from mixpanel_data.configuration.events import EventsConfig


class _ForPeople(GenerateJsonSchema):
    """Without what says nothing to people: titles that repeat the key, and defaults that are null."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic names it
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:
        found = super().default_schema(schema)
        return {name: value for name, value in found.items() if (name, value) != ("default", None)}


def events_schema() -> str:
    """The text of config/events_config.schema.json, in draft 2020-12.

    A document that it refuses is refused by the jobs too. They also check what a schema cannot say: that no name occurs
    twice, that times exist and are in order, and that patterns are regular expressions of Python.
    """
    return _text(EventsConfig, "config/events_config.json of mixpanel-data")


def _text(shape: type[BaseModel], title: str) -> str:
    schema = shape.model_json_schema(schema_generator=_ForPeople)
    for each in (schema, *schema["$defs"].values()):
        each.pop("title", None)
        # The rest of a docstring is for those who read the code.
        each["description"] = each["description"].partition("\n")[0]
    document = {"$schema": GenerateJsonSchema.schema_dialect, "title": title, **schema}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
