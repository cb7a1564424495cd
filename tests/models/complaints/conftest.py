"""Somebody who complains."""

import pytest

from tests.complaining import Complainer
from tests.making import Maker


@pytest.fixture
def complainer(make: Maker) -> Complainer:
    return Complainer(make)
