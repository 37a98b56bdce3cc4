"""Types by whose values rows cannot be read in order: no mark and no key can be made of them.

The database cannot sort them, or cannot compare them with a value as its driver gives it back: a jsonb that
holds a number, say, comes as that number. Told by the type, since the values of a few rows do not show it.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.language import _

_TYPES: Mapping[str, Mapping[object, str]] = {
    "postgresql": {
        114: "json",
        3802: "jsonb",
        4072: "jsonpath",
        142: "xml",
        1033: "aclitem",
        1790: "refcursor",
        600: "point",
        601: "lseg",
        602: "path",
        603: "box",
        604: "polygon",
        628: "line",
        718: "circle",
        24: "regproc",
        2202: "regprocedure",
        2203: "regoper",
        2204: "regoperator",
        2205: "regclass",
        2206: "regtype",
        3734: "regconfig",
        3769: "regdictionary",
        4089: "regnamespace",
        4096: "regrole",
        4191: "regcollation",
        2249: "record",
        28: "xid",
        29: "cid",
    },
    "mysql": {245: "json", 255: "geometry"},
    "oracle": {
        f"DB_TYPE_{name}": name.lower().replace("_", " ")
        for name in ("CLOB", "NCLOB", "BLOB", "BFILE", "LONG", "LONG_RAW", "JSON", "XMLTYPE", "OBJECT")
    },
}
"""By the type code in the cursor's description (pg_type.oid, FIELD_TYPE, a name). MariaDB's JSON is text."""
_OF_TRANSACTIONS = frozenset({"xid", "cid"})


def why_orderless(dialect: str, code: object) -> str:
    """Say what is wrong with a mark of this type and what to do; empty: nothing."""
    kind = _TYPES.get(dialect, {}).get(code if isinstance(code, int) else str(getattr(code, "name", code)))
    if kind is None:
        return ""
    if kind in _OF_TRANSACTIONS:  # cast to a number they would pass, and lose rows
        hint = _(
            "its numbers begin again: take a column that grows, such as an id or the time of the last change"
        )
    else:
        hint = _(
            "name a part of it, or cast it in the sql to a number, timestamp or text (CAST(… AS bigint) AS …)"
        )
    return _("is of type {kind}, which has no place in an order that rows could be read by; {hint}").format(
        kind=kind, hint=hint
    )
