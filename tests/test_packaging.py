"""What is installed from a wheel is whole: `uv build`, a fresh environment, and the command in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import syncd
from tests.support.servers import missing

ROOT = Path(__file__).parents[1]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MINUTES = 240
"""Seconds: the first build of an empty cache downloads everything."""

CONFIG = """
metrica: {token: t0k3n}
databases: {shop: {url: "sqlite:///shop.db"}}
state: {url: "sqlite:///state.db"}
queries: {paid: {counter: 1, id_type: YCLID, mark: id, sql: SELECT 1 AS id}}
"""


def tool(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run to the end outside of any environment of this test run; a failure shows its output."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**inherited, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def uv() -> str:
    """The tool that builds; missing only at a desk."""
    return shutil.which("uv") or missing("uv")


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, by way of the source distribution, as a release has it."""
    folder = tmp_path_factory.mktemp("dist")
    os.environ["SYNCD_REVISION"] = COMMIT  # as in an image, which has no git
    try:
        tool(uv, "build", "--out-dir", str(folder), str(ROOT))
    finally:
        del os.environ["SYNCD_REVISION"]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`syncd` in a fresh environment that has the wheel and the locked versions of what it needs."""
    folder = tmp_path_factory.mktemp("installed")
    python = str(folder / "venv")
    locked = tool(uv, "export", "--locked", "--no-dev", "--no-emit-project", "--no-hashes").stdout
    (folder / "locked.txt").write_text(locked, encoding="utf-8")
    tool(uv, "venv", "--python", sys.executable, python)
    tool(uv, "pip", "install", "--python", python, "-c", str(folder / "locked.txt"), str(wheel))
    return folder / "venv" / "bin" / "syncd"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Templates, styles, catalogues, migrations, the pages of docs/ and the mark of typing; no tests."""
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith("syncd-")} - {"syncd/COMMIT"}
    there = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "syncd").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    docs = ROOT / "docs"
    there |= {f"syncd/manual/{page.relative_to(docs)}" for page in docs.rglob("*.md")}
    assert held == there
    assert {
        "syncd/py.typed",
        "syncd/monitoring/web/overview.html.j2",
        "syncd/monitoring/web/style.css",
    } <= held
    assert any(name.startswith("syncd/ledger/schema/migrations/versions/m0001") for name in held)


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Version (said once, in the package), licence and extras stand in its metadata."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    assert re.findall(r"^Version: (.*)$", metadata, re.MULTILINE) == [syncd.__version__]
    assert re.findall(r"^License-Expression: (.*)$", metadata, re.MULTILINE) == ["MIT"]
    assert "The syncd authors" in metadata
    assert "Classifier: Typing :: Typed" in metadata
    readme = metadata.split("\n\n", 1)[1]
    assert re.findall(r"\]\((?!https?:|#|http:)[^)]*\)", readme) == []  # no link to a file that is not there
    extras = re.findall(r"^Provides-Extra: (.*)$", metadata, re.MULTILINE)
    assert sorted(extras) == ["alerts", "clickhouse", "duckdb", "firebird", "mssql", "mysql", "oracle"]


def test_the_installed_command_works(installed: Path, tmp_path: Path) -> None:
    """Version, schema, a look at the file, and a new state store, away from the checkout."""
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")

    version = tool(str(installed), "--version", folder=tmp_path).stdout
    assert re.fullmatch(
        rf"syncd, version {re.escape(syncd.__version__)}( \(commit {COMMIT[:12]}\))?\n", version
    )
    assert "commit" in version
    assert json.loads(tool(str(installed), "schema", folder=tmp_path).stdout)["type"] == "object"
    tool(str(installed), "check", "--offline", "-c", "config.yaml", folder=tmp_path)
    tool(str(installed), "migrate", "-c", "config.yaml", folder=tmp_path)

    assert (tmp_path / "state.db").exists()
    assert "already" in tool(str(installed), "migrate", "-c", "config.yaml", folder=tmp_path).stdout


def test_the_installed_demo_works(installed: Path, tmp_path: Path) -> None:
    """Nothing of it needs the checkout: page, emulator and migrations are in the wheel."""
    done = tool(str(installed), "demo", "--for", "3s", "--port", "0", folder=tmp_path)
    assert re.search(r"[1-9]\d* rows delivered", done.stdout)


def test_what_operations_need_is_installed(installed: Path) -> None:
    """Units, example configuration, alert rules and dashboard stand in share/syncd, as in the checkout."""
    share = installed.parents[1] / "share" / "syncd"
    sources = {
        "config.example.yaml": "config.example.yaml",
        "prometheus/syncd.rules.yml": "deploy/prometheus/syncd.rules.yml",
        "grafana/syncd.json": "deploy/grafana/syncd.json",
        **{f"systemd/{unit.name}": f"systemd/{unit.name}" for unit in (ROOT / "systemd").iterdir()},
    }
    held = {str(path.relative_to(share)) for path in share.rglob("*") if path.is_file()}
    assert held == set(sources)
    assert all((share / name).read_bytes() == (ROOT / place).read_bytes() for name, place in sources.items())


def test_the_unit_is_right(installed: Path, tmp_path: Path) -> None:
    """The system has nothing to say against the unit, once syncd is where the unit looks for it."""
    analyze = shutil.which("systemd-analyze") or missing("systemd-analyze")
    text = (ROOT / "systemd" / "syncd.service").read_text(encoding="utf-8")
    unit = tmp_path / "syncd.service"
    unit.write_text(text.replace("/opt/syncd/bin/syncd", str(installed)), encoding="utf-8")
    done = tool(analyze, "verify", "--man=no", str(unit))
    assert str(unit) not in done.stderr
    assert "syncd" not in done.stderr


def test_the_image_gets_what_it_copies() -> None:
    """Each file that the Dockerfile copies is there, and .dockerignore does not hide it."""
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    shown = [line[1:] for line in lines if line.startswith("!")]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert "syncd" in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert sorted(source.removeprefix("./") for source in copied) == sorted(shown)
    assert "*" in lines


def test_the_debian_scripts_are_sound() -> None:
    """Each runs, ends at a failure and is plain shell; every place of `control` is filled in."""
    folder = ROOT / "release" / "debian"
    for name in ("postinst", "prerm", "postrm"):
        script = folder / name
        assert os.access(script, os.X_OK), name
        text = script.read_text(encoding="utf-8")
        assert text.startswith("#!/bin/sh\n")
        assert "\nset -e\n" in text
        tool("dash", "-n", str(script))
    control = (folder / "control").read_text(encoding="utf-8")
    filled = re.findall(r"s/(@[A-Z]+@)/", (ROOT / "release" / "deb").read_text(encoding="utf-8"))
    assert sorted(set(re.findall(r"@[A-Z]+@", control))) == sorted(filled)


def test_a_purge_leaves_the_state() -> None:
    """What was delivered is not deleted by a package manager, whatever it is asked."""
    text = (ROOT / "release" / "debian" / "postrm").read_text(encoding="utf-8")
    removed = " ".join(line for line in text.splitlines() if line.strip().startswith("rm "))
    assert "config.yaml" in removed
    assert "/var" not in removed
