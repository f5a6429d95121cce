"""What moto lacks or gets wrong for Berth's tests, put right from outside.

Test scaffolding: it shows that Berth asks the right questions and reads the answers; it is
no proof of what AWS would decide.

Enforcement, after the patches:
- action, and Resource for IAM calls that name a user, role or instance profile;
- for every other call the resource is unknown, and an Allow for any resource is enough;
- Condition is ignored: a statement counts as if its condition held;
- an access key that is not Active is refused like an unknown one, as on AWS;
- the signature is checked over the bytes that came (moto encodes the form anew, its own way);
- AssumeRole obeys the role's trust policy, in whatever account the role is: principal, and Condition for the
  external id, the second factor (any code is right) and the session's name; moto looks at roles of the
  caller's own account only, and knows none of these conditions. A role that isn't there is denied;
- refusals have the XML of AWS's query protocol and of EC2, or JSON where that was spoken: strict clients insist
  on it;
- CloudWatch's actions are `cloudwatch:…`; moto takes them for `monitoring:…`.

Still unlike AWS: ListInstanceProfilesForRole of a role that doesn't exist is an empty list.

EC2, after the patches:
- what is in use can't be deleted: a subnet with network interfaces; a security group that an interface
  has or another group's rule names; a VPC with a gateway, an interface or a group of its own;
- a key pair can be deleted by its id;
- the network interface an instance came with goes when the instance is terminated, and carries the
  tags asked for in RunInstances (one per instance; DeleteOnTermination=false isn't obeyed).

CloudWatch, which moto knows without CBOR, in which the newer SDKs ask it:
- requests in CBOR are told to moto in JSON, and its answers in CBOR; their signature is not checked.

CloudTrail's LookupEvents, which moto lacks:
- every call to EC2 that was permitted and is no Describe, at once (AWS takes some minutes), by ResourceName only;
- in one page; a resource's name is found wherever it stands in the request or, for what is created, nowhere.

Simulation:
- identity policies of users (with their groups) and roles: inline, managed, explicit deny;
- actions × resources, with wildcards; Condition against the ContextEntries sent, for the
  operators in OPERATORS (another one is an error, not a guess);
- paged by action: MaxItems (100) and Marker count results, not resources;
- no permissions boundary, session policy, organisation policy or resource policy;
- when several resources are asked about: one result per action, with ResourceSpecificResults.
  Which EvalResourceName AWS gives that result is not documented; here it is the first.
"""

import functools
import io
import json
import re
import time
import uuid
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import cbor2
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core import responses
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.responses.key_pairs import KeyPairs
from moto.iam import access_control
from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMPolicyStatement,
    IAMRequest,
    IAMRequestBase,
    IAMUserAccessKey,
)
from moto.iam.exceptions import NotFoundException, ValidationError
from moto.iam.models import Policy, iam_backends
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.exceptions import HTTPException

ADMIN = "simulator-admin"
ADMIN_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def create_admin(account_id, region):
    """An administrator made without a call, because IAM is enforced from the first call."""
    backend = iam_backends[account_id]["aws"]
    backend.create_user(region, ADMIN)
    backend.put_user_policy(ADMIN, "admin", json.dumps(ADMIN_POLICY))
    key = backend.create_access_key(ADMIN)
    return {"account_id": account_id, "access_key": key.access_key_id, "secret_key": key.secret_access_key}


# ---- enforcement


def enforce_as_aws():
    keep_bodies_as_sent()
    word_refusals_as_aws()
    refuse_inactive_keys()
    name_cloudwatch_as_aws()
    know_iam_resources()
    let_unknown_resources_pass()
    obey_trust_policies()
    record_calls()
    speak_cbor()
    remember_what_never_changes()


