"""The alert rules and the dashboard are true: they parse, name existing metrics, lead to a runbook entry."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncd.monitoring.telemetry.metrics import SPECS
from tests.support.servers import missing
from tests.test_docs import anchors

ROOT = Path(__file__).parents[1]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "syncd.rules.yml"
CASES = sorted(PROMETHEUS.glob("*.test.yml"))
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "syncd.json").read_text(encoding="utf-8"))

GROUPS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
ALERTS = [rule for group in GROUPS for rule in group["rules"] if "alert" in rule]
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
SERVED = {spec.name for spec in SPECS if spec.kind != "histogram"} | {
    f"{spec.name}_{part}" for spec in SPECS if spec.kind == "histogram" for part in ("bucket", "count", "sum")
}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus' own checker."""
    return shutil.which("promtool") or missing("promtool")


def check(promtool: str, *arguments: str) -> None:
    """Run promtool, which must find nothing."""
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def names(expression: str) -> set[str]:
    """The metrics that an expression speaks of: ours, and those that the rules record."""
    return set(re.findall(r"\bsyncd[_:][a-z0-9_:]+", expression))


def expressions() -> Iterator[str]:
    """Every PromQL expression of the dashboard, with Grafana's variables filled in."""
    targets = [target["expr"] for panel in PANELS for target in panel["targets"]]
    annotations = [one["expr"] for one in DASHBOARD["annotations"]["list"] if "expr" in one]
    for expression in targets + annotations:
        yield re.sub(r"\$(\w+)", "any", expression.replace("$__rate_interval", "5m"))


def test_the_rules_are_rules(promtool: str) -> None:
    """`promtool check rules` finds nothing."""
    check(promtool, "check", "rules", "--lint=all", "--lint-fatal", str(RULES))


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.name)
def test_the_alerts_fire_when_they_should(promtool: str, cases: Path) -> None:
    """`promtool test rules` agrees with the cases."""
    check(promtool, "test", "rules", str(cases))


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """No alert is left untried."""
    tests = [test for path in CASES for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    everyone = {alert["alert"] for alert in ALERTS}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == everyone
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == everyone


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_where_to_read_on(alert: dict[str, Any]) -> None:
    """It has a severity, a sentence, and a heading in docs/operations.md that bears its name."""
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"(\w|\{\{).*\.", alert["annotations"]["summary"])
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert anchor == alert["alert"].lower()
    assert anchor in anchors((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_a_runbook_entry_says_four_things(alert: dict[str, Any]) -> None:
    """What it means, where to look, what to do, when it ends; for each alert, and for none that is gone."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    entry = page.partition(f"\n### {alert['alert']}\n")[2].partition("\n#")[0]
    assert [word for word in ("*Means.*", "*Look.*", "*Do.*", "*Ends*") if word not in entry] == []
    told = set(re.findall(r"^### (Syncd\w+)$", page, re.MULTILINE))
    assert told == {one["alert"] for one in ALERTS}


def test_the_rules_speak_of_metrics_that_exist() -> None:
    """Nothing is asked of a metric that syncd does not serve."""
    asked = {name for group in GROUPS for rule in group["rules"] for name in names(rule["expr"])}
    assert asked - SERVED - RECORDED == set()


def test_the_dashboards_expressions_are_promql(promtool: str, tmp_path: Path) -> None:
    """Each can be parsed, by Prometheus itself."""
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions())]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    check(promtool, "check", "rules", str(path))


def test_the_dashboard_shows_every_metric() -> None:
    """It speaks of metrics that exist and, between its panels, of all of them."""
    variables = " ".join(str(one["query"]) for one in DASHBOARD["templating"]["list"])
    shown = {name for text in [*expressions(), variables] for name in names(text)}
    assert shown - SERVED == set()
    whole = {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}
    assert {spec.name for spec in SPECS} - whole == set()


def test_the_dashboard_works_in_any_grafana() -> None:
    """The data source, job and query are chosen above; no panel names one of its own or hides another."""
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "job", "query"]
    assert {one["datasource"]["uid"] for panel in PANELS for one in [panel, *panel["targets"]]} == {
        "${datasource}"
    }
    assert all("$job" in target["expr"] for panel in PANELS for target in panel["targets"])
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert [
        (one["title"], other["title"])
        for one, other in combinations(DASHBOARD["panels"], 2)
        if overlap(one["gridPos"], other["gridPos"])
    ] == []


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    """Whether two panels cover a common place."""
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )
