"""The demo: a customer's AWS account in a simulator, registered with a running Berth; two that are refused; a
permission that goes missing later, which Berth notices; and a subscription that is built there, and watched.

    scripts/demo.sh           leaves everything running until Ctrl-C
    scripts/demo.sh --check   stops at the end; exit code 0 or 1

Every step is asserted either way.
"""

import argparse
import json
import sys
import textwrap
import time

import demo_subscription
from stage import OPERATOR_ACCOUNT, Berth, Customer, Failed, Simulator, Stage, free_port, tail
from telling import INDENT, check, heading, outcome, paint, tell, wrapped

NEWCOMER_ACCOUNT = "444455556666"  # prepared, and left for you to add in the console
MISSING_ACTION = "ec2:RunInstances"
HEALTH_INTERVAL = 5  # seconds; an hour where nobody waits
NOTICED_WITHIN = 60  # seconds, on a busy machine
PREFERRED_PORT = 8080


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--berth", required=True, help="the program")
    arguments.add_argument("--check", action="store_true", help="stop at the end")
    options = arguments.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        with Stage("demo") as stage:
            play(stage, options)
    except Failed as failed:
        print(f"\n{paint('fail', 'The demo failed:')} {failed}")
        return 1
    except KeyboardInterrupt:
        print("\nStopped before the end.")
        return 130
    return 0


def play(stage, options):
    simulator = Simulator(stage)
    berth = Berth(
        stage,
        options.berth,
        port=free_port(PREFERRED_PORT),
        AWS_ENDPOINT_URL=simulator.endpoint,
        BERTH_HEALTH_INTERVAL_SECONDS=str(HEALTH_INTERVAL),
        BERTH_AWS_SETTLING_SECONDS="1",  # simulators show at once what they made
        BERTH_MONITORING_INTERVAL_SECONDS="60",
    )
    heading("An AWS simulator", f"moto at {simulator.endpoint}, refusing what IAM policies don't allow")

    customer = Customer(simulator, berth)
    heading("A customer's AWS account", f"{customer.account}, prepared as its administrator would")
    customer.prepare()
    tell("IAM user", f"berth-user with access key {customer.access_key['access_key']}")
    tell("policy", f"from `berth iam policy`: {len(customer.policy['Statement'])} statements")
    tell("console role", f"berth-console, trusts AWS account {OPERATOR_ACCOUNT} with MFA (`berth iam trust-policy`)")
    tell("node role", "berth-node, with an instance profile of the same name")

    heading("Berth", "on an embedded SQLite database")
    credentials = berth.init("Acme", "owner@acme.example")
    tell("berth init", f"account {credentials['accountId']} with an owner and API keys")
    for name, plan in (("Web shop", "flexible"), ("Sandbox", "fixed")):
        berth.command("subscription", "add", "--account-id", str(credentials["accountId"]), "--name", name, "--plan", plan)
    tell("subscriptions", "Web shop (flexible) and Sandbox (fixed)")
    ready = berth.serve()
    tell("berth serve", f"ready at {berth.url} after {ready * 1000:.0f} ms")

    registered = register(berth, customer)
    refuse_wrong_secret(berth, customer)
    refuse_missing_permission(berth, customer)
    only_the_good_one_is_there(berth, registered)
    notice_a_missing_permission(berth, customer, registered)
    notice_its_return(berth, customer, registered)
    demo_subscription.play(berth, customer, registered)
    newcomer = Customer(simulator, berth, NEWCOMER_ACCOUNT)
    newcomer.prepare()
    show_console(berth, newcomer, credentials)

    if options.check:
        print(f"\n{paint('pass', 'All steps did what they should.')}")
    else:
        stay(berth, simulator, customer, credentials)


