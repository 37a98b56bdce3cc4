"""What a build adds to the package: its commit, its documentation, and a README whose links lead somewhere.

SYNCD_REVISION names the commit where git cannot be asked, as in an image. SYNCD_PROJECT_URL is where the
project is hosted: README's links then lead there, and it stands in the metadata. Without it no address is
made up, and a link to a file becomes the file's name, which the source distribution has.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

COMMIT = "syncd/COMMIT"
_RELATIVE_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


class ContentHook(BuildHookInterface[Any]):
    """Puts commit and documentation into what is built; an editable install has the checkout itself."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages that are served beside the status, and the commit, where it is known."""
        if version == "editable":
            return
        if self.target_name == "wheel":
            docs = Path(self.root) / "docs"
            pages = {file: file.relative_to(docs) for file in docs.rglob("*.md")}
            build_data["force_include"] |= {str(file): f"syncd/manual/{page}" for file, page in pages.items()}
        commit = os.environ.get("SYNCD_REVISION") or commit_of(Path(self.root))
        if not commit or (Path(self.root) / COMMIT).exists():
            return
        file = Path(tempfile.mkdtemp()) / "COMMIT"
        file.write_text(f"{commit}\n", encoding="utf-8")
        build_data["force_include"][str(file)] = COMMIT


class ReadmeHook(MetadataHookInterface):
    """Makes README fit for a package index, and adds the project's address where it is known."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml calls dynamic."""
        home = os.environ.get("SYNCD_PROJECT_URL", "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": portable(text, home)}
        places = {"Source": "", "Documentation": "/blob/HEAD/docs", "Changes": "/blob/HEAD/CHANGELOG.md"}
        metadata["urls"] = {name: home + place for name, place in places.items()} if home else {}


def portable(readme: str, home: str) -> str:
    """README with links for readers who have no checkout: to the project's address, or file names instead."""

    def elsewhere(link: re.Match[str]) -> str:
        image, words, path = link.groups()
        if home:
            return f"{image}[{words}]({home}/{'raw' if image else 'blob'}/HEAD/{path})"
        file = path.partition("#")[0]
        return "" if image else f"{words} (`{file}`)"

    return _RELATIVE_LINK.sub(elsewhere, readme)


def commit_of(root: Path) -> str:
    """The commit that is checked out at a folder; empty where it is no checkout, or git is missing."""
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), "rev-parse", "--show-toplevel", "HEAD"]
    try:
        told = subprocess.run(  # noqa: S603 — fixed words and the folder that is built
            command, capture_output=True, text=True, check=True
        ).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return ""
    # A source distribution may be unpacked below somebody else's checkout.
    return told[1] if len(told) > 1 and Path(told[0]) == root.resolve() else ""
