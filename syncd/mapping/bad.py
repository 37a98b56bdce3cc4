"""How a field says that a value cannot be sent."""

from __future__ import annotations

from syncd.model import Reason


class BadValueError(Exception):
    """A value that cannot be sent. Never leaves `syncd.mapping`: it becomes a `Reject`.

    Raised, not returned: a good value then costs nothing, and good values are nearly all there are.
    """

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)
