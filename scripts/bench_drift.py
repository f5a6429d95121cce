"""The drift pass for bench.py: how often Berth calls AWS, what it costs beside Cloud Custodian, and its memory."""

import json
import os
import re
import resource
import sqlite3
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

from stage import OPENER, REGION, Berth, Customer, Failed, Simulator

POLICIES = """
policies:
  - {name: groups, resource: aws.security-group}
  - {name: instances, resource: aws.ec2}
"""
DEPLOYMENTS = 4  # AWS lets an AWS account have five VPCs in a region, and one is there from the beginning
LOOKS = 10
CALLS = 15  # nine kinds by tag, six of them by VPC too
CALLS_A_VPC = 2  # AWS gives one attribute of one VPC at a time
SIZE_GB = 1_480  # 31 nodes each: with their volumes and network interfaces, more than 500 resources
FEW, MANY = 10, 1_000


def drift(stage, built, program, size_gb=SIZE_GB, many=MANY):
    """Rows about one AWS account with `DEPLOYMENTS` deployments; `size_gb` decides how many nodes each has."""
    simulator = Simulator(stage)
    berth = Berth(stage, built / "berth", AWS_ENDPOINT_URL=simulator.endpoint, BERTH_LOG_FILTER="warn",
                  BERTH_DATABASE_URL=f"sqlite://{stage.directory}/drift.db",
                  BERTH_MASTER_KEY_FILE=f"{stage.directory}/drift.key", BERTH_AWS_SETTLING_SECONDS="1",
                  BERTH_DRIFT_INTERVAL_SECONDS="3600")
    berth.init("Acme", "owner@acme.example")
    customer = Customer(simulator, berth)
    customer.prepare()
    berth.serve()
    ids = subscribe(berth, customer, size_gb)
    resources = sum(counted(deployment(berth, id_)) for id_ in ids)
    before, used = calls(berth), processor(berth.process.pid)
    for _ in range(LOOKS):
        look(stage)
    ours = (processor(berth.process.pid) - used) / LOOKS
    each = (calls(berth) - before) / LOOKS
    theirs = custodian(stage, program, simulator, customer)
    least = CALLS + CALLS_A_VPC * DEPLOYMENTS
    less = theirs / ours
    rows = [
        (f"AWS calls of a drift pass over {resources} resources", f"{each:.0f}", f"at most {least}", each <= least),
        ("processor time of that pass", f"{ours * 1000:.0f} ms", f"under 1/10 of Cloud Custodian's ({less:.0f} ×)",
         less >= 10),
        ("Cloud Custodian's look at its groups and instances", f"{theirs * 1000:.0f} ms", "", None),
    ]
    return rows + [flat(stage, berth, many)]


