"""A program that makes the database of an Airflow with the FAB auth manager, and its users.

Of the roles that FAB has by default, Viewer may read all DAGs and no plugins. OnlyOther may read one DAG: it has
``can_read`` on ``DAG:other_dag`` and on what belongs to DAGs, but not on ``DAGs``, which would be all of them.
"""

from __future__ import annotations

import argparse

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.db import initdb

DAG_ID = "other_dag"
READABLE = (
    f"DAG:{DAG_ID}",
    "DAG Dependencies",
    "DAG Runs",
    "DAG Versions",
    "DAG Warnings",
    "HITL Detail",
    "ImportError",
    "Plugins",
    "Task Instances",
    "Task Logs",
    "Website",
    "XComs",
)
USERS = {"fab_admin": "Admin", "fab_viewer": "Viewer", "fab_other": "OnlyOther"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("password")
    password = parser.parse_args().password
    initdb()
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        role = security.add_role("OnlyOther")
        for resource in READABLE:
            security.add_permission_to_role(role, security.create_permission("can_read", resource))
        security.add_permission_to_role(role, security.create_permission("menu_access", "Browse"))
        for name, found in USERS.items():
            added = security.add_user(name, name, name, f"{name}@example.org", security.find_role(found), password)
            assert added, name


if __name__ == "__main__":
    main()
