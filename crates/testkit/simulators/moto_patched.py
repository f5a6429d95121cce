"""What moto lacks or gets wrong for Berth's tests, put right from outside.

Test scaffolding: it shows that Berth asks the right questions and reads the answers; it is
no proof of what AWS would decide.

Enforcement, after the patches:
- action, and Resource for IAM calls that name a user, role or instance profile;
- for every other call the resource is unknown, and an Allow for any resource is enough;
- Condition is ignored: a statement counts as if its condition held;
- an access key that is not Active is refused like an unknown one, as on AWS;
- the signature is checked over the bytes that came (moto encodes the form anew, its own way);
- refusals have the XML of AWS's query protocol and of EC2, which strict clients insist on.
  For services that speak JSON they are still XML.

Still unlike AWS: ListInstanceProfilesForRole of a role that doesn't exist is an empty list.

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
import uuid
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult, BaseResponse
from moto.iam import access_control
from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMPolicyStatement,
    IAMRequest,
    IAMUserAccessKey,
)
from moto.iam.exceptions import ValidationError
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
    know_iam_resources()
    let_unknown_resources_pass()


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
            if self._service == "ec2":
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
