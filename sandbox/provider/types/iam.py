"""IAM: roles, instance profiles, attachments of policies. Global, so without a region."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.codec import JSON
from sandbox.provider.limits import document
from sandbox.provider.row import Call, Field, Live, Members, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_NAMED = {"RoleName": "{id}"}
_PROFILE = {"InstanceProfileName": "{id}"}

#: How long the real provider waits for what was made a moment ago and isn't known everywhere yet.
#: Source: terraform-provider-aws, internal/service/iam: `propagationTimeout`.
_PROPAGATION_S = 120

_NEW_PRINCIPAL = Retry(
    "MalformedPolicyDocument", _PROPAGATION_S, "Invalid principal", ("CreateRole", "UpdateAssumeRolePolicy")
)
#: Of the calls that name a role only this one is patient, not the one that attaches a policy.
_NEW_ROLE = Retry("NoSuchEntity", _PROPAGATION_S, "The role with name", ("AddRoleToInstanceProfile",))

_NAME = r"^[\w+=,.@-]*$"
_RULES = ((_NAME, 'invalid value for {name} (must match [\\w+=,.@-]): "{value}"'),)


def _release_role(step: Step) -> None:
    """A role that an instance profile still holds can't be deleted; nor one with policies, which is left to the user
    unless they are the role's own, or `forceDetachPolicies` is set."""
    found = step.aws.call("iam", "ListInstanceProfilesForRole", {"RoleName": step.id})
    for profile in found["InstanceProfiles"]:
        name = profile["InstanceProfileName"]
        step.aws.call("iam", "RemoveRoleFromInstanceProfile", {"InstanceProfileName": name, "RoleName": step.id})
    forced = step.old.get("forceDetachPolicies")
    if forced or step.old.get("managedPolicyArns"):
        for policy in step.aws.call("iam", "ListAttachedRolePolicies", {"RoleName": step.id})["AttachedPolicies"]:
            step.aws.call("iam", "DetachRolePolicy", {"RoleName": step.id, "PolicyArn": policy["PolicyArn"]})
    if forced or step.old.get("inlinePolicies"):
        for name in step.aws.call("iam", "ListRolePolicies", {"RoleName": step.id})["PolicyNames"]:
            step.aws.call("iam", "DeleteRolePolicy", {"RoleName": step.id, "PolicyName": name})


# Policies that a program doesn't list may be resources of their own, so that nothing is told of them.


def _inline(live: Live) -> list[Values] | None:
    if "inlinePolicies" not in live.inputs:
        return None
    names = live.aws.call("iam", "ListRolePolicies", {"RoleName": live.id})["PolicyNames"]
    asked = ({"RoleName": live.id, "PolicyName": name} for name in names)
    told = [live.aws.call("iam", "GetRolePolicy", one) for one in asked]
    return [{"name": one["PolicyName"], "policy": JSON.decode(one["PolicyDocument"])} for one in told]


def _attached(live: Live) -> list[str] | None:
    if "managedPolicyArns" not in live.inputs:
        return None
    told = live.aws.call("iam", "ListAttachedRolePolicies", {"RoleName": live.id})
    return [policy["PolicyArn"] for policy in told["AttachedPolicies"]]


def _say_description(parameters: Values, _inputs: Values) -> None:
    parameters.setdefault("Description", "")  # Left out, it would stay.


def _unset_boundary(step: Step) -> None:
    if "permissionsBoundary" in step.changed and "permissionsBoundary" not in step.new:
        step.aws.call("iam", "DeleteRolePermissionsBoundary", {"RoleName": step.id})


def _empty_profile(step: Step) -> None:
    if step.old.get("role"):
        parameters = {"InstanceProfileName": step.id, "RoleName": step.old["role"]}
        step.aws.call("iam", "RemoveRoleFromInstanceProfile", parameters)


