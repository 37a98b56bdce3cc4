"""The company databases, read only: `Engines` connects, `SqlSource` reads one query page by page."""

from syncd.source.engines import Engines
from syncd.source.reader import SqlSource

__all__ = ["Engines", "SqlSource"]