def remember_what_never_changes():
    """moto finds out at every call which services it has and what each can do: half of its time."""
    find_backend = DomainDispatcherApplication.get_backend_for_host

    @functools.cache
    def backend_for_host(dispatcher, host):
        return find_backend(dispatcher, host)

    DomainDispatcherApplication.get_backend_for_host = backend_for_host
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def obey_trust_policies():
    is_assuming, is_trusted = IAMRequest._is_assuming_role_operation, IAMRequest._check_role_trust_relationship

    def is_assuming_role(self, resource):
        return self._action == "sts:AssumeRole" or is_assuming(self, resource)

    def is_trusted_by_role(self, arn):
        if self._action != "sts:AssumeRole":
            return is_trusted(self, arn)
        found = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", arn)
        try:
            role = found and iam_backends[found[1]]["aws"].get_role(found[2])
        except NotFoundException:
            role = None
        if not role or role.arn != arn:
            return False
        sent = {name: value[0] if isinstance(value, list) else value for name, value in self._data.items()}
        context = {"sts:rolesessionname": [sent.get("RoleSessionName", "")]}
        if "ExternalId" in sent:
            context["sts:externalid"] = [sent["ExternalId"]]
        if "TokenCode" in sent:
            context["aws:multifactorauthpresent"] = ["true"]
            context["aws:multifactorauthage"] = ["0"]
        return trusts(json.loads(role.assume_role_policy_document), self._access_key.arn, self.account_id, context)

    IAMRequest._is_assuming_role_operation = is_assuming_role
    IAMRequest._check_role_trust_relationship = is_trusted_by_role


def trusts(policy, caller, account, context):
    allowed = False
    for statement in as_list(policy["Statement"]):
        principal = statement.get("Principal", {})
        named = as_list(principal.get("AWS", []) if isinstance(principal, dict) else principal)
        known = ["*", caller, account, f"arn:aws:iam::{account}:root"]
        if not any(name in known for name in named) or not concerns(statement, "Action", "sts:AssumeRole", re.IGNORECASE):
            continue
        if not holds(statement.get("Condition", {}), context, set()):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def keep_bodies_as_sent():
    serve = DomainDispatcherApplication.__call__
    setup_class = BaseResponse.setup_class

    def serve_keeping_body(self, environ, start_response):
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["simulator.body"] = body
            environ["wsgi.input"] = io.BytesIO(body)
        return serve(self, environ, start_response)

    def setup_class_with_body(self, request, *arguments, **options):
        setup_class(self, request, *arguments, **options)
        self.raw_body = request.environ.get("simulator.body", self.raw_body)

    DomainDispatcherApplication.__call__ = serve_keeping_body
    BaseResponse.setup_class = setup_class_with_body


def word_refusals_as_aws():
    for name in ["_raise_signature_does_not_match", "_raise_invalid_access_key", "_raise_access_denied"]:
        setattr(IAMRequest, name, worded_as_aws(getattr(IAMRequest, name)))


def worded_as_aws(refuse):
    def refuse_worded(self, *arguments):
        try:
            refuse(self, *arguments)
        except HTTPException as refusal:
            code, message, request_id = refusal.error_type, escape(refusal.message), uuid.uuid4()
            if self._headers.get("X-Amz-Target"):
                code = {"AccessDenied": "AccessDeniedException"}.get(code, code)
                refusal.description = json.dumps({"__type": code, "message": refusal.message})
            elif self._service == "ec2":
                if code == "AccessDenied":
                    code, message = "UnauthorizedOperation", "You are not authorized to perform this operation. " + message
                refusal.description = (
                    f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
                    f"<RequestID>{request_id}</RequestID></Response>"
                )
            else:
                refusal.description = (
                    f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                    f"<RequestId>{request_id}</RequestId></ErrorResponse>"
                )
            raise

    return refuse_worded


def refuse_inactive_keys():
    original = access_control.create_access_key

    def create_access_key(account_id, partition, access_key_id, headers):
        key = iam_backends[account_id][partition].access_keys.get(access_key_id)
        if key is not None and key.status != "Active":
            raise CreateAccessKeyFailure(reason="InvalidId")
        return original(account_id=account_id, partition=partition, access_key_id=access_key_id, headers=headers)

    access_control.create_access_key = create_access_key


