"""Proposes a configuration from a look at a database: judgement alone, the looking is source's."""

from __future__ import annotations

from syncd.inspect.init.proposal import propose, rank_tables
from syncd.inspect.init.yaml_text import configuration

__all__ = ["configuration", "propose", "rank_tables"]
