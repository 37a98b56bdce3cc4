"""What must hold between the keys of the files, once each of them has been read."""

from __future__ import annotations

from syncd.config import kind_rules, urls
from syncd.config.document import Document
from syncd.config.keys import Values
from syncd.config.stated import RIVALS, StatedQuery, stated_databases, stated_queries
from syncd.config.words import Path, nearest
from syncd.language import _


def apply(documents: list[Document]) -> None:
    """Tell everything that is missing, contradicts itself or names what is not there."""
    main = documents[0]
    for document in documents:
        named = (("queries", name) for name in document.queries)
        for place in (("metrica",), ("alerts",), ("defaults",), *named):
            _one_of_rivals(document, place)
        for name, database in document.databases.items():
            _database(document, ("databases", name), database)
    for section in ("databases", "queries"):
        _no_name_twice(section, documents)
    _state(main)
    _alerts(main)
    if not stated_databases(documents) and not main.raw.get("databases"):
        main.problems.add(("databases",), _("one database or more is needed"), "databases: {crm: {url: …}}")
    queries = list(stated_queries(documents))
    if not queries and not main.raw.get("queries"):
        message = _("there is no query, so there is nothing to do")
        main.problems.add(("queries",), message, _("see config.example.yaml"))
    for query in queries:
        _query(query, documents)
        kind_rules.apply(query)
    _metrica_token(main, queries)


def _one_of_rivals(document: Document, path: tuple[str, ...]) -> None:
    raw = document.section(*path)
    for rivals in RIVALS:
        given = sorted(rivals & raw.keys())
        if len(given) > 1:
            last = max(given, key=lambda name: document.root.find_line((*path, name)))
            message = _("{given} are both given").format(given=_(" and ").join(given))
            document.problems.add((*path, last), message, _("leave one of them"))


def _no_name_twice(section: str, documents: list[Document]) -> None:
    first: dict[str, Document] = {}
    for document in documents:
        for name in document.section(section):
            before = first.setdefault(name, document)
            if before is not document:
                place = f"{before.name}:{before.root.find_line((section, name))}"
                document.problems.add(
                    (section, name),
                    _("the name is there already, in {place}").format(place=place),
                    _("rename one"),
                )


def _database(document: Document, path: Path, database: Values) -> None:
    if "url" not in document.section(*map(str, path)):
        document.problems.add(path, _("url is missing"), _("such as postgresql://user@host/database"))
    elif "url" in database and "password_file" in database and urls.has_password(database["url"]):
        message = _("the password stands in url and in password_file")
        document.problems.add((*path, "password_file"), message, _("leave one of them"))


def _state(main: Document) -> None:
    state = main.sections["state"]
    if "password_file" not in state or ("url" not in state and "url" in main.section("state")):
        return
    path = ("state", "password_file")
    if "url" not in state or urls.kind_of(state["url"]) == "sqlite":
        main.problems.add(
            path, _("SQLite has no passwords"), _("remove the line, or set url to PostgreSQL's")
        )
    elif urls.has_password(state["url"]):
        main.problems.add(path, _("the password stands in url and in password_file"), _("leave one of them"))


def _alerts(main: Document) -> None:
    raw = main.section("alerts")
    if raw and not raw.keys() & {"urls", "urls_file", "command"}:
        main.problems.add(("alerts",), _("urls, urls_file or command is missing"), _("nobody would be told"))


def _metrica_token(main: Document, queries: list[StatedQuery]) -> None:
    if main.section("metrica").keys() & {"token", "token_file"}:
        return
    lacking = any(
        query.values.get("enabled", True) and not (query.has("token") or query.has("token_file"))
        for query in queries
    )
    if lacking or not queries:
        main.problems.add(("metrica",), _("token or token_file is missing"), "token: ${METRICA_TOKEN}")


def _query(query: StatedQuery, documents: list[Document]) -> None:
    databases = stated_databases(documents)
    name = query.get("database")
    if not query.has("database") and len(databases) > 1:
        message = _("database is missing, and there are several")
        query.document.problems.add(query.path, message, f"known: {', '.join(sorted(databases))}")
    if name is not None and databases and name not in databases:
        query.add("database", message=_("there is no such database"), hint=nearest(name, sorted(databases)))
    _wake(query, databases.get(name) if query.has("database") else next(iter(databases.values()), None))
    relink = query.get("relink")
    if relink and relink.lasting < relink.after:
        query.add(
            "relink", message=_("`for` is shorter than `after`"), hint=_("nothing would ever be sent again")
        )


def _wake(query: StatedQuery, database: tuple[Document, Values] | None) -> None:
    url = database[1].get("url") if database else None
    if query.get("wake") and url and not urls.can_notify(url):
        message = _("only PostgreSQL can wake a query, by its driver psycopg")
        query.add("wake", message=message, hint=_("a shorter `every` does nearly as much"))
