"""docker-compose.yml: its form, and what no schema knows of Airflow, of this package and of secrets."""

from __future__ import annotations

import base64
import importlib.resources
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from airflow_artifacts.provider_info import get_provider_info
from tests.deployment.compose import (
    PROJECT,
    MissingVariableError,
    fill_in,
    read_compose,
    read_environment,
    read_example,
    variables,
)

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OF_AIRFLOW = {name: service for name, service in SERVICES.items() if "build" in service}
ONE_SHOT = {"init"}
# What is of Airflow's providers that only `make test-cluster` installs, and runs.
OF_PROVIDERS = {"celery", "users"}
OPTIONS_OF_PROVIDERS = {("celery", "result_backend")}
# Names whose value is a secret.
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|ACCESS_KEY|TOKEN|SQL_ALCHEMY_CONN|BROKER_URL|RESULT_BACKEND|AUTH$")


def all_services() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", SERVICES)


def test_file_follows_the_compose_specification() -> None:
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(COMPOSE)] == []


def test_services_are_these() -> None:
    assert set(SERVICES) == {
        "postgres",
        "redis",
        "s3",
        "init",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "worker",
    }


@all_services()
def test_service_says_whether_it_is_healthy_or_runs_once(name: str) -> None:
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
        assert "healthcheck" not in service
    else:
        assert service["restart"] == "unless-stopped"
        check = service["healthcheck"]
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert set(check) == {"test", "interval", "timeout", "retries", "start_period"}


@all_services()
def test_service_waits_for_what_can_be_waited_for(name: str) -> None:
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert condition == {"condition": expected}
    if name in OF_AIRFLOW and name not in ONE_SHOT:
        assert {"postgres", "redis", "s3", "init"} <= set(SERVICES[name]["depends_on"])


@all_services()
def test_image_is_pinned(name: str) -> None:
    service = SERVICES[name]
    image = service["image"]
    if "build" in service:
        build = service["build"]
        dockerfile = (PROJECT / build["context"] / build["dockerfile"]).read_text()
        (image,) = re.findall(r"^FROM (\S+)$", dockerfile, re.MULTILINE)
    assert re.search(r":v?\d+\.\d+", image)


def test_image_is_of_an_airflow_that_the_package_is_tested_with() -> None:
    from airflow import __version__

    assert f"apache/airflow:{__version__}-" in (PROJECT / "docker" / "Dockerfile").read_text()


