"""An Airflow DAG that runs every enabled query of syncd once, one mapped task per query.

Put it into the DAG folder of an Airflow (2.10 or newer) whose workers have the command `syncd`. The store
has to be a PostgreSQL one, since the tasks run beside each other. `syncd run --once` may be killed at any
moment: the next one settles what was in flight, so retries are safe. docs/scaling.md says when to take it.

Set the variable `syncd_config` in Airflow where the configuration is not at /etc/syncd/config.yaml.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator

CONFIG = os.environ.get("AIRFLOW_VAR_SYNCD_CONFIG", "/etc/syncd/config.yaml")
POOL = "metrica"
"""Metrica takes three requests of a login at once: `airflow pools set metrica 3 "requests to Metrica"`."""


@task
def list_queries() -> list[dict[str, str]]:
    """Give the environment of each mapped task: the name of an enabled query."""
    done = subprocess.run(
        ["syncd", "status", "--json", "-c", CONFIG], check=False, capture_output=True, text=True, timeout=120
    )
    queries = json.loads(done.stdout)["queries"]
    return [{"QUERY": query["name"]} for query in queries if query["enabled"]]


with DAG(
    dag_id="syncd",
    schedule=timedelta(minutes=15),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # a run sends everything that is new, so a missed one needs no making up for
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=2), "retry_exponential_backoff": True},
) as dag:
    BashOperator.partial(
        task_id="run_query",
        bash_command=f"syncd run --once --json --query \"$QUERY\" -c '{CONFIG}'",
        append_env=True,
        skip_on_exit_code=3,  # done, but rows were rejected: shown as skipped, for somebody to look at
        pool=POOL,
        max_active_tis_per_dag=3,
        execution_timeout=timedelta(hours=2),
    ).expand(env=list_queries())
