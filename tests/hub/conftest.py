"""A fake Hub for each test that asks for one."""

from tests.hub.fixtures import hub, login, slept, without_xet

__all__ = ["hub", "login", "slept", "without_xet"]
