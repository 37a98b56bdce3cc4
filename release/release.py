"""`./dev release VERSION`: the version, the CHANGELOG's section, what is built, a commit and a tag.

Nothing is changed before everything is checked, and nothing is left changed when the build fails. Nothing is
pushed: what to push is said at the end. It needs Python's own library alone, so that it runs before anything
is set up.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

VERSION_FILE = "syncd/__init__.py"
"""The one place that says the version."""
CHANGELOG = "CHANGELOG.md"
IMAGE_NAMES = (
    "deploy/compose.yaml",
    "deploy/kubernetes/cronjob.yaml",
    "deploy/kubernetes/deployment.yaml",
    "docs/operations.md",
)
"""What names the image `syncd:VERSION`, for people to copy."""

_SAID = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_RELEASED = re.compile(r"^## (\d+\.\d+\.\d+)\b", re.MULTILINE)
_TAG = re.compile(r"^v(\d+\.\d+\.\d+)$", re.MULTILINE)

Numbers = tuple[int, int, int]


class Refused(Exception):
    """No release can be made of this; the message says why."""


def numbers(version: str) -> Numbers:
    """The three numbers of a version, which compare as versions do.

    Raises:
        Refused: It is no version.
    """
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        raise Refused(f"{version!r} is no version: three numbers are, as 0.2.0")
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def check_newer(version: str, said: str, released: list[str]) -> None:
    """Refuse a version that was released, or is older than one that was or than what the package says.

    The version that the package says may be released if it never was: it is set when work on it begins.
    """
    wanted = numbers(version)
    newest = max(released, key=numbers, default=None)
    if newest is not None and wanted <= numbers(newest):
        raise Refused(f"{version} is not newer than {newest}, which was released")
    if wanted < numbers(said):
        raise Refused(f"{version} is older than {said}, which {VERSION_FILE} says")


def dated(changelog: str, version: str, day: str) -> str:
    """The CHANGELOG with what was unreleased under version and day, and a new, empty Unreleased above.

    Raises:
        Refused: Nothing is said to have changed.
    """
    unreleased = _UNRELEASED.search(changelog)
    if unreleased is None or not re.search(r"^- \S", unreleased[1], re.MULTILINE):
        raise Refused(f"{CHANGELOG} has nothing under Unreleased: say what changes for users")
    head, tail = changelog[: unreleased.start()], changelog[unreleased.end() :]
    return f"{head}## Unreleased\n\n## {version} - {day}\n{unreleased[1]}{tail}"


def said_version(text: str) -> str:
    """The version that a text of `VERSION_FILE` says."""
    found = _SAID.search(text)
    if found is None:
        raise Refused(f"{VERSION_FILE} says no version")
    return found[1]


class Checkout:
    """A git checkout of syncd."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def release(self, version: str, day: str) -> str:
        """Check, write, commit, build and tag; give what to do then."""
        texts = self._texts(version, day)
        before = self._git("rev-parse", "HEAD")
        for name, text in texts.items():
            (self._root / name).write_text(text, encoding="utf-8")
        try:
            self._git("commit", "--quiet", "--all", "--message", f"Release {version}")
            # After the commit, since what is built tells the commit it was built from.
            subprocess.run(["./dev", "build"], cwd=self._root, check=True)
            self._git("tag", "--annotate", f"v{version}", "--message", f"syncd {version}")
        except BaseException:
            # The checkout was clean, so nothing but the release is undone; --keep spares what came meanwhile.
            self._git("reset", "--quiet", "--mixed", before)
            self._git("checkout", "--quiet", before, "--", *texts)
            raise
        branch = self._git("branch", "--show-current") or "HEAD:BRANCH"
        return f"dist/ holds syncd {version}. To publish it: git push --atomic origin {branch} v{version}"

    def _texts(self, version: str, day: str) -> dict[str, str]:
        """Every file that the release changes, as it will be; refused where no release can be made."""
        numbers(version)
        if self._git("status", "--porcelain"):
            raise Refused("the checkout has changes that are not committed (git status)")
        tags = self._git("tag", "--list", "v*")
        if self._git("tag", "--list", f"v{version}"):
            raise Refused(f"the tag v{version} exists")
        changelog, source = self._read(CHANGELOG), self._read(VERSION_FILE)
        said = said_version(source)
        check_newer(version, said, _RELEASED.findall(changelog) + _TAG.findall(tags))
        texts = {
            CHANGELOG: dated(changelog, version, day),
            VERSION_FILE: _SAID.sub(f'__version__ = "{version}"', source),
        }
        for name in IMAGE_NAMES:
            named = self._read(name).replace(f"syncd:{said}", f"syncd:{version}")
            texts[name] = named.replace(f"VERSION={said}", f"VERSION={version}")
        return texts

    def _read(self, name: str) -> str:
        return (self._root / name).read_text(encoding="utf-8")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self._root), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: ./dev release VERSION, as 0.2.0", file=sys.stderr)
        return 2
    checkout = Checkout(Path(__file__).resolve().parents[1])
    try:
        print(checkout.release(arguments[0], datetime.now(UTC).date().isoformat()))
    except Refused as why:
        print(f"no release: {why}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        print(f"no release: {' '.join(failed.cmd)} failed; nothing is changed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
