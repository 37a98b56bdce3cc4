"""How big the libraries are that syncd needs: `python -I weight.py`, by the Python that has them.

It prints JSON: per library the megabytes that its installed files take, and those of its own tests. Bytecode,
extras and groups for development are left out. After a change of the requirements: `uv sync` first.
"""

import json
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def main() -> None:
    """Follow the requirements of syncd to the end."""
    found: set[tuple[str, str]] = set()
    ahead = [("syncd", "")]
    while ahead:
        name, extra = one = ahead.pop()
        if one in found:
            continue
        found.add(one)
        for text in requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                library = canonicalize_name(requirement.name)
                ahead += [(library, wanted) for wanted in ("", *sorted(requirement.extras))]
    weights = {name: weigh(name) for name in sorted({name for name, _ in found} - {"syncd"})}
    print(json.dumps(weights))


def weigh(name: str) -> tuple[float, float]:
    """Megabytes of one library, and of its tests."""
    whole = tests = 0
    for file in distribution(name).files or ():
        place = Path(file.locate())
        if file.suffix == ".pyc" or not place.is_file():
            continue
        size = place.stat().st_size
        whole += size
        tests += size if "tests" in file.parts else 0
    return whole / 1e6, tests / 1e6


main()
