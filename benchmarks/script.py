"""The script that a DBA would write today: pandas reads, formats, uploads; checks and remembers nothing.

`python -m benchmarks.script URL API_URL SQL`.
"""

from __future__ import annotations

import sys

import pandas as pd
import requests
from sqlalchemy import create_engine

CHUNK = 50_000


def main() -> None:
    """Upload all rows, in files of 50,000."""
    url, api_url, sql = sys.argv[1:]
    engine = create_engine(url)
    with engine.connect() as connection:
        for orders in pd.read_sql(sql, connection, chunksize=CHUNK):
            paid = pd.to_datetime(orders["paid_at"], utc=True)
            conversions = pd.DataFrame(
                {
                    "ClientId": orders["client_id"],
                    "Target": "order_paid",
                    "DateTime": (paid - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1),
                    "Price": orders["total"],
                    "Currency": orders["currency"],
                }
            )
            body = conversions.to_csv(index=False)
            answer = requests.post(
                f"{api_url}/management/v1/counter/3/offline_conversions/upload",
                headers={"Authorization": "OAuth token"},
                files={"file": ("data.csv", body, "text/csv")},
                timeout=60,
            )
            answer.raise_for_status()


if __name__ == "__main__":
    main()