def register(berth, customer):
    heading("Registering it", f"POST {berth.url}/v1/cloud-accounts")
    task, findings = post(berth, "acme-production", customer.access_key)
    show(findings)
    check(task["status"] == "processing-completed", f"the account should have been registered: {task}")
    # moto knows AWS's quotas of networks, not that of virtual processors.
    bad = [finding for finding in findings if finding["verdict"] != "pass" and finding["check"] != "quotas"]
    check(findings and not bad, f"every check should have passed: {bad}")

    cloud_account = task["response"]["resourceId"]
    status, account = berth.request("GET", f"/v1/cloud-accounts/{cloud_account}")
    check(status == 200, f"the cloud account should be there, not {status}: {account}")
    check(account["status"] == "active", f"the cloud account should be active: {account}")
    check(account["accessKeyId"] == customer.access_key["access_key"], f"whose access key is that? {account}")
    check(customer.access_key["secret_key"] not in json.dumps(account), "the secret key was returned")
    outcome("saved", f"as cloud account {cloud_account}, active: {account['awsUserArn']}")
    return cloud_account


def refuse_wrong_secret(berth, customer):
    heading("With a wrong secret", "a second access key of the same user, its secret mistyped")
    key = customer.add_access_key("berth-user")
    mistyped = key["secret_key"][:-1] + ("x" if key["secret_key"][-1] != "x" else "y")
    task, findings = post(berth, "acme-mistyped", {**key, "secret_key": mistyped})
    show(findings)
    refused(task, "CLOUD_ACCOUNT_INVALID_CREDS")


def refuse_missing_permission(berth, customer):
    heading("With a permission missing", f"another user, whose policy lacks {MISSING_ACTION}")
    policy = customer.policy_for("berth-limited", without=[MISSING_ACTION])
    task, findings = post(berth, "acme-limited", customer.add_user("berth-limited", policy))
    show(findings)
    refused(task, "CLOUD_ACCOUNT_PERMISSION_FAILED")
    missing = [finding for finding in findings if finding["verdict"] == "fail"]
    actions = {finding.get("action") for finding in missing}
    check(actions == {MISSING_ACTION}, f"only {MISSING_ACTION} should be missing, not {actions}")
    check(all(finding.get("statement") for finding in missing), f"a statement to add is missing: {missing}")


def only_the_good_one_is_there(berth, registered):
    heading("What was saved", "GET /v1/cloud-accounts")
    status, answer = berth.request("GET", "/v1/cloud-accounts")
    check(status == 200, f"the list should be answered, not {status}: {answer}")
    for account in answer["cloudAccounts"]:
        tell(f"cloud account {account['id']}", f"{account['name']}, {account['status']}")
    ids = {account["id"] for account in answer["cloudAccounts"]}
    # 1 is the operator's own, as Redis Cloud lists it.
    check(ids == {1, registered}, f"there should be cloud accounts 1 and {registered}, not {ids}")
    outcome("pass", "nothing of the two that were refused")


def notice_a_missing_permission(berth, customer, registered):
    detail = f"berth-user may no longer {MISSING_ACTION}; Berth verifies every {HEALTH_INTERVAL} s"
    heading("A permission goes missing", detail)
    customer.replace_policy("berth-user", customer.policy_for("berth-user", without=[MISSING_ACTION]))
    account = until_status(berth, registered, "active-error")
    missing = account["failingFindings"]
    actions = {finding.get("action") for finding in missing}
    check(actions == {MISSING_ACTION}, f"only {MISSING_ACTION} should be missing, not {actions}")
    outcome("refused", f"{account['name']} is {account['status']}, without anybody having asked:")
    show(missing)


def notice_its_return(berth, customer, registered):
    path = f"/api/cloud-accounts/{registered}/verifications"
    heading("It is given back", f"POST {path}")
    customer.replace_policy("berth-user", customer.policy)
    status, events = berth.request("POST", path)
    check(status == 200, f"the account should have been verified, not {status}: {events}")
    account = until_status(berth, registered, "active")
    check(account["failingFindings"] == [], f"nothing should be wrong any more: {account}")
    outcome("pass", f"{account['name']} is {account['status']}")
    status, history = berth.request("GET", path)
    check(status == 200, f"the history should be answered, not {status}: {history}")
    for verification in history["verifications"]:
        tell(verification["timestamp"][:19], f"{verification['conclusion']} ({verification['cause']})")
    conclusions = {verification["conclusion"] for verification in history["verifications"]}
    check(conclusions == {"verified", "refused"}, f"both should be in the history: {conclusions}")


