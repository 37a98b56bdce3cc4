"""What tests of Metrica's client share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.mapping.kinds.conversions import KIND
from syncd.metrica.client import MetricaClient
from syncd.metrica.uploads import Uploads
from syncd.model import Receipt
from syncd.model.errors import MetricaError
from tests.support.centre import COUNTER, TOKEN
from tests.support.mapping import a_query

HEADER = "ClientId,Target,DateTime"
BODY = b"ClientId,Target,DateTime\n100000000000000001,paid,1767225600\n"


TAG = "syncd" + "0" * 32


OTHER = "y0_the-new-token-that-must-not-be-shown-either"


def upload(client: MetricaClient, tag: str = TAG) -> Receipt:
    """Upload BODY."""
    return uploads_of(client).upload(COUNTER, [BODY], tag=tag, header=HEADER, fence=lambda: None)


def uploads_of(client: MetricaClient) -> Uploads:
    """Metrica as the conversions of a query see it."""
    return Uploads(client, KIND, a_query())


def failure(work: Callable[[], object]) -> MetricaError:
    """The MetricaError that `work` raises; neither it nor what it came from shows a token."""
    with pytest.raises(MetricaError) as caught:
        work()
    error: BaseException | None = caught.value
    while error is not None:
        for text in (str(error), repr(error), repr(error.args)):
            assert TOKEN not in text
            assert OTHER not in text
        error = error.__cause__ or error.__context__
    return caught.value
