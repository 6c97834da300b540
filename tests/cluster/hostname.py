"""The name of the container that a process is in: there the host has it, here the environment."""

from __future__ import annotations

import os


def get_hostname() -> str:
    return os.environ["HOSTNAME"]