def until_status(berth, cloud_account, status):
    """The account as the console shows it, once it has this status."""
    deadline = time.monotonic() + NOTICED_WITHIN
    while True:
        answer = berth.request("GET", "/api/cloud-accounts")[1]
        account = next(one for one in answer["cloudAccounts"] if one["id"] == cloud_account)
        if account["status"] == status:
            return account
        check(time.monotonic() < deadline, f"not {status} within {NOTICED_WITHIN} s: {account}")
        time.sleep(0.1)


def show_console(berth, newcomer, credentials):
    heading("The console", f"{berth.url}/")
    status, page = berth.request("GET", "/")
    check(status == 200 and 'id="root"' in str(page), f"the console should be served at /: {status} {page}")
    tell("email", credentials["owner"]["email"])
    tell("password", credentials["owner"]["password"])
    print("     To try: Account Settings, Cloud Account, Add. One more AWS account is prepared:")
    tell("Account name", "whatever you like")
    tell("AWS access key", newcomer.access_key["access_key"])
    tell("AWS secret key", newcomer.access_key["secret_key"])
    tell("IAM role name", "berth-console")


def post(berth, name, key):
    """Asks for a registration and waits for its end; returns the task and its findings."""
    body = {
        "name": name,
        "provider": "AWS",
        "accessKeyId": key["access_key"],
        "accessSecretKey": key["secret_key"],
        "consoleRoleName": "berth-console",
    }
    status, accepted = berth.request("POST", "/v1/cloud-accounts", body)
    check(status == 202, f"the request should have been accepted, not {status}: {accepted}")
    task = berth.finished_task(accepted["taskId"])
    status, answer = berth.request("GET", f"/api/tasks/{accepted['taskId']}/findings")
    check(status == 200, f"the findings should be there, not {status}: {answer}")
    return task, answer["findings"]


def refused(task, error):
    check(task["status"] == "processing-error", f"the account should have been refused: {task}")
    told = task["response"]["error"]
    check(told["type"] == error, f"the error should be {error}: {told}")
    check(task["taskId"] in told["description"], f"the error should name its task: {told}")
    outcome("refused", f"{told['type']}; the task's error is:")
    wrapped(told["description"])


def stay(berth, simulator, customer, credentials):
    key = credentials["apiKey"]
    heading("Running until Ctrl-C", "try it")
    tell("API", f"{berth.url}/v1")
    tell("account key", key["accountKey"])
    tell("secret key", key["secretKey"])
    tell("AWS simulator", simulator.endpoint)
    tell("AWS access key", f"{customer.access_key['access_key']} with secret {customer.access_key['secret_key']}")
    tell("log", str(berth.log))
    print(
        textwrap.indent(
            f"""
curl -s {berth.url}/v1/cloud-accounts -H 'x-api-key: {key["accountKey"]}' -H 'x-api-secret-key: {key["secretKey"]}'

REDIS_CLOUD_API_URL={berth.url}/v1 REDIS_CLOUD_API_KEY={key["accountKey"]} REDIS_CLOUD_SECRET_KEY={key["secretKey"]} \\
  redisctl cloud provider-account list
""",
            "     ",
        )
    )
    try:
        berth.process.wait()
    except KeyboardInterrupt:
        print("\nStopping.")
    else:
        raise Failed(f"`berth serve` ended by itself; its last words:\n{tail(berth.log)}")


def show(findings):
    for finding in findings:
        outcome(finding["verdict"], f"{finding['check']}: {finding['message']}")
        if finding["verdict"] != "pass" and finding.get("remedy"):
            show_remedy(finding.get("remedy"), finding.get("statement"))


def show_remedy(remedy, statement):
    """The remedy's sentence, then the statement that it holds on one line, in a form to paste."""
    if statement:
        remedy = remedy.split(": {")[0] + ":"
    wrapped(remedy)
    if statement:
        print(textwrap.indent(json.dumps(statement, indent=2), INDENT))


if __name__ == "__main__":
    sys.exit(main())
