"""What live counters answered to `syncd probe`, and how far a question that was broken off had come."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select

from syncd.ledger.database import StoreDatabase


@dataclass(frozen=True, slots=True)
class ProbeAnswerRow:
    """One question to one counter."""

    api_url: str
    counter: int
    question: str
    answer: str
    """Empty while it is being asked."""
    raw: str
    """The requests and replies, as JSON."""
    asked_at: datetime


class ProbeAnswers:
    """Reads and writes them. Every method is one transaction; raises StateUnavailable."""

    database: StoreDatabase

    def probe_answers(self, api_url: str) -> list[ProbeAnswerRow]:
        """List the answers of all counters at an address, the newest last."""
        table = self.database.tables.probe_answers
        wanted = select(table).where(table.c.api_url == api_url).order_by(table.c.asked_at, table.c.question)
        with self.database.read() as connection:
            return [ProbeAnswerRow(**row._asdict()) for row in connection.execute(wanted)]

    def save_probe_answer(self, row: ProbeAnswerRow) -> None:
        """Record an answer, in place of the one before."""
        with self.database.write() as connection:
            table = self.database.tables.probe_answers
            self.database.upsert(connection, table, [asdict(row)], ["answer", "raw", "asked_at"])

    def forget_probe_answers(self, api_url: str, counter: int, questions: list[str]) -> None:
        """Forget what a counter answered to these questions, so that they are asked anew."""
        table = self.database.tables.probe_answers
        here = (table.c.api_url == api_url, table.c.counter == counter)
        with self.database.write() as connection:
            named = self.database.among(table.c.question, questions)
            connection.execute(delete(table).where(*here, named))
