"""Starts one AWS simulator and lets tests talk to it through stdin and stdout.

    launch.py moto|moto-plain|ministack|fakecloud [--port N] [--account ID] [--socket PATH]

First line on stdout, once the simulator answers:
    {"endpoint": "http://127.0.0.1:PORT", "admin": {"account_id": …, "access_key": …, "secret_key": …}}
Then the bridge: one JSON object per line on stdin, one answer per line on stdout.
    {"service": "iam", "operation": "create_user", "params": {…}, "access_key": …, "secret_key": …,
     "session_token": optional, "region": optional}            any call boto3 can make
    {"admin": {"account_id": "123456789012"}}                  administrator's credentials of an account
    {"root": {}}                                               a root user's credentials, where there are any
    → {"ok": {…}} or {"error": {"code": …, "message": …}}
With --socket the same conversation, first line included, can be had by any number of others on a Unix socket,
which is there once the simulator answers.

It ends, and the simulator with it, when stdin closes, on SIGTERM or on SIGINT: whoever
started it can't leave an orphan. All noise goes to stderr.

Limits of the simulators are listed where the patches are (moto_patched.py) and in the
tests (crates/testkit/tests/it/simulators.rs).
"""

import argparse
import contextlib
import ctypes
import datetime
import functools
import importlib
import io
import json
import logging
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = "127.0.0.1"
REGION = "us-east-1"
START_SECONDS = 60
DEFAULT_ACCOUNT = {
    "moto": "123456789012",
    "moto-plain": "123456789012",
    "ministack": "000000000000",
    "fakecloud": "123456789012",
}
# ministack takes these from the environment as the root user of its default account. They have
# the shape of real ones so that a program which checks shapes gets as far as "root is refused".
MINISTACK_ROOT = {"access_key": "AKIAROOTROOTROOTROOT", "secret_key": "root" * 10}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kind", choices=sorted(DEFAULT_ACCOUNT))
    arguments.add_argument("--port", type=int, default=0, help="0 picks a free one")
    arguments.add_argument("--account", help="whose administrator the first line names")
    arguments.add_argument("--socket", help="talk to others here as well")
    options = arguments.parse_args()

    forget_surroundings()
    # Only answers may reach stdout, whatever the simulators print.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

    start = {"moto": Moto, "moto-plain": Moto, "ministack": Ministack, "fakecloud": Fakecloud}[options.kind]
    simulator = start(options.kind, options.port)
    try:
        account = options.account or DEFAULT_ACCOUNT[options.kind]
        hello = {"endpoint": simulator.endpoint, "admin": simulator.admin(account)}
        if options.socket:
            talk_to_others(simulator, hello, options.socket)
        converse(simulator, hello, sys.stdin, answers)
    finally:
        if options.socket:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(options.socket)
        simulator.stop()


def converse(simulator, hello, questions, answers):
    with contextlib.suppress(BrokenPipeError, ConnectionError):  # whoever asked died before reading
        send(answers, hello)
        for line in questions:
            send(answers, answer(simulator, json.loads(line)))


def talk_to_others(simulator, hello, path):
    class Conversation(socketserver.StreamRequestHandler):
        def handle(self):
            questions = io.TextIOWrapper(self.rfile, encoding="utf-8")
            converse(simulator, hello, questions, io.TextIOWrapper(self.wfile, encoding="utf-8"))

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        request_queue_size = 64

    # Under another name until it listens: who sees it can connect.
    server = Server(path + ".new", Conversation)
    os.rename(path + ".new", path)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def forget_surroundings():
    """Neither the developer's AWS settings nor a web proxy may come between tests and simulator."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = HOST
    sys.dont_write_bytecode = True


def send(answers, message):
    answers.write(json.dumps(message, default=as_text) + "\n")
    answers.flush()


def as_text(value):
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


def answer(simulator, request):
    try:
        if "admin" in request:
            return {"ok": simulator.admin(request["admin"]["account_id"])}
        if "root" in request:
            return {"ok": simulator.root()}
        return {"ok": call(simulator.endpoint, request)}
    except ClientError as error:
        return {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"].get("Message", "")}}
    except Exception as error:  # moto's bare 500, a connection refused, an operation boto3 doesn't know
        return {"error": {"code": type(error).__name__, "message": str(error)}}


def call(endpoint, request):
    Caller.now.credentials = Credentials(request["access_key"], request["secret_key"], request.get("session_token"))
    connection = client(endpoint, request["service"], request.get("region") or REGION)
    reply = getattr(connection, request["operation"])(**request.get("params", {}))
    reply.pop("ResponseMetadata", None)
    return reply


class Caller:
    """Whoever this thread calls as: a client takes long to make, so that one serves all callers."""

    now = threading.local()

    def get_frozen_credentials(self):
        return self.now.credentials.get_frozen_credentials()

    def __getattr__(self, name):
        return getattr(self.now.credentials, name)


MAKING = threading.Lock()
CLIENTS = {}


def client(endpoint, service, region):
    with MAKING:
        if (service, region) not in CLIENTS:
            CLIENTS[service, region] = session().create_client(
                service,
                endpoint_url=endpoint,
                region_name=region,
                # A refusal is what many tests are about: asking again would only hide or slow it.
                config=Config(
                    retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, max_pool_connections=32
                ),
            )
        return CLIENTS[service, region]


@functools.cache
def session():
    made = botocore.session.Session()
    made._credentials = Caller()
    return made


class Moto:
    """moto in this very process, so that it can't outlive it."""

    def __init__(self, kind, port):
        # Before moto is imported: IAM enforced from the first call.
        os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
        # Tracebacks are wanted, except of the call that plain moto is here to fail.
        quiet = logging.ERROR if kind == "moto" else logging.CRITICAL
        logging.getLogger("werkzeug").setLevel(quiet)
        from moto.moto_server.threaded_moto_server import ThreadedMotoServer

        import moto_patched

        moto_patched.enforce_as_aws()
        moto_patched.depend_as_aws()
        if kind == "moto":
            moto_patched.simulate_principal_policy()
        # moto loads a service at its first call. EC2 takes seconds, in which it answers no other call either.
        importlib.import_module("moto.ec2.models")
        importlib.import_module("moto.ec2.responses")
        server = ThreadedMotoServer(HOST, port, verbose=False)
        server.start()
        self.endpoint = "http://%s:%d" % server.get_host_and_port()

    @functools.cache
    def admin(self, account_id):
        import moto_patched

        with MAKING:
            return moto_patched.create_admin(account_id, REGION)

    def root(self):
        raise NotImplementedError("moto has no root user")

    def stop(self):
        pass


