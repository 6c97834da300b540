"""Saves under one name in many processes at the same moment, and kills some of them: run by test_many_writers."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

from airflow_artifacts.client import ArtifactClient

NAME = "shared/name"
SIZE = 50_000


def content(seed: int) -> bytes:
    return random.Random(seed).randbytes(SIZE)  # noqa: S311


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # in one piece, whoever else says something


def write(root: str, seed: int, saves: int, start: float) -> None:
    client = ArtifactClient(root)
    time.sleep(max(0.0, start - time.time()))
    for number in range(saves):
        value = {"a.bin": content(seed), "b.bin": content(seed + number)}

        def files(folder: object, value: dict[str, bytes] = value) -> None:
            for name, data in value.items():
                (folder / name).write_bytes(data)  # type: ignore[operator]

        ref = client.save_artifact(NAME, files, {"seed": seed, "number": number})
        say(ref["version"], seed, number)


def main(root: str, writers: int, saves: int, kills: int) -> None:
    start = time.time() + 1.5
    children = []
    for seed in range(writers):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                write(root, seed * 1000, saves, start)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    victims = random.sample(children, kills)
    time.sleep(max(0.0, start - time.time()))
    for victim in victims:
        time.sleep(random.uniform(0, 0.15))  # noqa: S311
        os.kill(victim, signal.SIGKILL)
    codes = {child: os.waitpid(child, 0)[1] for child in children}
    failed = [child for child, code in codes.items() if code and child not in victims]
    say("failed", len(failed), "killed", sum(code == signal.SIGKILL for code in codes.values()))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
