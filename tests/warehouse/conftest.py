"""What most tests of the warehouse begin with."""

from collections.abc import Iterator

import pytest

from mixpanel_data.warehouse.base import OpenWarehouse, Staging
from warehouse.locks import a_run


@pytest.fixture
def staging(warehouse: OpenWarehouse) -> Iterator[Staging]:
    opened = warehouse.staging(a_run(), 1)
    yield opened
    opened.close()
