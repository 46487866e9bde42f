"""Security groups, and their rules as resources of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.provider.aws import CloudError, Retry
from sandbox.provider.codec import Codec
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_ID = {"GroupId": "{id}"}

#: What AWS lets out of every new group, and the real provider takes away again; the latter if its network has IPv6.
_EVERYWHERE = (
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
)

_SOURCES = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}


def _permission(rule: Values) -> Values:
    protocol = str(rule["protocol"]).lower()
    found: Values = {"IpProtocol": {"all": "-1"}.get(protocol, protocol)}
    if found["IpProtocol"] != "-1":
        found |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    said = {"Description": rule["description"]} if rule.get("description") else {}
    for name, (member, key) in _SOURCES.items():
        if rule.get(name):
            found[member] = [{key: source, **said} for source in rule[name]]
    if rule.get("self"):
        found.setdefault("UserIdGroupPairs", []).append({"GroupId": "self", **said})
    return found


def _rule(permission: Values) -> Values:
    rule: Values = {
        "protocol": permission["IpProtocol"],
        "fromPort": max(permission.get("FromPort", 0), 0),
        "toPort": max(permission.get("ToPort", 0), 0),
    }
    for name, (member, key) in _SOURCES.items():
        sources: list[Values] = permission.get(member) or []
        if sources:
            rule[name] = [source[key] for source in sources]
        rule["description"] = next(
            (one["Description"] for one in sources if one.get("Description")), rule.get("description", "")
        )
    return rule


def _atoms(rules: list[Values]) -> set[tuple[Any, ...]]:
    """Each protocol, port range, source and description on its own, however the rules group them."""
    return {atom for rule in rules for atom in _atoms_of(_permission(rule))}


def _atoms_of(permission: Values) -> Iterator[tuple[Any, ...]]:
    for member, key in _SOURCES.values():
        for source in permission.get(member, []):
            ports = (permission.get("FromPort"), permission.get("ToPort"))
            yield (permission["IpProtocol"], *ports, member, source[key], source.get("Description", ""))


_PERMISSIONS = Codec(
    lambda rules: [_permission(rule) for rule in rules],
    lambda permissions: [_rule(permission) for permission in permissions],
    lambda one, other: _atoms(one) == _atoms(other),
)


def _told_rules(member: str) -> Any:
    def rules(live: Live) -> list[Values]:
        found = [_rule(permission) for permission in live.answer.get(member, [])]
        for rule in found:
            groups = rule.get("securityGroups", [])
            if live.id in groups:
                rule["self"] = True
                rule["securityGroups"] = [group for group in groups if group != live.id]
        return found

    return rules


def _revoke_default_egress(step: Step) -> None:
    """Nothing leaves a new group unless the program says so, as with the real provider."""
    for rule in _EVERYWHERE:
        try:
            step.aws.call("ec2", "RevokeSecurityGroupEgress", {"GroupId": step.id, "IpPermissions": [rule]})
        except CloudError as error:
            if error.code != "InvalidPermission.NotFound":
                raise


def _change_rules(step: Step) -> None:
    """Revoke and authorize what differs between the rules told and the rules wanted inside the group."""
    for name, direction in (("ingress", "Ingress"), ("egress", "Egress")):
        if name not in step.changed:
            continue
        had: list[Values] = step.old.get(name) or []
        wanted: list[Values] = step.new.get(name) or []
        gone = [rule for rule in had if not _atoms([rule]) <= _atoms(wanted)]
        kept = [rule for rule in had if rule not in gone]
        new = [rule for rule in wanted if not _atoms([rule]) <= _atoms(kept)]
        for verb, rules in (("Revoke", gone), ("Authorize", new)):
            if rules:
                asked = {"GroupId": step.id, "IpPermissions": [_of_group(step.id, rule) for rule in rules]}
                step.aws.call("ec2", f"{verb}SecurityGroup{direction}", asked)


def _of_group(group: str, rule: Values) -> Values:
    permission = _permission(rule)
    for pair in permission.get("UserIdGroupPairs", []):
        if pair["GroupId"] == "self":
            pair["GroupId"] = group
    return permission


def _revoke_all(step: Step) -> None:
    if not step.old.get("revokeRulesOnDelete"):
        return
    found = step.aws.call("ec2", "DescribeSecurityGroups", {"GroupIds": [step.id]})["SecurityGroups"][0]
    for member, direction in (("IpPermissions", "Ingress"), ("IpPermissionsEgress", "Egress")):
        if found.get(member):
            asked = {"GroupId": step.id, "IpPermissions": found[member]}
            step.aws.call("ec2", f"RevokeSecurityGroup{direction}", asked)


def _arn(live: Live) -> str:
    return live.aws.arn("ec2", f"security-group/{live.id}", live.answer.get("OwnerId"))


def _tagging(kind: str) -> Tagging:
    on = {"Resources[0]": "{id}"}
    return Tagging(Call("CreateTags", on), Call("DeleteTags", on), keys="Tags", specification=kind)


_RULE_FIELDS = {name: Field() for name in ("description", "fromPort", "protocol", "self", "toPort", *_SOURCES)}
_NOT_SG = ((r"^(?!sg-)", 'invalid value for {name} (cannot begin with sg-): "{value}"'),)

SECURITY_GROUP = Type(
    "aws:ec2/securityGroup:SecurityGroup",
    "ec2",
    inputs={
        "description": Field(default="Managed by Pulumi", replace=Replace.CHANGED),
        "egress": Field(
            read=_told_rules("IpPermissionsEgress"), hooked=True, codec=_PERMISSIONS, fields=_RULE_FIELDS, computed=True
        ),
        "ingress": Field(
            read=_told_rules("IpPermissions"), hooked=True, codec=_PERMISSIONS, fields=_RULE_FIELDS, computed=True
        ),
        "name": Field("GroupName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "revokeRulesOnDelete": Field(local=True, default=False),
        "vpcId": Field(replace=Replace.CHANGED, computed=True),
    },
    outputs={"arn": _arn, "ownerId": "OwnerId"},
    create=Call("CreateSecurityGroup"),
    reads=(Read("DescribeSecurityGroups", {"GroupIds[0]": "{id}"}, "SecurityGroups[0]"),),
    delete=Call("DeleteSecurityGroup", _ID),
    id="GroupId",
    tags=_tagging("security-group"),
    naming=Naming(255, 229, _NOT_SG, _NOT_SG),
    exclusive=(("name", "namePrefix"),),
    retries=(Retry("DependencyViolation", 900),),
    # Source: terraform-provider-aws, internal/service/ec2: waitSecurityGroupCreated.
    awaited_s=600,
    after_create=(_revoke_default_egress,),
    after_change=(_change_rules,),
    before_delete=(_revoke_all,),
)


def _describe_source(parameters: Values, inputs: Values) -> None:
    """The description belongs to the source, and which member that is depends on the kind of source."""
    permission = parameters["IpPermissions"][0]
    if "description" not in inputs or "cidrIpv4" in inputs:
        return
    said = permission.pop("IpRanges")[0]
    member = next(member for member in ("Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs") if member in permission)
    permission[member][0] |= said


def _rule_arn(live: Live) -> str:
    return live.aws.arn("ec2", f"security-group-rule/{live.id}", live.answer.get("GroupOwnerId"))


def _port(member: str) -> Any:
    def port(live: Live) -> int | None:
        told = live.answer.get(member)
        return None if live.answer.get("IpProtocol") == "-1" else told

    return port


def _rule_type(token: str, direction: str) -> Type:
    create = f"AuthorizeSecurityGroup{direction}"

    def part(member: str, created: str, **more: Any) -> Field:
        path = f"SecurityGroupRules[0].SecurityGroupRule.{member}"
        settings: dict[str, Any] = {"read": member, **more}
        return Field(path, at={create: f"IpPermissions[0].{created}"}, **settings)

    kind = Replace.SET_OR_UNSET
    return Type(
        token,
        "ec2",
        inputs={
            "cidrIpv4": part("CidrIpv4", "IpRanges[0].CidrIp", replace=kind),
            "cidrIpv6": part("CidrIpv6", "Ipv6Ranges[0].CidrIpv6", replace=kind),
            "description": part("Description", "IpRanges[0].Description", silent=True),
            "fromPort": part("FromPort", "FromPort", read=_port("FromPort")),
            "ipProtocol": part("IpProtocol", "IpProtocol", required=True),
            "prefixListId": part("PrefixListId", "PrefixListIds[0].PrefixListId", replace=kind),
            "referencedSecurityGroupId": part(
                "ReferencedGroupId", "UserIdGroupPairs[0].GroupId", replace=kind, read="ReferencedGroupInfo.GroupId"
            ),
            "securityGroupId": Field("GroupId", required=True, replace=Replace.CHANGED),
            "toPort": part("ToPort", "ToPort", read=_port("ToPort")),
        },
        outputs={"arn": _rule_arn, "securityGroupRuleId": "SecurityGroupRuleId"},
        create=Call(create, adjust=_describe_source),
        reads=(Read("DescribeSecurityGroupRules", {"SecurityGroupRuleIds[0]": "{id}"}, "SecurityGroupRules[0]"),),
        updates=(
            Call(
                "ModifySecurityGroupRules",
                {"GroupId": "{securityGroupId}", "SecurityGroupRules[0].SecurityGroupRuleId": "{id}"},
                whole=True,
            ),
        ),
        delete=Call(
            f"RevokeSecurityGroup{direction}", {"GroupId": "{securityGroupId}", "SecurityGroupRuleIds[0]": "{id}"}
        ),
        id="SecurityGroupRules[0].SecurityGroupRuleId",
        tags=_tagging("security-group-rule"),
        one_of=(("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),),
    )


ROWS = (
    SECURITY_GROUP,
    _rule_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "Ingress"),
    _rule_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "Egress"),
)
