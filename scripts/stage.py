"""What demo.py and fuzz_api.py play on: an AWS simulator, an AWS account in it, and a running Berth.

Everything started here ends with the script that started it, however that ends.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".cache/venv/bin/python"
HOST = "127.0.0.1"
REGION = "us-east-1"
OPERATOR_ACCOUNT = "999988887777"  # the AWS account that console roles trust
CUSTOMER_ACCOUNT = "111122223333"


class Failed(Exception):
    """A step did not do what it should have; the message is for people."""


class Simulator:
    """moto with IAM enforcement on, driven through the launcher that the tests use."""

    def __init__(self, stage):
        launcher = ROOT / "crates/testkit/simulators/launch.py"
        self.log = stage.directory / "simulator.log"
        self.process = stage.start(
            [str(VENV_PYTHON), str(launcher), "moto"],
            log=self.log,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.endpoint = self._read()["endpoint"]

    def admin(self, account):
        """An administrator's credentials of an AWS account, which comes into being by this."""
        return self._ask({"admin": {"account_id": account}})

    def call(self, credentials, service, operation, **params):
        """One AWS call in boto3's words, with somebody's credentials."""
        keys = {name: credentials[name] for name in ("access_key", "secret_key")}
        return self._ask({"service": service, "operation": operation, "params": params, **keys})

    def _ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise Failed(f"the AWS simulator refused {request}: {answer['error']}")
        return answer["ok"]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the AWS simulator ended; its last words:\n{tail(self.log)}")
        return json.loads(line)


