"""``python -m airflow_artifacts.testing`` runs a fake Hub until it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading

from airflow_artifacts.testing import FakeHub


def main() -> None:
    """Start a fake Hub, print what lets other processes use it, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m airflow_artifacts.testing", description="Run a fake Hub.")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1, default: a free one")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), FakeHub(port=port) as hub:
        sys.stdout.write(f"HF_ENDPOINT={hub.endpoint} HF_TOKEN={hub.token}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
