"""What the journeys play on: an AWS simulator, Berth, and a door through which a test sets its scene.

    stage.py --berth PROGRAM

Prints one line of JSON once all of it answers: {"berth": URL, "control": URL}. Ends, and everything with it,
when stdin closes or on SIGTERM. What the door opens is in `Control`: one POST each, JSON in and out.
"""

import argparse
import http.client
import http.server
import itertools
import json
import sys
import threading
import time
import traceback
import urllib.parse
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from stage import HOST, OPERATOR_ACCOUNT, Berth, Customer, Simulator, Stage  # noqa: E402


SETTINGS = {
    # Journeys ask for a comparison themselves: none comes in between.
    "BERTH_DRIFT_INTERVAL_SECONDS": "86400",
    # The simulator shows at once what it made.
    "BERTH_AWS_SETTLING_SECONDS": "1",
    # As often as it may be.
    "BERTH_MONITORING_INTERVAL_SECONDS": "60",
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--berth", required=True, help="the program")
    options = arguments.parse_args()
    with Stage("e2e") as stage:
        simulator = Simulator(stage)
        aws = Aws(simulator.endpoint)
        # What Berth assumes roles with.
        operator = simulator.admin(OPERATOR_ACCOUNT)
        berth = Berth(
            stage,
            options.berth,
            AWS_ENDPOINT_URL=aws.url,
            AWS_ACCESS_KEY_ID=operator["access_key"],
            AWS_SECRET_ACCESS_KEY=operator["secret_key"],
            BERTH_CONSOLE_FEDERATION_URL=serve(SignInPage) + "/federation",
            BERTH_OPERATOR_MFA_SERIAL=f"arn:aws:iam::{OPERATOR_ACCOUNT}:mfa/berth",
            **SETTINGS,
        )
        control = Control(simulator, aws, berth)
        berth.command("init", "--account", "First", "--owner-email", "first@e2e.example")
        berth.serve()
        door = serve(control.handler())
        print(json.dumps({"berth": berth.url, "control": door}), flush=True)
        sys.stdin.read()


class Aws:
    """Stands before the simulator and, when told, answers late or not at all, for one customer's keys."""

    def __init__(self, endpoint):
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.faults = {}  # by access key id
        self.url = serve(self._handler())

    def _handler(aws):
        class Handler(Quiet):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                fault = aws._fault(self.headers.get("authorization") or "")
                if fault.get("spare", "\0").encode() in body:
                    fault = {}
                if fault.get("unreachable"):
                    self.close_connection = True
                    return
                time.sleep(fault.get("seconds", 0))
                upstream = http.client.HTTPConnection(aws.upstream.hostname, aws.upstream.port, timeout=60)
                # With the headers as they were signed, the host among them.
                upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    upstream.putheader(name, value)
                upstream.endheaders(body)
                reply = upstream.getresponse()
                answer = reply.read()
                try:
                    self._pass_on(reply, answer)
                except OSError:
                    self.close_connection = True  # whoever asked has stopped waiting
                upstream.close()

            def _pass_on(self, reply, answer):
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

        return Handler

    def _fault(self, authorization):
        return next((fault for key, fault in self.faults.items() if key in authorization), {})


class Control:
    """What a test can have set up; each of these is a POST to the path of its name."""

    def __init__(self, simulator, aws, berth):
        self._simulator, self._aws, self._berth = simulator, aws, berth
        self._numbers = itertools.count(1)
        self._customers = {}
        self._one_at_a_time = threading.Lock()

    def account(self, name=None, plans=("flexible",)):
        """A Berth account with an owner, and a subscription of each plan, named like it."""
        number = next(self._numbers)
        made = self._berth.command_json(
            "init", "--account", name or f"Acme {number}", "--owner-email", f"owner{number}@e2e.example", "--json"
        )
        subscriptions = [self.subscription(made["accountId"], plan) for plan in plans]
        return {
            "id": made["accountId"],
            "owner": {"email": made["owner"]["email"], "password": made["owner"]["password"]},
            "apiKey": made["apiKey"],
            "subscriptions": subscriptions,
        }

    def subscription(self, account, plan, name=None, cloudAccount=None, regions=("eu-west-1",)):
        arguments = ["--account-id", str(account), "--plan", plan, "--name", name or f"The {plan} one"]
        if cloudAccount:
            arguments += ["--cloud-account-id", str(cloudAccount)]
        for region in regions:
            arguments += ["--region", region]
        return self._berth.command_json("subscription", "add", *arguments, "--json")

    def user(self, account, role):
        number = next(self._numbers)
        made = self._berth.command_json(
            "user", "create", "--account-id", str(account), "--email", f"user{number}@e2e.example",
            "--name", f"{role} {number}", "--role", role, "--json",
        )  # fmt: skip
        return {"email": made["email"], "password": made["password"]}

    def customer(self):
        """An AWS account, prepared as the guide says."""
        number = next(self._numbers)
        customer = Customer(self._simulator, self._berth, f"{200000000000 + number}")
        customer.prepare()
        self._customers[customer.account] = customer
        return {"account": customer.account, "role": "berth-console", **key(customer.access_key)}

    def access_role(self, account, externalId, conditions=True):
        """The role that Berth assumes, as the guide says, or one that asks for no external id; its ARN."""
        customer = self._customers[account]
        trust = self._berth.command_json("iam", "trust-policy", "--external-id", externalId)
        if not conditions:
            del trust["Statement"][0]["Condition"]
        policy = self._berth.command_json("iam", "policy", "--mode", "role", "--aws-account-id", account)
        made = customer.iam("create_policy", PolicyName="BerthAccessPolicy", PolicyDocument=json.dumps(policy))
        role = customer.iam("create_role", RoleName="berth-access", AssumeRolePolicyDocument=json.dumps(trust))
        customer.iam("attach_role_policy", RoleName="berth-access", PolicyArn=made["Policy"]["Arn"])
        return {"arn": role["Role"]["Arn"]}

    def support_session(self, account, cloudAccount, by):
        """Staff asks for a session in a customer's AWS console."""
        wanted = ["--reason", "Ticket 4711", "--minutes", "15", "--mfa-code", "123456"]
        return self._support("session", str(cloudAccount), account, by, *wanted)

    def support_redeem(self, account, session, by):
        """Staff opens one that was approved."""
        return self._support("redeem", session, account, by, "--mfa-code", "123456")

    def _support(self, what, which, account, by, *more):
        return self._berth.command_json(
            "support", what, which, "--account-id", str(account), "--by", by, *more, "--json"
        )

    def access_key(self, account, user="berth-user"):
        """One more access key of a user."""
        return key(self._customers[account].add_access_key(user))

    def limited_user(self, account, without):
        """A user whose policy lacks some actions."""
        customer = self._customers[account]
        return key(customer.add_user("berth-limited", customer.policy_for("berth-limited", without)))

    def permissions(self, account, without=()):
        """Gives Berth's user the policy that the guide says, less some actions."""
        customer = self._customers[account]
        customer.replace_policy("berth-user", customer.policy_for("berth-user", without))
        return {}

    def iam(self, account, operation, params):
        """An IAM call of the customer's administrator."""
        return self._customers[account].iam(operation, **params) or {}

    def ec2(self, account, operation, params):
        """What the customer's administrator does in EC2 by hand."""
        return self._customers[account].ec2(operation, **params) or {}

    def figures(self, account, instance, values):
        """CloudWatch knows how busy an instance was: one value, in percent, for each of the last minutes."""
        now = datetime.now(timezone.utc)
        data = [
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                "Timestamp": (now - timedelta(minutes=len(values) - at)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "Value": value,
            }
            for at, value in enumerate(values)
        ]
        self._customers[account].cloudwatch("put_metric_data", Namespace="AWS/EC2", MetricData=data)
        return {}

    def fault(self, key, **fault):
        """From now on AWS is `unreachable`, or answers after so many `seconds`, for this access key id; but not
        where `spare` is in the request."""
        self._aws.faults[key] = fault
        return {}

    def handler(control):
        class Handler(Quiet):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
                try:
                    with control._one_at_a_time:
                        status, answer = 200, getattr(control, self.path[1:])(**request)
                except Exception:
                    status, answer = 500, {"error": traceback.format_exc()}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class SignInPage(Quiet):
    """AWS's sign-in page for those who come with credentials."""

    def do_GET(self):
        body = b'{"SigninToken":"a-token-of-the-stage"}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def key(access_key):
    return {"key": access_key["access_key"], "secret": access_key["secret_key"]}


def serve(handler):
    server = http.server.ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://%s:%d" % server.server_address


if __name__ == "__main__":
    sys.exit(main())
