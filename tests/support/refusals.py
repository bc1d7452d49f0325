"""Calls that a job refuses, as one that the caller has to correct."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import ValidationError

from mixpanel_data.base.errors import MixpanelDataError


@contextmanager
def refused(*named: str) -> Iterator[None]:
    """The block is refused with a 400 whose message has all of these; or, where it makes a request, the request is."""
    with pytest.raises((MixpanelDataError, ValidationError)) as caught:
        yield
    if isinstance(caught.value, MixpanelDataError):
        assert caught.value.http_status == 400, caught.value
    for each in named:
        assert each in str(caught.value)
