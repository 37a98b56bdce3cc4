"""Several files: `include`, `sql_file`, and relative paths, which count from the file they stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config import load
from syncd.model.errors import ConfigError
from syncd.model.settings import Settings, SqlPlace

MAIN = """\
include: [conf.d/*.yaml]
metrica: {token_file: token}
databases: {crm: {url: "sqlite:///shop.db", password_file: secrets/crm}}
defaults: {counter: 5, id_type: CLIENT_ID, mark: id, every: 1h}
queries:
  one:
    database: crm
    sql: |

      SELECT 1
"""
MORE = """\
databases: {erp: {url: "sqlite:///erp.db"}}
defaults: {id_type: YCLID}
queries:
  two: {database: erp, sql_file: two.sql}
"""


def write(folder: Path, **more: str) -> Path:
    """The main file beside a folder of others."""
    (folder / "conf.d").mkdir(exist_ok=True)
    (folder / "conf.d" / "two.sql").write_text("SELECT 2\n")
    (folder / "main.yaml").write_text(MAIN)
    for name, text in {"b": MORE, **more}.items():
        (folder / "conf.d" / f"{name}.yaml").write_text(text)
    return folder / "main.yaml"


def problems(file: Path) -> list[str]:
    """What is wrong, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        load(file, environ={})
    return [str(problem).replace(f"{file.parent}/", "") for problem in caught.value.problems]


def test_files_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From wherever it is read, paths count from the file they stand in; defaults hold by file."""
    file = write(tmp_path)

    def read(path: Path) -> Settings:
        return load(path, environ={})

    settings = read(file)
    one, two = settings.queries["one"], settings.queries["two"]
    assert settings.metrica.token_file == tmp_path / "token"
    assert settings.state.url.get_secret_value() == f"sqlite:///{tmp_path}/syncd-state.db"
    assert settings.databases["crm"].url.get_secret_value() == f"sqlite:///{tmp_path}/shop.db"
    assert settings.databases["crm"].password_file == tmp_path / "secrets/crm"
    assert settings.databases["erp"].url.get_secret_value() == f"sqlite:///{tmp_path}/conf.d/erp.db"
    assert settings.included == (str(tmp_path / "conf.d/b.yaml"),)
    assert ([*one.id_type], [*two.id_type], one.every == two.every) == (["CLIENT_ID"], ["YCLID"], True)
    assert two.sql == "SELECT 2\n"
    assert (two.file, two.line) == (str(tmp_path / "conf.d/b.yaml"), 4)
    assert two.sql_place == SqlPlace(file=str(tmp_path / "conf.d/two.sql"), line=1, column=1)
    assert one.sql_place == SqlPlace(file=str(file), line=9, column=7)
    monkeypatch.chdir(tmp_path)
    assert read(Path("main.yaml")).state == settings.state


def test_a_name_twice_is_told_with_both_places(tmp_path: Path) -> None:
    """Of queries and of databases, in whichever two files."""
    again = "databases: {crm: {url: 'sqlite:///x.db'}}\nqueries:\n  two: {database: crm, sql: SELECT 3}\n"
    assert problems(write(tmp_path, c=again)) == [
        "conf.d/c.yaml:1: databases.crm: the name is there already, in main.yaml:3 (rename one)",
        "conf.d/c.yaml:3: queries.two: the name is there already, in conf.d/b.yaml:4 (rename one)",
    ]


def test_mistakes_in_included_files(tmp_path: Path) -> None:
    """All are told at once, each with its own file and line."""
    wrong = {
        "c": "metrica: {}\nqueriez: {}\nqueries:\n  three: {database: crm, sql_file: no.sql, mark: [a, a]}\n",
        "d": "queries: {four: [",
        "e": "",
        "f": "- a",
    }
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "g.yaml").write_bytes(b"queries:\n\xff")
    found = problems(write(tmp_path, **wrong))
    assert [line.split(" (")[0] for line in found] == [
        "conf.d/c.yaml:1: metrica: stands in the main file alone",
        "conf.d/c.yaml:2: queriez: unknown key",
        "conf.d/c.yaml:4: queries.three.mark: names a twice",
        "conf.d/c.yaml:4: queries.three.sql_file: conf.d/no.sql: there is no such file",
        *found[4:5],
        "conf.d/f.yaml:1: the file wants keys and values such as `metrica:`",
        "conf.d/g.yaml:2: the file is not UTF-8 text",
    ]
    assert found[4].startswith("conf.d/d.yaml:2:")
