"""What `syncd probe` was answered decides what is asked of Metrica."""

from __future__ import annotations

from syncd.emulator.server import EmulatorServer
from syncd.mapping.kinds.conversions import KIND
from syncd.metrica.uploads import Uploads
from syncd.model.probed import Probed
from tests.support.centre import COUNTER, metrica_client
from tests.support.client import BODY, HEADER, TAG
from tests.support.mapping import a_query


def test_a_small_page_and_no_parameter_that_is_refused(emulator: EmulatorServer) -> None:
    """The list is asked for in pages that it has; `client_id_type` goes only where it is not refused."""
    client = metrica_client(emulator.url)
    for number, probed in enumerate((Probed(), Probed(list_page=2, refuses_id_parameter=True))):
        uploads = Uploads(client, KIND, a_query(), probed)
        uploads.upload(COUNTER, [BODY], tag=f"{TAG[:-1]}{number}", header=HEADER, fence=lambda: None)
        list(uploads.pages(COUNTER))
    client.close()
    posts = [one.query for one in emulator.requests() if one.method == "POST"]
    lists = [one.query for one in emulator.requests() if one.method == "GET"]
    assert ["client_id_type" in query for query in posts] == [True, False]
    assert {query["limit"] for query in lists} == {"10000", "2"}
