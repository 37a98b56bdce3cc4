"""All questions, in the order in which they are asked; a new one is an entry of its module's list."""

from __future__ import annotations

from syncd.inspect.probe import files, later, orders
from syncd.inspect.probe.question import Question

QUESTIONS: tuple[Question, ...] = (files.ID_TYPE, *files.QUESTIONS, *orders.QUESTIONS, *later.QUESTIONS)
