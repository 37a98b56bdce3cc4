"""What syncd is deployed with is right: units, Dockerfile, scripts, compose file and Kubernetes manifests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from tests.support.servers import missing

ROOT = Path(__file__).parents[1]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
KUBERNETES = ("1.29.0", "1.34.0")
"""An old and a new version that people run."""
EXPOSURE = 1.5


def tool(name: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end; a desk without it skips."""
    found = shutil.which(name) or missing(name)
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    return subprocess.run(
        [found, *arguments],
        cwd=ROOT,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def manifest(kind: str) -> Any:
    """The manifest of that kind."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in MANIFESTS]
    (found,) = (document for document in documents if document["kind"] == kind)
    return found


@pytest.mark.parametrize("unit", ["syncd.service", "syncd-once.service"])
def test_the_sandbox_is_tight(unit: str) -> None:
    """Systemd's own judgement of what the service is exposed to."""
    done = tool("systemd-analyze", "security", "--offline=yes", "--no-pager", f"systemd/{unit}")
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE


def test_both_services_have_the_same_sandbox() -> None:
    """From the secrets to the end of the section, syncd-once.service says what syncd.service says."""
    once, daemon = (
        (ROOT / "systemd" / name).read_text(encoding="utf-8").split("# Files that root alone")[1]
        for name in ("syncd-once.service", "syncd.service")
    )
    assert daemon.split("[Install]")[0].strip() == once.strip()


def test_the_dockerfile_is_clean() -> None:
    """Hadolint has nothing to say."""
    done = tool("hadolint", "Dockerfile")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_compose_file_is_valid() -> None:
    """It fits the Compose Specification, and is as locked up as the image allows."""
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    compose = PyCompose.from_yaml(text)
    compose.validate()
    compose.to_spec()
    service = yaml.safe_load(text)["services"]["syncd"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_manifests_are_valid(version: str) -> None:
    """Each fits Kubernetes' schema, with no key that it does not know."""
    paths = [str(path) for path in MANIFESTS]
    assert len(paths) == 6
    done = tool("kubernetes-validate", "--strict", "--kubernetes-version", version, *paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr


def test_the_pods_are_restricted() -> None:
    """What Kubernetes' Pod Security Standard `restricted` asks for, a read-only root, probes and limits."""
    spec = manifest("Deployment")["spec"]
    assert spec["replicas"] == 2
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["resources"]["limits"]["memory"]
    assert pod["terminationGracePeriodSeconds"] > 10
    assert {volume["name"] for volume in pod["volumes"]} == {
        mount["name"] for mount in container["volumeMounts"]
    }


def test_all_of_them_select_the_same_pods() -> None:
    """Service and disruption budget find the pods that the Deployment makes."""
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"] == {"matchLabels": labels}


def test_the_config_map_loads(tmp_path: Path) -> None:
    """Its configuration is right, with the secrets where the Deployment puts them."""
    for name in manifest("Secret")["stringData"]:
        (tmp_path / name).write_text("replace-me", encoding="utf-8")
    (tmp_path / "config.yaml").write_text(manifest("ConfigMap")["data"]["config.yaml"], encoding="utf-8")
    done = tool(
        "syncd",
        *("check", "--offline", "-c", str(tmp_path / "config.yaml")),
        CREDENTIALS_DIRECTORY=str(tmp_path),
        STATE_PASSWORD="replaceme",
    )
    assert done.returncode == 0, done.stdout + done.stderr
