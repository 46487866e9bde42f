"""Nobody changes a server: no keys, no doors, no remote commands, no more rights than needed, nothing done at boot."""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pulumi_policy import Severity

from policies import boot
from policies.documents import ATTACHING, WITH_DOCUMENT, allowing, attached
from policies.kinds import INSTANCE, LAUNCH_CONFIGURATION, SECURITY_GROUP, TEMPLATE
from policies.rule import Found, Rule, Subject, listed, members

_SERVERS = (TEMPLATE, INSTANCE, LAUNCH_CONFIGURATION)
_KEY_PAIR = "aws:ec2/keyPair:KeyPair"
_INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_ASSOCIATION, _DOCUMENT = "aws:ssm/association:Association", "aws:ssm/document:Document"
_TASK = "aws:ssm/maintenanceWindowTask:MaintenanceWindowTask"
_COMMANDS = (
    "command:remote:Command",
    "command:remote:CopyFile",
    "command:remote:CopyToRemote",
)
_PUBLIC = ("aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation")
#: Protocols that have ports, by name and number.
_PORTED = ("tcp", "udp", "6", "17")
_SUBNET = "aws:ec2/subnet:Subnet"

#: What an SSM document can make an instance run.
_RUNNING_ACTIONS = re.compile(
    r"aws:(runShellScript|runPowerShellScript|runCommand|runDocument|runDockerAction|applications|updateSsmAgent|"
    r"configurePackage|domainJoin|psModule|executeScript)"
)
#: What opens a session on a server, or runs something there.
_SESSION_ACTIONS = (
    "ssm:StartSession",
    "ssm:ResumeSession",
    "ssm:SendCommand",
    "ssm:StartAutomationExecution",
    "ssm:CreateAssociation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
    "ec2-instance-connect:OpenTunnel",
)
_SESSION_POLICIES = (
    "AmazonSSMManagedInstanceCore",
    "AmazonEC2RoleforSSM",
    "AmazonSSMFullAccess",
    "AmazonSSMAutomationRole",
)
_ADMIN_POLICIES = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AdministratorAccess-*")


def _no_key(subject: Subject) -> Found:
    if subject.type == _KEY_PAIR:
        yield "a key pair lets people log in and change what runs"
    elif subject.inputs.get("keyName") is not None:
        yield f"keyName is {subject.inputs['keyName']}, so whoever has the key can log in and change what runs"


def _closed(subject: Subject) -> Found:
    ports = {int(port) for port in listed(subject.settings["ports"])}
    for where, rule in _ingress(subject):
        with subject.as_far_as_known():
            open_ports = _opened(rule, ports)
            wide = [cidr for cidr in _cidrs(rule) if _is_wide(cidr, subject.settings)]
            if open_ports and wide:
                shown = ", ".join(map(str, sorted(open_ports)))
                yield f"{where} opens port {shown} to {', '.join(wide)}"


