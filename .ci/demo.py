"""Runs the example DAG and says where its results lie."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the demo; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", help="a JSON Lines, CSV or Parquet file")
    parser.add_argument("--column", default="text", help="its column with the text")
    parser.add_argument("--output", required=True, help="folder for the data set")
    arguments = parser.parse_args()
    if arguments.input and not Path(arguments.input).exists():
        sys.stderr.write(f"There is no file {arguments.input}. Give INPUT=<path of a file>.\n")
        return 2
    output = Path(arguments.output).absolute()
    parameters = {"text_column": arguments.column, "output_path": str(output)}
    if arguments.input:
        parameters["input_path"] = str(Path(arguments.input).resolve())
    airflow = [sys.executable, "-W", "ignore", "-m", "airflow"]
    subprocess.run([*airflow, "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
    run = [*airflow, "dags", "test", "example_text_statistics", "--conf", json.dumps(parameters)]
    code = subprocess.run(run, check=False).returncode
    if code:
        sys.stderr.write("The DAG run failed: see the error above.\n")
        return code
    plot = next(iter(sorted(output.glob("artifacts/**/*.png"))), "none")
    sys.stdout.write(f"\nData set: {output}\nCard:     {output / 'README.md'}\nPlot:     {plot}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
