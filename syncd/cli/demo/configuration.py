"""The demo's configuration: what the README's first real sync looks like, filled in."""

from __future__ import annotations

import json
from pathlib import Path

from syncd.cli.demo.shop import CRM_SQL, SQL

COUNTER = 12345678

_TEXT = """\
metrica:
  token: demo-token
  api_url: {api_url}
databases:
  shop:
    url: sqlite:///{folder}/shop.db
state:
  url: sqlite:///{folder}/syncd-state.db
log:
  level: error
http:
  listen: 127.0.0.1:{port}
queries:
  paid_orders:
    counter: {counter}
    id_type: CLIENT_ID
    sql: {sql}
    columns:
      ClientId: metrica_client_id
      Target: {{value: order_paid}}
      DateTime: paid_at
      Price: total
      Currency: currency
    mark: [updated_at, order_id]
    key: [order_id]
    every: 1s
  crm_orders:
    kind: orders
    counter: {counter}
    sql: {crm_sql}
    columns:
      id: order_id
      create_date_time: created_at
      client_ids: client_id
      emails: email
      phones: phone
      order_status: status
      revenue: total
    statuses: {{new: IN_PROGRESS, paid: PAID, refunded: CANCELLED}}
    mark: [updated_at, order_id]
    every: 1s
"""


def configuration(folder: Path, api_url: str, port: int) -> str:
    """The demo's file. `sql` is a JSON text, which is a YAML text too."""
    return _TEXT.format(
        api_url=api_url,
        folder=folder,
        port=port,
        counter=COUNTER,
        sql=json.dumps(SQL),
        crm_sql=json.dumps(CRM_SQL),
    )
