"""The demo's second half: a subscription is built in the customer's AWS account; somebody opens SSH to its nodes by
hand; Berth notices, and notices that it is closed again; then Berth is told to close it by itself.
"""

import time

from stage import REGION
from telling import check, heading, outcome, tell

BUILT_WITHIN = 120  # seconds, on a busy machine
LOOK_AGAIN = 0.2
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def play(berth, customer, cloud_account):
    subscription = order(berth, cloud_account)
    resources = show_resources(berth, customer, subscription)
    group = resources["security-group/nodes"]["awsId"]
    break_a_rule(berth, customer, subscription, group)
    put_it_back(berth, customer, subscription, group)
    let_berth_put_it_back(berth, customer, subscription, group)


def order(berth, cloud_account):
    heading("Ordering a subscription", f"POST {berth.url}/v1/subscriptions")
    body = {
        "name": "orders",
        "paymentMethod": "marketplace",
        "cloudProviders": [
            {
                "cloudAccountId": cloud_account,
                "regions": [{"region": REGION, "networking": {"deploymentCIDR": "10.0.0.0/24"}}],
            }
        ],
        "databases": [{"name": "orders-db", "protocol": "redis", "datasetSizeInGb": 1, "replication": True}],
    }
    status, accepted = berth.request("POST", "/v1/subscriptions", body)
    check(status in (200, 202), f"the order should have been accepted, not {status}: {accepted}")
    task = berth.finished_task(accepted["taskId"])
    check(task["status"] == "processing-completed", f"the order should have been taken: {task}")
    subscription = task["response"]["resourceId"]
    tell("pending", f"subscription {subscription}: Berth builds it in AWS")
    started = time.monotonic()
    path = f"/v1/subscriptions/{subscription}"
    built = until(berth, path, lambda it: it["status"] != "pending", "built")
    check(built["status"] == "active", f"the subscription should be active: {built}")
    outcome("pass", f"it is active after {time.monotonic() - started:.0f} s")
    return subscription


def show_resources(berth, customer, subscription):
    path = f"/api/subscriptions/{subscription}/deployments"
    heading("What was built", f"GET {path}")
    status, answer = berth.request("GET", path)
    check(status == 200, f"the deployments should be answered, not {status}: {answer}")
    resources = answer["deployments"][0]["resources"]
    for resource in resources:
        tell(resource["awsId"], resource["name"])
    there = customer.ec2("describe_instances")["Reservations"]
    there = {instance["InstanceId"] for one in there for instance in one["Instances"]}
    nodes = {resource["awsId"] for resource in resources if resource["kind"] == "instance"}
    check(nodes and nodes == there, f"AWS should have the nodes {nodes}, and has {there}")
    check(all(resource["state"] == "done" for resource in resources), f"all should be in place: {resources}")
    return {resource["name"]: resource for resource in resources}


def break_a_rule(berth, customer, subscription, group):
    path = f"/api/subscriptions/{subscription}/drift"
    heading("Somebody opens SSH to the world", f"by hand, in the AWS console; then POST {path}")
    customer.ec2("authorize_security_group_ingress", GroupId=group, IpPermissions=[SSH])
    findings = compared(berth, subscription)
    check(len(findings) == 1, f"one thing should have drifted: {findings}")
    finding = findings[0]
    check(finding["what"] == "rule-added" and finding["awsId"] == group, f"a rule was added to {group}: {finding}")
    outcome("drifted", f"{finding['resource']} ({group})")
    tell("expected", finding["expected"])
    tell("found", finding["found"])
    tell("since", finding["since"])
    tell("by whom", finding["by"]["who"] or finding["by"]["unknownBecause"])


def put_it_back(berth, customer, subscription, group):
    heading("They close it again", "by hand")
    customer.ec2("revoke_security_group_ingress", GroupId=group, IpPermissions=[SSH])
    findings = compared(berth, subscription)
    check(findings == [], f"nothing should differ any more: {findings}")
    restored(berth, 1)


def let_berth_put_it_back(berth, customer, subscription, group):
    path = f"/api/subscriptions/{subscription}/restore-policy"
    heading("Berth closes it by itself", f"PUT {path}")
    policy = {"rules": "restore", "when": "any-time"}
    status, answer = berth.request("PUT", path, policy)
    check(status == 200 and answer["rules"] == "restore", f"the policy should be set, not {status}: {answer}")
    tell("policy", "rules of security groups are put back, at any time, at most 10 an hour")
    customer.ec2("authorize_security_group_ingress", GroupId=group, IpPermissions=[SSH])
    compared(berth, subscription)
    path = f"/api/subscriptions/{subscription}/drift"
    until(berth, path, lambda it: it["deployments"][0]["findings"] == [], "put right")
    done = berth.request("GET", f"/api/subscriptions/{subscription}/restores")[1]["deployments"][0]["restores"]
    check([one["outcome"] for one in done] == ["asked"], f"one thing should have been restored: {done}")
    tell("restored", f"{done[0]['resource']}: {done[0]['found']}")
    rules = customer.ec2("describe_security_groups", GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    check(all(rule.get("FromPort") != 22 for rule in rules), f"SSH should be closed: {rules}")
    restored(berth, 2)


def compared(berth, subscription):
    """What differs by a comparison made from now on."""
    path = f"/api/subscriptions/{subscription}/drift"
    before = berth.request("GET", path)[1]["deployments"][0]["comparedTimestamp"]
    status, answer = berth.request("POST", path)
    check(status == 202, f"it should be compared now, not {status}: {answer}")
    done = until(berth, path, lambda it: it["deployments"][0]["comparedTimestamp"] != before, "compared")
    return done["deployments"][0]["findings"]


def restored(berth, times):
    status, log = berth.request("GET", "/v1/logs")
    check(status == 200, f"the log should be answered, not {status}: {log}")
    entries = [entry for entry in log["entries"] if entry["type"] == "Deployment restored"]
    check(len(entries) == times, f"the log should tell {times} times that it is restored: {log}")
    outcome("restored", entries[0]["description"])


def until(berth, path, holds, what):
    """The answer at a path once that holds of it."""
    deadline = time.monotonic() + BUILT_WITHIN
    while True:
        status, answer = berth.request("GET", path)
        check(status == 200, f"GET {path} answered {status}: {answer}")
        if holds(answer):
            return answer
        check(time.monotonic() < deadline, f"not {what} within {BUILT_WITHIN} s: {answer}")
        time.sleep(LOOK_AGAIN)
