"""What the names of columns and tables say, in English and Russian, snake and camel case."""

# ruff: noqa: RUF001 — Russian letters are meant

from __future__ import annotations

import re

_EDGE = re.compile(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])|(?<=[A-Z])(?=[A-Z][a-z])|[^0-9A-Za-zА-Яа-яЁё]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: `orderPaidAt`, `order_paid_at` and `ORDER_PAID_AT` give order, paid, at."""
    return tuple(word.casefold() for word in _EDGE.split(name) if word)


def rank_of(name: str, patterns: str) -> int | None:
    """How early in a list of patterns the name fits, 0 first; None where it fits none.

    A pattern is words joined by `_`. It fits a name that ends with them, or, written `x…`, that holds
    them; a name that is the pattern comes before both.
    """
    joined = "_".join(words_of(name))
    for rank, pattern in enumerate(patterns.split()):
        wanted = pattern.removesuffix("…")
        if joined == wanted:
            return 2 * rank
        if joined.endswith(f"_{wanted}") or (pattern.endswith("…") and f"_{wanted}_" in f"_{joined}_"):
            return 2 * rank + 1
    return None


TABLES = (
    "orders order sale_order zakazy zakaz заказы заказ sales_order sales sale prodazhi продажи purchases "
    "purchase payments payment oplaty оплаты deals deal сделки sdelki transactions invoices bookings "
    "leads"
)
"""Tables whose rows are what money is made with, the likeliest first."""
NO_TABLES = (
    "item items detail details history status statuses state states log logs cart tax meta product "
    "products address carrier carriers invoice comment comments payment payments payed type types option "
    "options total totals voucher recurring props change delivery grid return returns message messages "
    "slip stats lookup lines line goods позиции товары статусы история adresa tovary"
)
"""Words of tables that stand beside those of the orders."""
CLIENT_IDS = (
    "metrica_client_id metrika_client_id ym_client_id yandex_client_id ya_client_id ym_clientid "
    "ya_clientid metrika_id metrica_id ym_uid yandex_uid ym_cid yandex_cid clientid ym_id client_id cid"
)
YCLIDS = "yclid yandex_click_id"
USER_IDS = (
    "customer_id id_customer user_id id_user buyer_id client_id account_id klient_id клиент_id id_клиента "
    "клиент"
)
PAID = (
    "paid_at date_paid payed_at date_payed payment_date paid_date date_paid_gmt paid_time paid_on "
    "data_oplaty дата_оплаты oplachen paid… payed… completed_at date_completed_gmt date_completed "
    "closed_at"
)
CREATED = (
    "created_at date_created_gmt date_created date_insert date_add date_added created_on create_date "
    "created order_date ordered_at purchase_date data_sozdaniya дата_создания дата_заказа data_zakaza "
    "date_order date data дата"
)
CHANGED = (
    "updated_at date_updated_gmt date_updated date_modified_gmt date_modified date_update date_upd "
    "modified_at updated_on last_modified modified updated changed_at changed timestamp_x row_version "
    "rowversion data_izmeneniya дата_изменения"
)
PRICES = (
    "grand_total total_paid_tax_incl total_paid_real total_paid total_amount order_total total_price "
    "total_sum amount total sum_paid summa сумма itogo итого price sum cena цена cost revenue"
)
CURRENCIES = "order_currency_code currency_code currency_iso currency valuta валюта"
STATUSES = (
    "order_status order_status_id status_id status current_state state payed paid canceled статус "
    "status_zakaza"
)
