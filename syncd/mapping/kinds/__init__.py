"""The kinds of upload, one module each: a further kind is a further file here (docs/decisions/0002)."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import UploadKind


@cache
def all_kinds() -> dict[str, UploadKind]:
    """Every kind by its name in the configuration: each module here that has a `KIND`."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    kinds: list[UploadKind] = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in kinds}


def kind_of(query: QuerySettings) -> UploadKind:
    """The kind of a query's uploads."""
    return all_kinds()[query.kind]
