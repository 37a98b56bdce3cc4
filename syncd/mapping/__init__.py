"""Source rows to conversions: pure, no clock, no I/O; the one definition of a valid row.

`layout` decides once per query which result column feeds which column of the upload; `Mapper` then turns
each row of a page into a conversion, or into a reject with its reason.
"""

from syncd.mapping.kinds import kind_of
from syncd.mapping.layout import Layout, Written, layout, used_places
from syncd.mapping.lines.form import Cell, Form
from syncd.mapping.mapper import Mapper

__all__ = ["Cell", "Form", "Layout", "Mapper", "Written", "kind_of", "layout", "used_places"]
