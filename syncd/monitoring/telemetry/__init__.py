"""What people and machines can see of syncd: one line of log per event, and the metrics.

The only home of structlog.
"""

from __future__ import annotations

from syncd.model.lean_imports import without

with without("rich"):  # structlog's way to draw tracebacks, which no terminal of ours sees: 6 MB, 0.03 s
    from syncd.monitoring.telemetry.logs import configure, install_hooks, say
    from syncd.monitoring.telemetry.metrics import Metrics
    from syncd.monitoring.telemetry.observer import TelemetryObserver
    from syncd.monitoring.telemetry.redaction import redact, register_secret

__all__ = ["Metrics", "TelemetryObserver", "configure", "install_hooks", "redact", "register_secret", "say"]