def _ingress(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if subject.type == SECURITY_GROUP:
        for index, rule in enumerate(listed(subject.inputs.get("ingress"))):
            yield f"ingress[{index}]", rule
    elif subject.type != _SECURITY_GROUP_RULE or subject.inputs.get("type") == "ingress":
        yield "it", subject.inputs


def _opened(rule: Mapping[str, Any], ports: set[int]) -> set[int]:
    """Those of `ports` that the rule opens."""
    protocol = str(rule.get("ipProtocol", rule.get("protocol", "-1"))).lower()
    first, last = rule.get("fromPort"), rule.get("toPort")
    if protocol in ("-1", "all") or (protocol in _PORTED and first is None):
        return ports
    if protocol not in _PORTED or first is None:
        return set()
    return {port for port in ports if int(first) <= port <= int(first if last is None else last)}


def _cidrs(rule: Mapping[str, Any]) -> list[str]:
    names = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks")
    return [str(cidr) for name in names for cidr in listed(rule.get(name))]


def _is_wide(cidr: str, settings: Mapping[str, Any]) -> bool:
    """Whether it is more of the public internet than one organisation has; two halves are as wide as the whole."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False  # AWS refuses it.
    narrowest = settings["widest_ipv4"] if network.version == 4 else settings["widest_ipv6"]
    return network.prefixlen < int(narrowest) and not network.is_private


def _tokens(subject: Subject) -> Found:
    options = members(subject.inputs.get("metadataOptions"))
    if options.get("httpEndpoint", "enabled") == "disabled":
        return
    if options.get("httpTokens") != "required":
        yield f"metadataOptions.httpTokens is {options.get('httpTokens', 'not set')}, so IMDSv1 answers without a token"
    hops, limit = options.get("httpPutResponseHopLimit"), subject.settings["hop_limit"]
    if hops is not None and hops > limit:
        yield f"metadataOptions.httpPutResponseHopLimit is {hops:.0f}, more than {limit:.0f}"


def _no_remote_command(subject: Subject) -> Found:
    if subject.type in _COMMANDS:
        yield "it runs commands on, or copies files to, a server that stands already"
    elif subject.type == _ASSOCIATION:
        yield f"it has SSM run document {subject.inputs.get('name')} on servers that stand already"
    elif subject.type == _TASK:
        if (kind := str(subject.inputs.get("taskType"))) in ("RUN_COMMAND", "AUTOMATION"):
            yield f"taskType is {kind}: it runs commands on servers that stand already"
    else:
        yield from _running_document(subject)


def _running_document(subject: Subject) -> Found:
    if subject.inputs.get("documentType") not in ("Command", "Automation", "Session", "Policy"):
        return
    content = subject.inputs.get("content")
    if content is None:
        return
    actions = {found[0] for found in _RUNNING_ACTIONS.finditer(json.dumps(yaml.safe_load(str(content))))}
    if actions:
        yield f"content has {', '.join(sorted(actions))}: it changes servers that stand already"


def _no_session(subject: Subject) -> Found:
    found = list(_sessions(subject))
    if found and not _is_break_glass(subject):
        yield from found


def _sessions(subject: Subject) -> Found:
    for arn in attached(subject):
        if _named(arn, _SESSION_POLICIES):
            yield f"{arn} opens servers to Session Manager"
    for statement in allowing(subject):
        if actions := statement.allows(*_SESSION_ACTIONS):
            yield f"{statement.where} allows {', '.join(actions[:3])}{' and more' if len(actions) > 3 else ''}"


def _is_break_glass(subject: Subject) -> bool:
    """Whether it belongs to a role that was declared for emergencies, by the role's name or its own."""
    patterns = [str(one) for one in listed(subject.settings["break_glass"])]
    names = [subject.name]
    if patterns:
        with subject.as_far_as_known():
            names += [str(subject.inputs[name]) for name in ("role", "name", "namePrefix") if name in subject.inputs]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _named(arn: str, names: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(arn.rpartition("/")[2], name) for name in names)


def _least_privilege(subject: Subject) -> Found:
    for arn in attached(subject):
        if _named(arn, _ADMIN_POLICIES):
            yield f"{arn} allows nearly everything"
    for statement in allowing(subject):
        wide = [one for one in statement.actions if one in ("*", "*:*", "iam:*", "sts:*")]
        if statement.all_but:
            yield f"{statement.where} allows everything but {', '.join(statement.actions) or 'nothing'}"
        elif wide and statement.everywhere:
            yield f"{statement.where} allows {', '.join(wide)} on every resource"
        elif "iam:passrole" in statement.actions and statement.everywhere:
            yield f"{statement.where} allows iam:PassRole on every role"


def _not_public(subject: Subject) -> Found:
    if subject.type in _PUBLIC:
        yield "it gives a server a public address that outlives it"
    elif subject.type == _SUBNET:
        if subject.inputs.get("mapPublicIpOnLaunch"):
            yield "mapPublicIpOnLaunch is set, so whatever starts there is public"
    else:
        interfaces = [*listed(subject.inputs.get("networkInterfaces")), subject.inputs]
        if any(str(one.get("associatePublicIpAddress")).lower() == "true" for one in interfaces):
            yield "associatePublicIpAddress is set, so every server is public"


def _ready(subject: Subject) -> Found:
    for name in ("userData", "userDataBase64"):
        with subject.as_far_as_known():
            if (text := subject.inputs.get(name)) is not None:
                yield from (f"{name}: {found}" for found in boot.findings(str(text)))


RULES = (
    Rule(
        "no-key-pairs",
        "No key pair lets anybody log in to a server.",
        Severity.HIGH,
        "Leave the key out; what has to be seen of a server belongs into its logs and metrics",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html",
        (*_SERVERS, _KEY_PAIR),
        _no_key,
    ),
    Rule(
        "no-remote-login",
        "No port for remote login is open to the internet.",
        Severity.CRITICAL,
        "Take the rule away: nobody needs to log in to a server that is never changed",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
        (SECURITY_GROUP, _INGRESS_RULE, _SECURITY_GROUP_RULE),
        _closed,
        settings={
            "ports": {
                "type": "array",
                "items": {"type": "number"},
                "default": [22, 3389, 5985, 5986],
                "description": "Ports that count as remote login.",
            },
            "widest_ipv4": {
                "type": "number",
                "default": 16,
                "description": "The shortest prefix of a public IPv4 network that may be let in.",
            },
            "widest_ipv6": {
                "type": "number",
                "default": 32,
                "description": "The shortest prefix of a public IPv6 network that may be let in.",
            },
        },
    ),
    Rule(
        "metadata-tokens",
        "Instance metadata needs a session token (IMDSv2), within a hop limit.",
        Severity.HIGH,
        "Set metadata_options={'http_tokens': 'required', 'http_put_response_hop_limit': 1}",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
        _SERVERS,
        _tokens,
        settings={
            "hop_limit": {
                "type": "number",
                "default": 2,
                "description": "The highest hop limit; containers behind a bridge need 2.",
            }
        },
    ),
    Rule(
        "no-remote-execution",
        "Nothing runs commands on servers that stand already.",
        Severity.CRITICAL,
        "Bake the change into a new image, and give it a new release",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command.html",
        (*_COMMANDS, _ASSOCIATION, _DOCUMENT, _TASK),
        _no_remote_command,
    ),
    Rule(
        "no-sessions",
        "No role opens a session on a server, except those declared for emergencies.",
        Severity.HIGH,
        "Take the permission away, or name the role in this rule's setting break_glass",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html",
        (*WITH_DOCUMENT, *ATTACHING),
        _no_session,
        settings={
            "break_glass": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Names of roles for emergencies, or of their policies; * stands for anything.",
            }
        },
    ),
    Rule(
        "no-public-addresses",
        "Servers have no public addresses; a load balancer stands before them.",
        Severity.MEDIUM,
        "Leave the address out; where it is meant, name the resource in this rule's setting allow",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
        (*_SERVERS, *_PUBLIC, _SUBNET),
        _not_public,
    ),
    Rule(
        "least-privilege",
        "No policy allows everything, or everything but something.",
        Severity.HIGH,
        "Name the actions and resources that are needed",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        (*WITH_DOCUMENT, *ATTACHING),
        _least_privilege,
    ),
    Rule(
        "nothing-installed-at-boot",
        "User data installs, upgrades and downloads nothing: what boots is ready.",
        Severity.HIGH,
        "Bake it into the image, where it is versioned and tested",
        "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/"
        "rel_tracking_change_management_immutable_infrastructure.html",
        _SERVERS,
        _ready,
    ),
)
