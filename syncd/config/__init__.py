"""Configuration: the YAML file and the environment, as Settings or as all problems at once."""

from __future__ import annotations

from syncd.config.reading import find_file, load, parse
from syncd.config.schema import json_schema

__all__ = ["find_file", "json_schema", "load", "parse"]