def name_cloudwatch_as_aws():
    """Requests are signed for `monitoring`, and policies speak of `cloudwatch`."""
    original = IAMRequestBase.__init__

    def init(self, *arguments, **options):
        original(self, *arguments, **options)
        self._action = re.sub("^monitoring:", "cloudwatch:", self._action)

    IAMRequestBase.__init__ = init


def know_iam_resources():
    """moto knows the ARN of roles only, and only of those that exist."""
    kinds = {"UserName": "user", "RoleName": "role", "InstanceProfileName": "instance-profile"}

    def determine_resource(self):
        if "PolicySourceArn" in self.data:
            return self.data["PolicySourceArn"][0]
        for parameter, kind in kinds.items():
            if parameter in self.data:
                return f"arn:aws:iam::{self.current_account}:{kind}/{self.data[parameter][0]}"
        return "*"

    IamResponse._determine_resource = determine_resource


def let_unknown_resources_pass():
    original = IAMPolicyStatement._check_element_matches

    def check_element_matches(self, element, value):
        if element == "Resource" and value == "*" and self._statement["Effect"] == "Allow":
            return True
        return original(self, element, value)

    IAMPolicyStatement._check_element_matches = check_element_matches


# ---- CloudWatch

CLOUDWATCH = "GraniteServiceVersion20100801"


def speak_cbor():
    serve, check_signature = DomainDispatcherApplication.__call__, IAMRequestBase.check_signature
    operation = re.compile(f"/service/{CLOUDWATCH}/operation/([A-Za-z]+)")

    def serve_cbor(self, environ, start_response):
        asked = operation.fullmatch(environ["PATH_INFO"])
        if not asked:
            return serve(self, environ, start_response)
        body = cbor2.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        body = json.dumps(body, default=lambda time: time.timestamp()).encode()
        environ |= {
            "PATH_INFO": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": f"{CLOUDWATCH}.{asked[1]}",
            "wsgi.input": io.BytesIO(body),
        }
        answered = []
        answer = b"".join(serve(self, environ, lambda *arguments: answered.append(arguments)))
        answer = cbor2.dumps(as_times(json.loads(answer or "{}")), datetime_as_timestamp=True)
        headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        start_response(answered[0][0], [*headers, ("content-length", str(len(answer)))])
        return [answer]

    def check_signature_but_of_cbor(self):
        if self._headers.get("Smithy-Protocol") != "rpc-v2-cbor":
            check_signature(self)

    DomainDispatcherApplication.__call__ = serve_cbor
    IAMRequestBase.check_signature = check_signature_but_of_cbor


def as_times(answer):
    for result in answer.get("MetricDataResults", []):
        result["Timestamps"] = [datetime.fromtimestamp(at, UTC) for at in result["Timestamps"]]
    return answer


# ---- CloudTrail

EVENTS = []  # newest first; of all AWS accounts and regions


def record_calls():
    check_action_permitted = IAMRequestBase.check_action_permitted

    def check_and_record(self, resource):
        check_action_permitted(self, resource)
        service, action = self._action.split(":")
        if service != "ec2" or action.startswith("Describe"):
            return
        named = {value for values in self._data.values() for value in as_list(values) if re.fullmatch("[a-z]+-[0-9a-f]+", str(value))}
        EVENTS.insert(0, (self.account_id, self._region, time.time(), action, self._access_key.arn, sorted(named)))

    IAMRequestBase.check_action_permitted = check_and_record
    CloudTrailResponse.lookup_events = lookup_events


def lookup_events(self):
    asked = json.loads(self.body)
    name, since = asked["LookupAttributes"][0]["AttributeValue"], asked.get("StartTime", 0)
    events = [
        {
            "EventId": str(uuid.uuid4()),
            "EventName": action,
            "EventSource": "ec2.amazonaws.com",
            "EventTime": at,
            "ReadOnly": "false",
            "Username": arn.split("/")[-1],
            "Resources": [{"ResourceName": named} for named in names],
            "CloudTrailEvent": json.dumps({"eventName": action, "userIdentity": {"arn": arn}}),
        }
        for account, region, at, action, arn, names in EVENTS
        if (account, region) == (self.current_account, self.region) and name in names and at >= since
    ]
    return json.dumps({"Events": events[:50]})