def test_image_gets_what_it_copies() -> None:
    dockerfile = (PROJECT / "docker" / "Dockerfile").read_text()
    copied = {
        name
        for line in re.findall(r"^COPY (?:--\S+ )*(.+)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    }
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all((PROJECT / name).exists() for name in copied)


def test_extras_of_the_image_exist() -> None:
    project = (PROJECT / "pyproject.toml").read_text()
    (extras,) = re.findall(r"/opt/airflow_artifacts\[(\S+)\]", (PROJECT / "docker" / "Dockerfile").read_text())
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE)


@all_services()
def test_mounts_exist(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source, target, *mode = mount.split(":")
        assert target.startswith("/")
        if source.startswith("."):
            assert (PROJECT / source).is_dir()
            assert mode == ["ro"]
        else:
            assert source in COMPOSE["volumes"]


def test_volumes_are_all_used() -> None:
    mounted = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert set(COMPOSE["volumes"]) <= mounted


@all_services()
def test_ports_are_for_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_every_secret_is_named_in_the_example() -> None:
    required = {match["name"] for match in variables(COMPOSE) if match["operator"] != ":-"}
    assert required == set(read_example())


@pytest.mark.parametrize("name", read_example())
def test_file_is_refused_without_the_secret(name: str) -> None:
    environment = dict.fromkeys(read_example(), "value") | {name: ""}
    with pytest.raises(MissingVariableError, match=f"^{name} is missing, run docker/make-env.sh$"):
        fill_in(COMPOSE, environment)


def test_secrets_are_not_committed() -> None:
    assert ".env" in (PROJECT / ".gitignore").read_text().splitlines()


@all_services()
def test_no_secret_is_written_down(name: str) -> None:
    assert set(read_example().values()) == {""}
    assert "env_file" not in SERVICES[name]
    for option, value in SERVICES[name].get("environment", {}).items():
        assert isinstance(value, str), f"{option}: a number or a truth value in YAML is not what it seems"
        if SECRET.search(option):
            # What is not a variable is the rest of a URL, which has no password.
            assert variables(value), option
            assert not re.search(r"://[^/@]*:[^/@]+@", re.sub(r"\$\{[^}]*\}", "", value)), option
        else:
            assert not variables(value), option


def airflow_options() -> list[tuple[str, str]]:
    names = {name for service in OF_AIRFLOW.values() for name in service["environment"]}
    options = [name.split("__", 2)[1:] for name in sorted(names) if name.startswith("AIRFLOW__")]
    return [(section.lower(), option.lower()) for section, option in options]


@pytest.mark.parametrize(("section", "option"), airflow_options())
def test_option_exists(section: str, option: str) -> None:
    from airflow.configuration import conf

    if section == "airflow_artifacts":
        assert option in get_provider_info()["config"][section]["options"]
    else:
        options = conf.configuration_description[section]["options"]
        assert option in options or (section, option) in OPTIONS_OF_PROVIDERS


def commands() -> list[list[str]]:
    """Give the words after each ``airflow`` in commands and health checks."""
    given = [service.get("command", []) for service in OF_AIRFLOW.values()]
    given += [service["healthcheck"]["test"] for service in OF_AIRFLOW.values() if "healthcheck" in service]
    text = "\n".join(" ".join(command) for command in given)
    return [found.split() for found in re.findall(r"(?:^|\s)airflow ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text)]


def test_commands_are_found() -> None:
    found = [" ".join(words) for words in commands()]
    assert found == [
        *("db migrate", "users create", "artifacts check-store"),
        *("api-server", "scheduler", "dag-processor", "triggerer", "celery worker"),
        *("jobs check", "jobs check"),
    ]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_command_exists(words: list[str]) -> None:
    from airflow.cli.cli_config import ActionCommand, GroupCommand, core_commands

    from airflow_artifacts.cli.definition import get_artifacts_cli_commands

    known = {command.name: command for command in [*core_commands, *get_artifacts_cli_commands()]}
    if words[0] in OF_PROVIDERS:
        return
    command = known[words[0]]
    if isinstance(command, GroupCommand):
        assert words[1] in {each.name for each in command.subcommands}
    else:
        assert isinstance(command, ActionCommand)
        assert len(words) == 1


def test_services_call_each_other_by_names_that_exist() -> None:
    environment = fill_in(SERVICES["worker"]["environment"], dict.fromkeys(read_example(), "value"))
    hosts = {
        host for value in environment.values() for host in re.findall(r"://(?:[^/@]*@)?([\w-]+):\d+/?", value)
    }
    assert hosts == {"api-server", "postgres", "redis", "s3"}


def test_bucket_of_the_root_is_made() -> None:
    root = SERVICES["worker"]["environment"]["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"]
    assert f"-bucket={root.split('/')[2]}" in SERVICES["s3"]["command"]


def make_environment(target: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(PROJECT / "docker" / "make-env.sh"), str(target)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_secrets_are_made(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert make_environment(tmp_path / name).returncode == 0
    one, two = (read_environment(tmp_path / name) for name in ("one", "two"))
    assert list(one) == list(two) == list(read_example())
    assert not set(one.values()) & set(two.values())
    assert len(set(one.values())) == len(one)
    assert len(base64.urlsafe_b64decode(one.pop("AIRFLOW_FERNET_KEY"))) == 32
    assert all(re.fullmatch(r"[0-9a-f]{20,}", value) for value in one.values())  # they stand in URLs
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0
    fill_in(COMPOSE, read_environment(tmp_path / "one"))


def test_secrets_in_use_are_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "one"
    target.write_text("kept")
    made = make_environment(target)
    assert made.returncode == 1
    assert "exists" in made.stderr
    assert target.read_text() == "kept"
