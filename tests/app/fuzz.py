"""Made-up requests against the documented API: ``make fuzz``.

Schemathesis makes up what the OpenAPI document allows and what it forbids, and checks every answer
with all of its checks: no 5xx, no status that is not documented, no body that breaks its schema, no
good request refused and no bad one taken.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.app.running import Server
from tests.conftest import ROOT


def fuzz(server: Server, examples: int, seed: int) -> tuple[bool, int, str]:
    """Makes up at most ``examples`` requests for each operation and way to make them up.

    Returns:
        Whether all checks passed, how many requests were made, and the report.
    """
    ended = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--no-color"),
            *("--config-file", "tests/app/schemathesis.toml"),
            *("run", f"{server.url}/openapi.json", "--checks", "all", "--continue-on-failure"),
            *("--max-examples", str(examples), "--seed", str(seed)),
        ],
        cwd=ROOT,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.app.schemathesis_hooks", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    report = ended.stdout + ended.stderr
    found = re.search(r"(\d+) generated", report.replace(",", ""))
    return ended.returncode == 0, int(found[1]) if found else 0, report


def main() -> None:
    """Goes on, with another seed each time, until enough requests were made."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--cases", type=int, default=5000, help="least requests (default 5000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first run (default 0)")
    options = parser.parse_args()
    total, seed = 0, options.seed
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "log") as server:
        while total < options.cases:
            is_good, count, report = fuzz(server, 1000, seed)
            total += count
            print(f"seed {seed}: {count} requests, {'all checks passed' if is_good else 'FAILED'}")
            if not is_good or not count:
                print(report)
                raise SystemExit(1)
            seed += 1
        statuses: dict[int, int] = {}
        for line in server.lines():
            if line["event"] == "request":
                statuses[line["status"]] = statuses.get(line["status"], 0) + 1
    print(f"{total} requests in all; the service answered {dict(sorted(statuses.items()))}")


if __name__ == "__main__":
    main()
