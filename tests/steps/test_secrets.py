from __future__ import annotations

from pydantic import BaseModel, SecretBytes, SecretStr

from airflow_artifacts.steps import GeneratorStep, GeneratorStepOutput, RuntimeParameter
from airflow_artifacts.steps.secrets import find_secrets, hide_secrets


class Model(BaseModel):
    key: SecretStr | None = None
    name: str = ""


class Secretive(GeneratorStep):
    token: RuntimeParameter[SecretStr] | None = None
    raw: SecretBytes = SecretBytes(b"raw")
    model: Model = Model()
    models: list[Model] = []
    text: str = ""

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        yield [], True


def test_values_for_secret_fields_are_hidden() -> None:
    values = {"token": "t", "text": "x", "model": {"key": "k", "name": "n"}, "unknown": "u"}
    hidden = hide_secrets(Secretive(), values)
    assert hidden == {
        "token": SecretStr("t"),
        "text": "x",
        "model": {"key": SecretStr("k"), "name": "n"},
        "unknown": "u",
    }
    assert "'t'" not in str(hidden)
    assert hide_secrets(Secretive(), {"token": "{{ var.value.token }}"}) == {"token": "{{ var.value.token }}"}


def test_all_secrets_are_found() -> None:
    model = Model(key=SecretStr("k"))
    step = Secretive(token=SecretStr("t"), model=model, models=[Model(key=SecretStr("l"))])
    assert find_secrets(step) == ["t", "raw", "k", "l"]
    assert find_secrets({"a": [SecretStr("x")], "b": 1}) == ["x"]
