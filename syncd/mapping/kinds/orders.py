"""Orders: what a client ordered, and what became of it since. The newest state replaces all that was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from syncd.language import N_, _
from syncd.mapping import fields
from syncd.mapping.bad import BadValueError
from syncd.mapping.contacts import Contacts, digest, read_emails, read_phones, split_cell
from syncd.mapping.currency import currency
from syncd.mapping.moments import from_iso, moment
from syncd.model import Reason
from syncd.model.endpoints import Endpoint, ReplyNames
from syncd.model.errors import SyncdError
from syncd.model.kinds import ORDER_STATUSES, RULES, WINDOWS, OrderColumn, QueryKind, UploadColumn
from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import Reader, Remark, UploadKind

LOCAL_FORM = "%Y-%m-%d %H:%M:%S"
"""create_date_time as the API documents it."""
ATTACHED_FOR = timedelta(days=21)
"""Between a visit and the order that is attached to it."""
MOST_WORDS = 20
"""Statuses that `check` names."""
LAST_MINUTE = timedelta(hours=23, minutes=59)
"""What Metrica takes a date alone for."""


class Orders(UploadKind):
    """The kind `orders`."""

    name = "orders"
    columns = tuple(OrderColumn)
    client_columns = frozenset({OrderColumn.CLIENT_IDS, OrderColumn.EMAILS, OrderColumn.PHONES})
    required = frozenset({OrderColumn.ID, OrderColumn.CREATE_DATE_TIME})
    moment = OrderColumn.CREATE_DATE_TIME
    key_column = RULES[QueryKind.ORDERS].key_column
    private_columns = frozenset({OrderColumn.EMAILS, OrderColumn.PHONES})
    spare_columns = frozenset({OrderColumn.EMAILS, OrderColumn.PHONES})
    no_client = Reason.NO_CONTACT
    null_key = Reason.NO_ID
    window = WINDOWS[QueryKind.ORDERS]
    on_change = "resend"
    changing_words = N_("status, money or client")
    identity_words = N_("create_date_time, which cannot be changed")
    needs_counter_zone = True
    may_write_lines = True
    # A tenth of a page: contacts are often odd, and a page as values takes twenty times as long.
    most_odd_lines = 5000
    endpoint = Endpoint(
        "/cdp/api/v1/counter/{counter}/data/simple_orders",
        None,
        ReplyNames(
            id="uploading_id",
            has_text_id=True,
            status="api_validation_status",
            created="datetime",
            rows="elements_count",
            refused=frozenset({"FAILED"}),
        ),
    )

    def readers(self, query: QuerySettings) -> Mapping[UploadColumn, Reader]:
        """The function that reads each column."""
        return {
            OrderColumn.ID: read_id,
            OrderColumn.CREATE_DATE_TIME: partial(local_moment, query.timezone, counter_zone(query)),
            OrderColumn.CLIENT_UNIQ_ID: fields.text_id,
            OrderColumn.CLIENT_IDS: client_ids,
            OrderColumn.EMAILS: partial(_contacts, read_emails, query.hash_contacts),
            OrderColumn.PHONES: partial(_contacts, read_phones, query.hash_contacts),
            OrderColumn.ORDER_STATUS: partial(status, query.statuses or _OWN_WORDS),
            OrderColumn.REVENUE: fields.price,
            OrderColumn.COST: fields.price,
            OrderColumn.CURRENCY: currency,
        }

    def parameters(self, query: QuerySettings, header: str, tag: str) -> dict[str, str]:
        """SAVE with all columns: the file says all there is to say of each order in it."""
        del query, header, tag
        return {"merge_mode": "SAVE", "delimiter_type": "COMMA"}

    def remarks(
        self, query: QuerySettings, rows: Sequence[Mapping[UploadColumn, object]], now: datetime
    ) -> Iterator[Remark]:
        """Statuses that are not mapped, orders without a contact, orders that come too late."""
        zone = counter_zone(query)
        yield Remark(
            is_fine=True,
            message=_("create_date_time is written in the counter's zone, {zone}").format(zone=zone),
        )
        words = query.statuses or _OWN_WORDS
        if unknown := _unknown_words(words, [row.get(OrderColumn.ORDER_STATUS) for row in rows]):
            yield Remark(
                is_fine=False,
                message=_("order_status holds {unknown}, which `statuses` does not name").format(
                    unknown=", ".join(map(repr, unknown))
                ),
                action=_("Name each word under statuses, with IN_PROGRESS, PAID, CANCELLED or SPAM."),
                path=("statuses",),
            )
        if not rows:
            return
        with_contact = sum(any(row.get(column) for column in self.client_columns) for row in rows)
        yield Remark(
            is_fine=with_contact == len(rows),
            message=_(
                "{with_contact} of {rows} orders of the sample have a ClientId, a mail or a phone"
            ).format(with_contact=with_contact, rows=len(rows)),
            action=_("An order without any is rejected (no_contact): filter it, or fill a contact."),
            path=("columns",),
        )
        yield from _mended(rows)
        ages = [age for row in rows if (age := self._age(query, row, now)) is not None]
        first, last = ATTACHED_FOR.days, self.window.days
        late, too_late = sum(age > ATTACHED_FOR for age in ages), sum(age > self.window for age in ages)
        yield Remark(
            is_fine=not late,
            message=_("{late} of them are older than {first} days, {too_late} than {last}").format(
                late=late, first=first, too_late=too_late, last=last
            ),
            action=_(
                "Metrica attaches an order to a visit of the {first} days before it comes, and "
                "takes changes for {last} days. Older orders are sent all the same; `start` keeps "
                "history out."
            ).format(first=first, last=last),
            path=("start",),
        )

    def _age(
        self, query: QuerySettings, row: Mapping[UploadColumn, object], now: datetime
    ) -> timedelta | None:
        try:
            text = local_moment(query.timezone, counter_zone(query), row[OrderColumn.CREATE_DATE_TIME])
        except BadValueError:
            return None
        return now - datetime.fromtimestamp(self.seconds(text, query), UTC)

    def plain_statuses(self, query: QuerySettings) -> Mapping[str, str]:
        """Words that no trimming changes, with what needs no quotes in a CSV line."""
        words = query.statuses or _OWN_WORDS
        return {word: found for word, found in words.items() if word == word.strip() and _is_bare(found)}

    def name_in_file(self, column: UploadColumn, query: QuerySettings) -> str:
        """Mails and phones have columns of their own where they leave as MD5."""
        is_hashed = query.hash_contacts and column in self.private_columns
        return f"{column.value}_md5" if is_hashed else column.value

    def seconds(self, text: str, query: QuerySettings) -> int:
        """A local moment of the counter; the earlier one of two, since the other is never written."""
        read = datetime.fromisoformat(text)
        if len(text) == len("2026-01-31"):
            read += LAST_MINUTE
        return int(read.replace(tzinfo=counter_zone(query)).timestamp())


def _mended(rows: Sequence[Mapping[UploadColumn, object]]) -> Iterator[Remark]:
    """Remark on contacts of a sample that are cut off or left out beside others."""
    cut = unread = 0
    for row in rows:
        for column, read in ((OrderColumn.EMAILS, read_emails), (OrderColumn.PHONES, read_phones)):
            try:
                found = read(row.get(column))
            except BadValueError:
                unread += 1
            else:
                cut, unread = cut + found.cut, unread + found.left_out
    if cut:
        yield Remark(
            is_fine=True,
            message=_("{cut} phones of the sample have an extension, which is cut off").format(cut=cut),
        )
    if unread:
        yield Remark(
            is_fine=False,
            message=_("{unread} mails or phones of the sample cannot be read and are left out").format(
                unread=unread
            ),
            action=_("Correct them: an order without any other contact is rejected."),
            path=("columns",),
        )


def _unknown_words(words: Mapping[str, str], values: Iterable[object]) -> list[str]:
    """The first words of a sample that are not named."""
    found = dict.fromkeys(_word(value) for value in values if value is not None)
    return [word for word in found if word not in words][:MOST_WORDS]


_OWN_WORDS = {word: word for word in ORDER_STATUSES}


def _is_bare(text: str) -> bool:
    return text.isprintable() and not {",", '"'} & set(text)


def counter_zone(query: QuerySettings) -> ZoneInfo:
    """The counter's time zone, which whoever works on the query has asked for before."""
    if query.counter_timezone is None:
        raise SyncdError(f"query {query.name}: the time zone of counter {query.counter} is not known")
    return query.counter_timezone