ROLE = Type(
    "aws:iam/role:Role",
    "iam",
    inputs={
        "assumeRolePolicy": Field(
            "AssumeRolePolicyDocument", at={"UpdateAssumeRolePolicy": "PolicyDocument"}, codec=JSON, required=True
        ),
        "description": Field(),
        "inlinePolicies": Field(
            computed=True,
            unordered=True,
            read=_inline,
            fields={"name": Field("PolicyName"), "policy": Field("PolicyDocument", codec=JSON)},
            members=Members("PutRolePolicy", "DeleteRolePolicy", "", _NAMED, key="name"),
        ),
        "managedPolicyArns": Field(
            computed=True,
            unordered=True,
            read=_attached,
            members=Members("AttachRolePolicy", "DetachRolePolicy", "PolicyArn", _NAMED),
        ),
        "forceDetachPolicies": Field(local=True, default=False),
        "maxSessionDuration": Field(default=3600),
        "name": Field("RoleName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "path": Field(default="/", replace=Replace.CHANGED),
        "permissionsBoundary": Field(read="PermissionsBoundary.PermissionsBoundaryArn"),
    },
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "RoleId"},
    create=Call("CreateRole"),
    reads=(Read("GetRole", _NAMED, "Role"),),
    updates=(
        Call("UpdateAssumeRolePolicy", _NAMED),
        Call("UpdateRole", _NAMED, whole=True, adjust=_say_description),
        Call("PutRolePermissionsBoundary", _NAMED, whole=True),
    ),
    delete=Call("DeleteRole", _NAMED),
    id="RoleName",
    tags=Tagging(Call("TagRole", _NAMED), Call("UntagRole", _NAMED)),
    naming=Naming(64, 38, _RULES, _RULES),
    exclusive=(("name", "namePrefix"),),
    regional=False,
    retries=(_NEW_PRINCIPAL,),
    awaited_s=_PROPAGATION_S,
    after_change=(_unset_boundary,),
    before_delete=(_release_role,),
)

INSTANCE_PROFILE = Type(
    "aws:iam/instanceProfile:InstanceProfile",
    "iam",
    inputs={
        "name": Field("InstanceProfileName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "path": Field(default="/", replace=Replace.CHANGED),
        "role": Field(
            read="Roles[0].RoleName",
            members=Members("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "RoleName", _PROFILE),
        ),
    },
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "InstanceProfileId"},
    create=Call("CreateInstanceProfile"),
    reads=(Read("GetInstanceProfile", _PROFILE, "InstanceProfile"),),
    delete=Call("DeleteInstanceProfile", _PROFILE),
    id="InstanceProfileName",
    tags=Tagging(Call("TagInstanceProfile", _PROFILE), Call("UntagInstanceProfile", _PROFILE)),
    naming=Naming(128, 102, _RULES, _RULES),
    exclusive=(("name", "namePrefix"),),
    regional=False,
    retries=(_NEW_ROLE,),
    awaited_s=_PROPAGATION_S,
    before_delete=(_empty_profile,),
)

ROLE_POLICY_ATTACHMENT = Type(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "iam",
    inputs={
        "role": Field("RoleName", required=True, replace=Replace.CHANGED, unread=True),
        "policyArn": Field(required=True, replace=Replace.CHANGED),
    },
    outputs={},
    create=Call("AttachRolePolicy"),
    reads=(
        Read("ListAttachedRolePolicies", {"RoleName": "{role}"}, "AttachedPolicies[?PolicyArn=='{policyArn}'] | [0]"),
    ),
    delete=Call("DetachRolePolicy", {"RoleName": "{role}", "PolicyArn": "{policyArn}"}),
    id="join('/', [RoleName, PolicyArn])",
    imported="{role}/{policyArn}",
    delete_before_replace=True,
    regional=False,
    awaited_s=_PROPAGATION_S,
)

_POLICY = {"RoleName": "{role}", "PolicyName": "{name}"}

# https://www.pulumi.com/registry/packages/aws/api-docs/iam/rolepolicy/
ROLE_POLICY = Type(
    "aws:iam/rolePolicy:RolePolicy",
    "iam",
    inputs={
        "name": Field("PolicyName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "policy": Field("PolicyDocument", required=True, codec=JSON, limit=document),
        "role": Field("RoleName", required=True, replace=Replace.CHANGED),
    },
    outputs={},
    create=Call("PutRolePolicy"),
    reads=(Read("GetRolePolicy", _POLICY, "@"),),
    updates=(Call("PutRolePolicy", _POLICY, whole=True),),
    delete=Call("DeleteRolePolicy", _POLICY),
    id="join(':', [RoleName, PolicyName])",
    imported="{role}:{name}",
    naming=Naming(128, 102, _RULES, _RULES),
    exclusive=(("name", "namePrefix"),),
    regional=False,
)

ROWS = (ROLE, INSTANCE_PROFILE, ROLE_POLICY_ATTACHMENT, ROLE_POLICY)