class Ministack:
    """ministack as it comes: a 12-digit access key id is the root user of that account.

    Unlike AWS: SimulatePrincipalPolicy ignores ContextEntries, paging and all resources but the
    first, and answers implicitDeny for a principal that doesn't exist; statements conditioned on
    tags deny; GetUser without a name is always the root user; a user may have a third access key.
    """

    def __init__(self, _kind, port):
        # It leaves a pid file in TMPDIR.
        self.scratch = tempfile.mkdtemp(prefix="berth-ministack-")
        environment = {
            "AUTH": "true",
            "BIND_HOST": HOST,
            "IOT_MTLS_ENABLED": "0",  # else it opens port 8883 to the world
            "LOG_LEVEL": "WARNING",
            "TMPDIR": self.scratch,
            "AWS_ACCESS_KEY_ID": MINISTACK_ROOT["access_key"],
            "AWS_SECRET_ACCESS_KEY": MINISTACK_ROOT["secret_key"],
        }
        start_process(
            self,
            port,
            lambda _chosen: [sys.executable, os.path.join(HERE, "ministack_patched.py")],
            lambda chosen: {**environment, "GATEWAY_PORT": str(chosen)},
        )
        # It loads a service at its first call, too, and answers nothing else meanwhile.
        for service, operation in [("iam", "list_users"), ("sts", "get_caller_identity"), ("ec2", "describe_vpcs")]:
            call(self.endpoint, {"service": service, "operation": operation, **self.root()})

    def admin(self, account_id):
        return {"account_id": account_id, "access_key": account_id, "secret_key": MINISTACK_ROOT["secret_key"]}

    def root(self):
        return {"account_id": DEFAULT_ACCOUNT["ministack"], **MINISTACK_ROOT}

    def stop(self):
        stop_process(self)
        shutil.rmtree(self.scratch, ignore_errors=True)


class Fakecloud:
    """fakecloud from $FAKECLOUD (not on PyPI: `cargo install fakecloud --locked`)."""

    def __init__(self, _kind, port):
        binary = os.environ.get("FAKECLOUD") or shutil.which("fakecloud")
        if not binary:
            sys.exit("fakecloud is not installed: `cargo install fakecloud --locked`, then set FAKECLOUD to its path")
        start_process(
            self,
            port,
            lambda chosen: [binary, "--addr", f"{HOST}:{chosen}", "--verify-sigv4", "--iam", "strict"],
            lambda _chosen: {"RUST_LOG": "warn"},
        )

    @functools.cache
    def admin(self, account_id):
        # fakecloud's own door for tests: `test`/`test` is root, but of the default account only.
        # Unverified here: written from its sources at 0.51, where the binary wasn't at hand.
        created = post_json(
            self.endpoint + "/_fakecloud/iam/create-admin", {"accountId": account_id, "userName": "simulator-admin"}
        )
        return {
            "account_id": account_id,
            "access_key": created["accessKeyId"],
            "secret_key": created["secretAccessKey"],
        }

    def root(self):
        return {"account_id": DEFAULT_ACCOUNT["fakecloud"], "access_key": "test", "secret_key": "test"}

    def stop(self):
        stop_process(self)


def post_json(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def start_process(simulator, port, command, environment):
    """A port found free can be taken before it is used, so that is tried again."""
    for _ in range(5):
        chosen = port or free_port()
        simulator.endpoint = f"http://{HOST}:{chosen}"
        simulator.process = subprocess.Popen(
            command(chosen),
            env={**os.environ, **environment(chosen)},
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        if wait_until_answers(simulator.process, chosen):
            return
        if port:
            break
    simulator.stop()
    sys.exit(f"the simulator did not start: {' '.join(command(chosen))}")


def stop_process(simulator):
    simulator.process.kill()  # nothing in it is worth keeping
    simulator.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Linux only: the kernel kills the simulator even when this process is killed with SIGKILL."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (AttributeError, OSError):
        pass


def wait_until_answers(process, port):
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


if __name__ == "__main__":
    main()