# ---- EC2


def depend_as_aws():
    refuse_to_delete("delete_subnet", users_of_subnet)
    refuse_to_delete("delete_security_group", users_of_security_group)
    refuse_to_delete("delete_vpc", users_of_vpc)
    let_interfaces_belong_to_instances()
    delete_key_pairs_by_id()


def delete_key_pairs_by_id():
    """moto reads the name only, and silently does nothing about an id."""
    delete_by_name = KeyPairs.delete_key_pair

    def delete_key_pair(self):
        wanted = self._get_param("KeyPairId")
        for pair in list(self.ec2_backend.key_pairs.values()):
            if wanted and pair.id == wanted:
                self.ec2_backend.delete_key_pair(pair.key_name)
                return ActionResult({"Return": True, "KeyPairId": wanted})
        return delete_by_name(self)

    KeyPairs.delete_key_pair = delete_key_pair


def refuse_to_delete(method, users_of):
    original = getattr(EC2Backend, method)

    def delete(self, *arguments, **options):
        target = [*arguments, *options.values()][-1]
        if users_of(self, target):
            raise DependencyViolationError(f"resource {target} has a dependent object")
        return original(self, *arguments, **options)

    setattr(EC2Backend, method, delete)


def users_of_subnet(backend, subnet_id):
    return {eni.id for eni in backend.enis.values() if eni.subnet.id == subnet_id}


def users_of_security_group(backend, group_id):
    interfaces = {eni.id for eni in backend.enis.values() if any(group.id == group_id for group in eni.group_set)}
    others = [group for groups in backend.groups.values() for group in groups.values() if group.id != group_id]
    return interfaces | {
        group.id
        for group in others
        for rule in [*group.ingress_rules, *group.egress_rules]
        if rule.source_group and rule.source_group.get("GroupId") == group_id
    }


def users_of_vpc(backend, vpc_id):
    return (
        {eni.id for eni in backend.enis.values() if eni.subnet.vpc_id == vpc_id}
        | {igw.id for igw in backend.internet_gateways.values() if igw.vpc and igw.vpc.id == vpc_id}
        | {group.id for group in backend.groups[vpc_id].values() if group.name != "default"}
    )


def let_interfaces_belong_to_instances():
    prepare = Instance.prep_nics
    run = EC2Backend.run_instances

    def prep_nics(self, *arguments, **options):
        prepare(self, *arguments, **options)
        for nic in self.nics.values():
            nic.delete_on_termination = True

    def run_instances(self, *arguments, **options):
        reservation = run(self, *arguments, **options)
        for instance in reservation.instances:
            for nic in instance.nics.values():
                nic.add_tags((options.get("tags") or {}).get("network-interface", {}))
        return reservation

    Instance.prep_nics = prep_nics
    EC2Backend.run_instances = run_instances


# ---- SimulatePrincipalPolicy


def simulate_principal_policy():
    IamResponse.simulate_principal_policy = handle_simulate


def handle_simulate(self):
    policies = policies_of(self.current_account, self._get_param("PolicySourceArn"))
    resources = self._get_param("ResourceArns") or ["*"]
    context = {e["ContextKeyName"].lower(): e["ContextKeyValues"] for e in self._get_param("ContextEntries") or []}
    # As AWS does: without an entry the simulation is of us-east-1, whatever region is meant.
    context.setdefault("aws:requestedregion", ["us-east-1"])

    actions = self._get_param("ActionNames")
    start = int(self._get_param("Marker") or 0)
    end = start + int(self._get_param("MaxItems") or 100)
    results = [evaluate(policies, action, resources, context) for action in actions[start:end]]
    page = {"EvaluationResults": results, "IsTruncated": end < len(actions)}
    if end < len(actions):
        page["Marker"] = str(end)
    return ActionResult(page)