class Customer:
    """What a customer's administrator does in AWS before the account is registered with Berth."""

    def __init__(self, simulator, berth, account=CUSTOMER_ACCOUNT):
        self.account = account
        self._simulator = simulator
        self._admin = simulator.admin(account)
        self.policy = berth.command_json("iam", "policy", "--aws-account-id", account)
        self.trust_policy = berth.command_json("iam", "trust-policy")

    def prepare(self):
        """User, key, policy, console role, node role, instance profile: all that Berth asks for."""
        self.access_key = self.add_user("berth-user", self.policy)
        self.iam("create_role", RoleName="berth-console", AssumeRolePolicyDocument=json.dumps(self.trust_policy))
        trusts_ec2 = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        self.iam("create_role", RoleName="berth-node", AssumeRolePolicyDocument=json.dumps(trusts_ec2))
        self.iam("create_instance_profile", InstanceProfileName="berth-node")
        self.iam("add_role_to_instance_profile", InstanceProfileName="berth-node", RoleName="berth-node")

    def add_user(self, name, policy):
        """A user who has that policy and nothing else; returns its access key."""
        self.iam("create_user", UserName=name)
        self._add_policy(name, policy)
        return self.add_access_key(name)

    def replace_policy(self, user, policy):
        """Gives a user that policy instead of the one it has."""
        arn = f"arn:aws:iam::{self.account}:policy/{user}-policy"
        self.iam("detach_user_policy", UserName=user, PolicyArn=arn)
        self.iam("delete_policy", PolicyArn=arn)
        self._add_policy(user, policy)

    def _add_policy(self, user, policy):
        made = self.iam("create_policy", PolicyName=f"{user}-policy", PolicyDocument=json.dumps(policy))
        self.iam("attach_user_policy", UserName=user, PolicyArn=made["Policy"]["Arn"])

    def add_access_key(self, user):
        key = self.iam("create_access_key", UserName=user)["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    def policy_for(self, user, without=()):
        """The policy as `berth iam policy` prints it, for another user and less some actions."""
        policy = json.loads(json.dumps(self.policy).replace(":user/berth-user", f":user/{user}"))
        for statement in policy["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action not in without]
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
        return policy

    def iam(self, operation, **params):
        return self._simulator.call(self._admin, "iam", operation, **params)

    def ec2(self, operation, **params):
        """What the customer's administrator does by hand, in boto3's words."""
        return self._simulator.call(self._admin, "ec2", operation, **params)

    def cloudwatch(self, operation, **params):
        """What an instance would tell CloudWatch of itself, in boto3's words."""
        return self._simulator.call(self._admin, "cloudwatch", operation, **params)


class Berth:
    """A Berth of one's own, on SQLite in the stage's directory."""

    def __init__(self, stage, binary, port=0, **settings):
        self._stage = stage
        self._binary = str(binary)
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = stage.directory / "berth.log"
        self._keys = {}
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BERTH_"))}
        self._environment = {
            **mine,
            "BERTH_LISTEN": f"{HOST}:{self.port}",
            "BERTH_DATABASE_URL": f"sqlite://{stage.directory}/berth.db",
            "BERTH_MASTER_KEY_FILE": f"{stage.directory}/berth-master.key",
            "BERTH_OPERATOR_AWS_ACCOUNT_ID": OPERATOR_ACCOUNT,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **settings,
        }

    def command(self, *arguments):
        """Runs `berth ARGUMENTS` to its end and returns what it printed."""
        done = subprocess.run(
            [self._binary, *arguments], env=self._environment, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise Failed(f"`berth {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def command_json(self, *arguments):
        return json.loads(self.command(*arguments))

    def init(self, account, owner):
        """`berth init`; from then on requests carry the new account's API keys."""
        made = self.command_json("init", "--account", account, "--owner-email", owner, "--json")
        self._keys = {"x-api-key": made["apiKey"]["accountKey"], "x-api-secret-key": made["apiKey"]["secretKey"]}
        return made

    def serve(self, seconds=30):
        """`berth serve`, until it is ready; returns how long that took."""
        started = time.monotonic()
        self.process = self._stage.start([self._binary, "serve"], log=self.log, env=self._environment)
        answer = "no answer"
        while time.monotonic() - started < seconds:
            if self.process.poll() is not None:
                raise Failed(f"`berth serve` ended at once; its last words:\n{tail(self.log)}")
            with contextlib.suppress(OSError):
                status, answer = self.request("GET", "/readyz")
                if status == 200:
                    return time.monotonic() - started
            time.sleep(0.01)
        raise Failed(f"`berth serve` was not ready after {seconds} s ({answer}); its last words:\n{tail(self.log)}")

    def request(self, method, path, body=None):
        """One request with the API keys; returns the status and the answer's JSON (or text)."""
        headers = {**self._keys, "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with OPENER.open(request, timeout=60) as reply:
                return reply.status, as_json(reply.read())
        except urllib.error.HTTPError as refused:
            return refused.code, as_json(refused.read())

    def finished_task(self, task_id, seconds=60):
        """Polls a task as API clients do, until it is finished."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, task = self.request("GET", f"/v1/tasks/{task_id}")
            if status != 200:
                raise Failed(f"GET /v1/tasks/{task_id} answered {status}: {task}")
            if task["status"] in ("processing-completed", "processing-error"):
                return task
            time.sleep(0.1)
        raise Failed(f"task {task_id} was not finished after {seconds} s: {task}")


class Stage:
    """A scratch directory and the processes started in it; `with Stage() as stage: …` ends them all."""

    def __init__(self, name):
        self._name = name
        self._processes = []

    def __enter__(self):
        if not VENV_PYTHON.exists():
            raise Failed("the Python environment is missing: run `make setup`")
        # So that a plain `kill` cleans up, too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
        self.directory = Path(tempfile.mkdtemp(prefix=f"berth-{self._name}-"))
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            self._end(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, command, log, **options):
        """A process that Ctrl-C does not reach, so that all end in order; the kernel ends it with us."""
        with open(log, "ab") as output:
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, **options}
            process = subprocess.Popen(
                command, start_new_session=True, preexec_fn=die_with_parent, **options
            )
        self._processes.append(process)
        return process

    def _end(self, process):
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.terminate()
        try:
            process.wait(35)  # `berth serve` has 30 s to drain
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# Whatever proxy this machine uses, it is not for loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def die_with_parent():
    """Linux only."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def as_json(body):
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def free_port(wanted=0):
    """`wanted` if nobody listens there, else some free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return free_port()
        return probe.getsockname()[1]


def tail(path, lines=20):
    with contextlib.suppress(OSError):
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    return ""
