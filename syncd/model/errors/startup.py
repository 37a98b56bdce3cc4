"""Errors before anything runs: the command ends, and nothing was touched."""

from __future__ import annotations

from syncd.language import N_
from syncd.model.errors.base import Problem, SyncdError


class ConfigError(SyncdError):
    """The configuration cannot be used; all its problems are told at once."""

    code = "config.invalid"
    action = N_("Correct the lines named; `syncd check --offline` reads the file again.")
    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(SyncdError):
    """The command line asks for what does not exist, such as an unknown query."""

    code = "usage"
    action = N_("See `syncd --help`.")
    exit_code = 2


class AlertsUnusable(SyncdError):
    """An address under `alerts` cannot be used: `syncd run` and `syncd alerts test` do not start."""

    code = "alerts.unusable"
    action = N_(
        "Correct alerts.urls (docs/operations.md, Being told), or install syncd with its extra `alerts`, "
        "which brings Apprise."
    )
    exit_code = 2


class ListenFailed(SyncdError):
    """The address of `http.listen`, or of the emulator, cannot be had: it refuses to start."""

    code = "http.listen"
    action = N_(
        "Give http.listen a free port of this machine, or null for none; the emulator another --port."
    )