def subscribe(berth, customer, size_gb):
    key = customer.access_key
    _, task = berth.request("POST", "/v1/cloud-accounts", {
        "name": "production", "accessKeyId": key["access_key"], "accessSecretKey": key["secret_key"],
        "consoleRoleName": "berth-console"})
    cloud_account = berth.finished_task(task["taskId"])["response"]["resourceId"]
    ids = []
    for number in range(DEPLOYMENTS):
        region = {"region": REGION, "networking": {"deploymentCIDR": f"10.0.{number}.0/24"}}
        status, task = berth.request("POST", "/v1/subscriptions", {
            "name": f"orders {number}", "paymentMethod": "marketplace",
            "cloudProviders": [{"cloudAccountId": cloud_account, "regions": [region]}],
            "databases": [{"name": "db", "protocol": "redis", "datasetSizeInGb": min(size_gb, 40),
                           "quantity": max(1, size_gb // 40), "replication": False}]})
        if status != 202:
            raise Failed(f"not accepted: {task}")
        done = berth.finished_task(task["taskId"])
        if "resourceId" not in done["response"]:
            raise Failed(f"not ordered: {done}")
        id_ = done["response"]["resourceId"]
        # Three may be under way at a time.
        wait(lambda: berth.request("GET", f"/v1/subscriptions/{id_}")[1]["status"] == "active", 600, "not built")
        ids.append(id_)
    return ids


def deployment(berth, id_):
    return berth.request("GET", f"/api/subscriptions/{id_}/deployments")[1]["deployments"][0]


def counted(one):
    """How many AWS objects a deployment is: each node has a network interface, which is not listed."""
    return len(one["resources"]) + sum(resource["kind"] == "instance" for resource in one["resources"])


def look(stage):
    """Has all of them compared in one pass, and waits for it, without asking Berth: that would count as its work."""
    asked = time.time_ns() // 1000
    # In one transaction: asked for one by one, they might be compared one by one.
    with sqlite3.connect(stage.directory / "drift.db", timeout=30) as database:
        call_for_all(database)
    compared = "SELECT min(compared_at) FROM deployments"
    with sqlite3.connect(f"file:{stage.directory}/drift.db?mode=ro", uri=True, timeout=30) as database:
        wait(lambda: database.execute(compared).fetchone()[0] > asked, 60, "no comparison")


def call_for_all(database):
    database.execute("UPDATE deployments SET next_at = 0")
    database.execute("UPDATE work SET due_at = 0, wanted = wanted + 1 WHERE kind = 'sites'")


def wait(condition, seconds, otherwise):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} in {seconds} s")
        time.sleep(0.2)


def calls(berth):
    """Every call to AWS so far."""
    with OPENER.open(urllib.request.Request(berth.url + "/metrics"), timeout=10) as reply:
        text = reply.read().decode()
    return sum(float(value) for value in re.findall(r"^berth_aws_calls_total\{[^}]*\} (\S+)$", text, re.M))


def processor(pid):
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def custodian(stage, program, simulator, customer):
    """Processor seconds of Cloud Custodian for the same security groups and instances."""
    policies = stage.directory / "policies.yml"
    policies.write_text(POLICIES)
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": customer.access_key["access_key"],
                   "AWS_SECRET_ACCESS_KEY": customer.access_key["secret_key"], "AWS_ENDPOINT_URL": simulator.endpoint,
                   "AWS_DEFAULT_REGION": REGION}
    command = [str(program), "run", "--region", REGION, "--cache-period", "0", "-s", str(stage.directory / "c7n"),
               str(policies)]
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before = used()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"custodian failed: {done.stderr.strip()[-2000:]}")
    seen = json.loads((stage.directory / "c7n/instances/resources.json").read_text())
    if not seen:
        raise Failed("custodian saw no instances")
    return used() - before


def flat(stage, berth, many):
    """Memory with few deployments and with many of them at one site."""
    berth.process.terminate()
    berth.process.wait(35)
    peaks = []
    for count in (FEW, many):
        multiply(stage.directory / "drift.db", count)
        berth.serve()
        peaks.append(peak(berth, 30))
        berth.process.terminate()
        berth.process.wait(35)
    grown = peaks[1] - peaks[0]
    return (f"memory from {FEW} to {many:,} deployments", f"{peaks[0]:.0f} to {peaks[1]:.0f} MB", "at most 100 MB more",
            grown <= 100)


def peak(berth, seconds):
    """The most memory it had in so many seconds, in which all deployments are compared, in MB."""
    time.sleep(seconds)
    status = Path(f"/proc/{berth.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def multiply(path, count):
    """Copies the deployments in the database until there are so many; all are due."""
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        models = database.execute("SELECT * FROM deployments ORDER BY created_at LIMIT ?", (DEPLOYMENTS,)).fetchall()
        there = database.execute("SELECT count(*) FROM deployments").fetchone()[0]
        for number in range(there, count):
            copy(database, models[number % len(models)], 1_000_000 + number)
        call_for_all(database)


def copy(database, model, number):
    subscription = database.execute("SELECT * FROM subscriptions WHERE id = ?", (model["subscription_id"],)).fetchone()
    insert(database, "subscriptions", {**dict(subscription), "id": number, "name": f"copy {number}"})
    id_ = uuid.uuid4().bytes
    insert(database, "deployments", {**dict(model), "id": id_, "subscription_id": number})
    for record in database.execute("SELECT * FROM deployment_resources WHERE deployment_id = ?", (model["id"],)):
        insert(database, "deployment_resources", {**dict(record), "deployment_id": id_})


def insert(database, table, row):
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))


if __name__ == "__main__":
    import argparse

    from stage import Stage

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--built", type=Path, required=True, help="the directory of the programs")
    parser.add_argument("--custodian", type=Path, required=True, help="the program of Cloud Custodian")
    parser.add_argument("--gigabytes", type=int, default=SIZE_GB, help="of each database: how many nodes there are")
    parser.add_argument("--many", type=int, default=MANY, help="deployments, for the memory they take")
    options = parser.parse_args()
    with Stage("bench") as stage:
        for row in drift(stage, options.built, options.custodian, options.gigabytes, options.many):
            print(row)