def policies_of(account_id, arn):
    """The documents of all policies of a user or role."""
    found = re.fullmatch(r"arn:aws:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)", arn)
    if not found or found[1] != account_id:
        raise ValidationError(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    backend = iam_backends[account_id]["aws"]
    # moto collects the policies of the key that signed: pretend to be the principal's.
    if found[2] == "user":
        backend.get_user(found[3])  # NoSuchEntity
        key = object.__new__(IAMUserAccessKey)
        key._owner_user_name = found[3]
    else:
        backend.get_role(found[3])
        key = object.__new__(AssumedRoleAccessKey)
        key._owner_role_name = found[3]
    key.account_id, key.partition = account_id, "aws"
    return [statement for policy in key.collect_policies() for statement in statements_of(policy)]


def statements_of(policy):
    if isinstance(policy, Policy):
        policy = next(version.document for version in policy.versions if version.is_default)
    elif isinstance(policy, dict):
        policy = policy["policy_document"]
    return as_list(json.loads(policy)["Statement"])


def evaluate(statements, action, resources, context):
    each = [evaluate_one(statements, action, resource, context) for resource in resources]
    if len(each) == 1:
        decision, missing = each[0]
        specific = {}
    else:
        decision = worst(decision for decision, _ in each)
        missing = []
        specific = {
            "ResourceSpecificResults": [
                {"EvalResourceName": resource, "EvalResourceDecision": decision, "MissingContextValues": missing}
                for resource, (decision, missing) in zip(resources, each)
            ]
        }
    return {
        "EvalActionName": action,
        "EvalResourceName": resources[0],
        "EvalDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": missing,
        **specific,
    }


def worst(decisions):
    return max(decisions, key=["allowed", "implicitDeny", "explicitDeny"].index)


def evaluate_one(statements, action, resource, context):
    allowed, missing = False, set()
    for statement in statements:
        if not concerns(statement, "Action", action, re.IGNORECASE) or not concerns(statement, "Resource", resource, 0):
            continue
        if not holds(statement.get("Condition", {}), context, missing):
            continue
        if statement["Effect"] == "Deny":
            return "explicitDeny", []
        allowed = True
    return ("allowed", []) if allowed else ("implicitDeny", sorted(missing))


def concerns(statement, element, value, flags):
    if "Not" + element in statement:
        return not any(matches(pattern, value, flags) for pattern in as_list(statement["Not" + element]))
    return any(matches(pattern, value, flags) for pattern in as_list(statement[element]))


def holds(condition, context, missing):
    """Whether every operator and key of a Condition holds; notes the keys that weren't sent."""
    met = True
    for operator, keys in condition.items():
        quantifier, _, name = operator.rpartition(":")
        optional = name.endswith("IfExists")
        name = name.removesuffix("IfExists")
        compare = OPERATORS[name]
        for key, wanted in keys.items():
            sent = context.get(key.lower())
            if sent is None:
                if not optional and quantifier != "ForAllValues" and "Not" not in name:
                    missing.add(key)
                    met = False
                continue
            compared = [any(compare(value, one) for one in as_list(wanted)) for value in sent]
            if "Not" in name:
                compared = [not one for one in compared]
            met &= all(compared) if quantifier == "ForAllValues" else any(compared)
    return met


def as_list(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, value, flags=0):
    return compiled(pattern, flags).fullmatch(value) is not None


@functools.lru_cache(maxsize=4096)
def compiled(pattern, flags):
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), flags | re.DOTALL)


def equal(sent, wanted):
    return sent == wanted


def equal_ignoring_case(sent, wanted):
    return sent.lower() == str(wanted).lower()


def like(sent, wanted):
    return matches(wanted, sent)


OPERATORS = {
    "ArnEquals": like,
    "ArnLike": like,
    "ArnNotEquals": like,
    "ArnNotLike": like,
    "Bool": equal_ignoring_case,
    "StringEquals": equal,
    "StringEqualsIgnoreCase": equal_ignoring_case,
    "StringLike": like,
    "StringNotEquals": equal,
    "StringNotEqualsIgnoreCase": equal_ignoring_case,
    "StringNotLike": like,
}
