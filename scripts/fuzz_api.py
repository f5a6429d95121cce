"""schemathesis against a running Berth: no 5xx, and no answer that docs/reference/openapi.json doesn't describe.

    fuzz_api.py --berth PROGRAM [--seconds N] [--seed N]

Berth runs on SQLite, with an AWS simulator behind it and one cloud account registered. The requests are the
same in every run unless another seed is given.
"""

import argparse
import os
import subprocess
import sys

from stage import ROOT, Berth, Customer, Failed, Simulator, Stage

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--berth", required=True, help="the program")
    arguments.add_argument("--seconds", type=int, default=90, help="stop asking after that many; default 90")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    try:
        with Stage("fuzz") as stage:
            return fuzz(stage, options)
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        return 1


def fuzz(stage, options):
    simulator = Simulator(stage)
    berth = Berth(
        stage,
        options.berth,
        AWS_ENDPOINT_URL=simulator.endpoint,
        BERTH_RATE_LIMIT_PER_MINUTE="1000000",
    )
    credentials = berth.init("Fuzz", "owner@fuzz.example")
    berth.serve()
    register_one(berth, Customer(simulator, berth))

    key = credentials["apiKey"]
    done = subprocess.run(
        [
            str(ROOT / ".cache/venv/bin/schemathesis"),
            "run",
            str(ROOT / "docs/reference/openapi.json"),
            f"--origin={berth.url}",
            f"--header=x-api-key: {key['accountKey']}",
            f"--header=x-api-secret-key: {key['secretKey']}",
            # It would revoke the keys it comes with, and see nothing but 401 from then on.
            "--exclude-operation-id=revoke_api_key",
            f"--checks={','.join(CHECKS)}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=50",
            f"--max-time={options.seconds}",
            f"--seed={options.seed}",
            "--generation-database=none",
            "--request-timeout=30",
            "--continue-on-failure",
            "--warnings=off",
            "--no-color",
        ],
        cwd=stage.directory,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
    )
    # What is still queued would be verified with made-up keys: nobody waits for that.
    return done.returncode


def register_one(berth, customer):
    """So that there is something to read and change."""
    customer.prepare()
    body = {
        "name": "fuzz",
        "accessKeyId": customer.access_key["access_key"],
        "accessSecretKey": customer.access_key["secret_key"],
        "consoleRoleName": "berth-console",
    }
    status, accepted = berth.request("POST", "/v1/cloud-accounts", body)
    if status != 202:
        raise Failed(f"the first cloud account was answered {status}: {accepted}")
    task = berth.finished_task(accepted["taskId"])
    if task["status"] != "processing-completed":
        raise Failed(f"the first cloud account was refused: {task}")


if __name__ == "__main__":
    sys.exit(main())