def read_id(value: object) -> str:
    """The company's id of an order.

    Raises:
        BadValueError: NO_ID where it is empty; as `fields.text_id`.
    """
    if text := fields.text_id(value):
        return text
    raise BadValueError(Reason.NO_ID)


def local_moment(zone: ZoneInfo, counter: ZoneInfo, value: object) -> str:
    """A moment as the counter's clocks show it; a date without a time stays one.

    Of the two moments that clocks show alike as they go back, the first is written, since that is how a
    local time without an offset is read; the second cannot be written.

    Raises:
        BadValueError: DATETIME_AMBIGUOUS; as `moments.moment`.
    """
    if (day := _date_alone(value)) is not None:
        moment(counter, day)  # too old is too old
        return day.isoformat()
    there = datetime.fromtimestamp(int(moment(zone, value)), UTC).astimezone(counter)
    if there.fold:
        raise BadValueError(Reason.DATETIME_AMBIGUOUS)
    return there.strftime(LOCAL_FORM)


def _date_alone(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(text := value.strip()) == len("2026-01-31"):
        try:
            return from_iso(text).date()
        except (ValueError, OverflowError):
            return None
    return None


def client_ids(value: object) -> str:
    """One or more ClientIds.

    Raises:
        BadValueError: as `fields.digits_id`, and ID_NOT_DIGITS.
    """
    return ",".join(dict.fromkeys(filter(None, map(fields.digits_id, split_cell(value)))))


def _contacts(read: Callable[[object], Contacts], is_hashed: bool, value: object) -> str:  # noqa: FBT001 - bound by `partial`
    values = read(value).values
    return ",".join(map(digest, values) if is_hashed else values)


def status(words: Mapping[str, str], value: object) -> str:
    """Metrica's word for the company's.

    Raises:
        BadValueError: STATUS_UNKNOWN, also for a status that is not filled: Metrica would take it for paid.
    """
    text = "" if value is None else _word(value)
    found = words.get(text)
    if found is None:
        raise BadValueError(Reason.STATUS_UNKNOWN)
    return found


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value)) if abs(value.adjusted()) < fields.PRICE_DIGITS else ""
    return str(value).strip()


KIND = Orders()
