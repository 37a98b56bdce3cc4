"""`./dev release` on a scratch clone: what it refuses, what it changes, what a failed build leaves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import syncd
from release.release import IMAGE_NAMES, Refused, check_newer, dated, numbers

ROOT = Path(__file__).parents[2]
CHANGES = """# Changes

## Unreleased

### Added

- Something new.

## 0.1.0

- First version.
"""
BUILDS = '#!/bin/sh\nset -e\n[ "$1" = build ]\nmkdir dist\ngit log -1 --format=%s >dist/built\n'
FAILS = "#!/bin/sh\nexit 7\n"


class Scratch:
    """A clone that holds what a release touches, with a `./dev` that builds or fails at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in (*IMAGE_NAMES, "release/release.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "syncd").mkdir()
        (root / "syncd" / "__init__.py").write_text(f'"""syncd."""\n\n__version__ = "{syncd.__version__}"\n')
        (root / "CHANGELOG.md").write_text(CHANGES)
        (root / ".gitignore").write_text("dist/\n__pycache__/\n")
        self.builds(BUILDS)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")
        self.commit()

    def builds(self, script: str) -> None:
        """Give `./dev build` its doing."""
        (self.root / "dev").write_text(script)
        (self.root / "dev").chmod(0o755)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Something")

    def git(self, *arguments: str) -> str:
        """What git prints."""
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command, from elsewhere."""
        command = [sys.executable, str(self.root / "release" / "release.py"), *arguments]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)

    def refused(self, *arguments: str) -> str:
        """Run the command, see it fail and leave everything as it was; give what it said."""
        before = self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")
        done = self.release(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert (self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")) == before
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """A clean clone."""
    return Scratch(tmp_path)


def test_a_release_is_a_commit_a_build_and_a_tag(scratch: Scratch) -> None:
    """Version, CHANGELOG and image names are in one commit, which was built and tagged."""
    before = scratch.git("rev-parse", "HEAD")
    done = scratch.release("7.0.1")
    assert done.returncode == 0, done.stderr
    assert "git push --atomic origin main v7.0.1" in done.stdout

    assert scratch.git("rev-parse", "HEAD~1", "v7.0.1^{commit}").split() == [
        before,
        scratch.git("rev-parse", "HEAD"),
    ]
    assert scratch.git("cat-file", "-t", "v7.0.1") == "tag"
    assert scratch.git("status", "--porcelain") == ""
    assert (scratch.root / "dist" / "built").read_text() == "Release 7.0.1\n"
    assert '__version__ = "7.0.1"\n' in (scratch.root / "syncd" / "__init__.py").read_text()
    today = datetime.now(UTC).date().isoformat()
    headings = re.findall("^##? .*", (scratch.root / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings == ["# Changes", "## Unreleased", f"## 7.0.1 - {today}", "## 0.1.0"]
    for name in IMAGE_NAMES:
        assert "syncd:7.0.1" in (scratch.root / name).read_text(encoding="utf-8")

    assert "nothing under Unreleased" in scratch.refused("7.0.2")


def test_the_version_in_work_may_be_released(scratch: Scratch) -> None:
    """The package says its next version before it is released."""
    assert scratch.release(syncd.__version__).returncode == 0
    assert "is not newer" in scratch.refused("0.1.0")


def test_what_is_not_committed_is_not_released(scratch: Scratch) -> None:
    """A changed file and a new one refuse; what git ignores does not."""
    (scratch.root / "new").write_text("new")
    assert "not committed" in scratch.refused("7.0.0")
    (scratch.root / "new").unlink()
    (scratch.root / "CHANGELOG.md").write_text(CHANGES + "- More.\n")
    assert "not committed" in scratch.refused("7.0.0")


def test_a_tag_is_set_once(scratch: Scratch) -> None:
    """A version with a tag is released, and so are all below it."""
    scratch.git("tag", "v7.0.0")
    assert "the tag v7.0.0 exists" in scratch.refused("7.0.0")
    assert "not newer than 7.0.0" in scratch.refused("6.9.9")


def test_a_failed_build_leaves_nothing(scratch: Scratch) -> None:
    """Commit and changes are taken back, and no tag is set."""
    scratch.builds(FAILS)
    scratch.commit()
    assert "./dev build failed" in scratch.refused("7.0.0")
    assert (scratch.root / "CHANGELOG.md").read_text() == CHANGES


@pytest.mark.parametrize("words", [[], ["--help"], ["1.0.0", "2.0.0"]])
def test_wrong_usage_is_told(scratch: Scratch, words: list[str]) -> None:
    """Exactly one version is wanted."""
    done = scratch.release(*words)
    assert (done.returncode, "usage:" in done.stderr) == (2, True)


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3rc1", "01.2.3", "1.2.3\n", ""])
def test_a_version_is_three_numbers(version: str) -> None:
    """Anything else is refused."""
    with pytest.raises(Refused, match="three numbers"):
        numbers(version)


def test_versions_compare_as_numbers() -> None:
    """0.10.0 is newer than 0.9.0; what was released or is older than the package's own is refused."""
    check_newer("0.10.0", "0.9.0", ["0.9.0", "0.1.0"])
    check_newer("0.2.0", "0.2.0", ["0.1.0"])
    with pytest.raises(Refused, match=r"not newer than 0\.10\.0"):
        check_newer("0.9.0", "0.1.0", ["0.9.0", "0.10.0"])
    with pytest.raises(Refused, match=r"older than 0\.2\.0"):
        check_newer("0.1.5", "0.2.0", ["0.1.0"])


def test_what_was_unreleased_gets_a_version_and_a_day() -> None:
    """The entries stand as they were, below their version, and a new Unreleased is above."""
    text = dated(CHANGES, "0.2.0", "2026-11-29")
    assert text == CHANGES.replace("## Unreleased\n", "## Unreleased\n\n## 0.2.0 - 2026-11-29\n")
    with pytest.raises(Refused, match="nothing under Unreleased"):
        dated(text, "0.3.0", "2026-11-30")
    with pytest.raises(Refused, match="nothing under Unreleased"):
        dated("# Changes\n\n## 0.1.0\n\n- First.\n", "0.3.0", "2026-11-30")


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_the_image_is_named_by_the_version(name: str) -> None:
    """Examples name no other version than this one."""
    named = re.findall(r"\bsyncd:(\d[\w.]*)", (ROOT / name).read_text(encoding="utf-8"))
    assert set(named) == {syncd.__version__}
