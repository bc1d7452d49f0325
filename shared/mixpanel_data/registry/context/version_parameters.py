"""The version properties of the plan as parameters of SQL: @version_1, @version_2 and so on."""

from collections.abc import Mapping, Sequence

from mixpanel_data.configuration.tracking_plan import MOST_VERSION_PROPERTIES

_NAMES = [f"version_{number}" for number in range(1, MOST_VERSION_PROPERTIES + 1)]

VERSION_TYPES: Mapping[str, str] = dict.fromkeys(_NAMES, "STRING")
"""Their GoogleSQL types."""


def version_parameters(properties: Sequence[str]) -> Mapping[str, str]:
    """Their values; the empty text stands for no property."""
    padded = [*properties, *[""] * len(_NAMES)]
    return dict(zip(_NAMES, padded, strict=False))
