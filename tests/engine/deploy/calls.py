"""The calls of a deploy: what each does in it, what AWS documents for it, and what the sandbox does otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_API = {
    "autoscaling": "autoscaling/ec2/APIReference/API_",
    "ec2": "AWSEC2/latest/APIReference/API_",
    "elbv2": "elasticloadbalancing/latest/APIReference/API_",
    "iam": "IAM/latest/APIReference/API_",
    "sts": "STS/latest/APIReference/API_",
}
_ALB = "elasticloadbalancing/latest/application/"

SAME = "nothing"
_AT_ONCE = "takes effect at once"


def page(service: str, operation: str) -> str:
    """The address of an operation's page in AWS's API reference."""
    return f"https://docs.aws.amazon.com/{_API[service]}{operation}.html"


@dataclass(frozen=True)
class Row:
    """One step. Steps of different chains go side by side; one without a chain comes after all before it."""

    service: str
    operation: str
    chain: str
    does: str
    documented: str
    differs: str = SAME
    guide: str | None = None
    """Below docs.aws.amazon.com, where the API reference does not say it all."""


#: By step, in an order that a deploy may have. A name in brackets tells two uses of one operation apart.
STEPS: Mapping[str, Row] = {
    "CreateSecurityGroup": Row(
        "ec2",
        "CreateSecurityGroup",
        "security",
        "One for the balancer, one for the service's instances.",
        "A new group lets everything out and nothing in.",
    ),
    "RevokeSecurityGroupEgress": Row(
        "ec2",
        "RevokeSecurityGroupEgress",
        "security",
        "Takes away what a new group lets out: only declared rules are left.",
        "Reaches instances as quickly as possible; a small delay may occur.",
        _AT_ONCE,
    ),
    "AuthorizeSecurityGroupEgress": Row(
        "ec2",
        "AuthorizeSecurityGroupEgress",
        "egress",
        "What may leave: the balancer's way to the instances, and theirs.",
        "Reaches instances as quickly as possible; a small delay may occur.",
        _AT_ONCE,
    ),
    "AuthorizeSecurityGroupIngress": Row(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        "ingress",
        "What may come in: users to the balancer, the balancer to the service's port.",
        "Reaches instances as quickly as possible; a small delay may occur.",
        _AT_ONCE,
    ),
    "CreateRole": Row(
        "iam",
        "CreateRole",
        "identity",
        "The role of the service's instances, which outlives releases.",
        "IAM is eventually consistent: a change may not be visible everywhere at once.",
        "visible at once, unless `stale` is ordered",
        "IAM/latest/UserGuide/troubleshoot.html",
    ),
    "CreateInstanceProfile": Row(
        "iam",
        "CreateInstanceProfile",
        "identity",
        "What a launch template names to give instances the role.",
        "IAM is eventually consistent: a launch may not know a new profile yet.",
        "visible at once, unless `stale` is ordered",
        "IAM/latest/UserGuide/troubleshoot.html",
    ),
    "AddRoleToInstanceProfile": Row(
        "iam",
        "AddRoleToInstanceProfile",
        "identity",
        "Puts the role into the profile.",
        "A profile holds one role at most, and that can't be raised; eventually consistent.",
        "visible at once, unless `stale` is ordered",
    ),
    "CreateLoadBalancer": Row(
        "elbv2",
        "CreateLoadBalancer",
        "balancer",
        "The balancer of the stack.",
        "At least two subnets, of different zones. Its state is `provisioning`, then `active` when it can route.",
        "`active` as soon as it is asked for",
        _ALB + "application-load-balancers.html",
    ),
    "ModifyLoadBalancerAttributes": Row(
        "elbv2",
        "ModifyLoadBalancerAttributes",
        "balancer",
        "Invalid headers are dropped; deletion protection as configured.",
        "Attributes that are not named keep their values; if one can't be changed as asked, the call fails.",
    ),
    "CreateListener": Row(
        "elbv2",
        "CreateListener",
        "balancer",
        "Answers 503 to what no rule claims.",
        "The default action can't have conditions, and applies when no other rule does.",
        guide=_ALB + "listener-rules.html",
    ),
    "CreateTargetGroup": Row(
        "elbv2",
        "CreateTargetGroup",
        "targets",
        "The release's own, with its health check.",
        "Until a rule uses the group, its targets are `unused` and are not checked (`Target.NotInUse`).",
        guide=_ALB + "target-group-health-checks.html",
    ),
    "ModifyTargetGroupAttributes": Row(
        "elbv2",
        "ModifyTargetGroupAttributes",
        "targets",
        "The time to drain (`drain_s`).",
        "`deregistration_delay.timeout_seconds` is 0 to 3600, 300 if not set.",
        SAME,
        _ALB + "edit-target-group-attributes.html",
    ),
    "CreateRule (preview)": Row(
        "elbv2",
        "CreateRule",
        "targets",
        "Reaches the release by its header; from here on AWS checks its targets. So it comes before the group.",
        "Priorities are unique on a listener (`PriorityInUse`), and the lowest that matches wins.",
    ),
    "CreateLaunchTemplate": Row(
        "ec2",
        "CreateLaunchTemplate",
        "template",
        "What the release's instances are; it never gets a second version.",
        "Version 1 is made with it; each version is immutable.",
        guide="AWSEC2/latest/UserGuide/ec2-launch-templates.html",
    ),
    "CreateAutoScalingGroup": Row(
        "autoscaling",
        "CreateAutoScalingGroup",
        "",
        "The new fleet, beside the old one, attached to its target group.",
        "Instances go from `Pending` to `InService`, and are registered as targets meanwhile.",
        "instances boot as fast as the image's tags in the seed say",
        "autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html",
    ),
    "DescribeTargetHealth": Row(
        "elbv2",
        "DescribeTargetHealth",
        "",
        "Wait, `gate.timeout_s` at most: until as many targets are healthy as must carry the traffic. Asked before "
        "traffic moves, and again, of those that remain, before the old fleet goes.",
        "A target is `initial` until its first checks are done, then `healthy` or `unhealthy`. One passed check is "
        "enough for the first `healthy`, whatever the threshold.",
        "checks pass and fail by the image's tags, not by requests",
        _ALB + "target-group-health-checks.html",
    ),
    "CreateRule (traffic)": Row(
        "elbv2",
        "CreateRule",
        "",
        "The service's rule: users reach the first release from here on.",
        "A forward action shares requests by weight, 0 to 999, between up to five target groups.",
    ),
    "ModifyRule": Row(
        "elbv2",
        "ModifyRule",
        "",
        "The move of traffic: one call, from the old target group to the new one.",
        "What is not named stays as it is; the list of actions is replaced as a whole.",
        _AT_ONCE,
    ),
    "UpdateAutoScalingGroup": Row(
        "autoscaling",
        "UpdateAutoScalingGroup",
        "",
        "The old fleet's sizes become 0, so that its instances leave in order.",
        "Instances are terminated to fit the new maximum; each is deregistered and drained first: `draining` for up "
        "to the deregistration delay, then `unused`.",
        "drains as long as the image's tags say (0 s if they don't), the deregistration delay at most",
        "autoscaling/ec2/userguide/attach-load-balancer-asg.html",
    ),
    "DescribeAutoScalingGroups": Row(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "",
        "Wait: the provider asks until the group has no instance left.",
        "An instance is in the answer until it has gone from `Terminating` to `Terminated`.",
        guide="autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html",
    ),
    "DeleteAutoScalingGroup": Row(
        "autoscaling",
        "DeleteAutoScalingGroup",
        "",
        "The old group, empty by now.",
        "Without `ForceDelete` it is refused while there are instances (`ResourceInUse`) or activities "
        "(`ScalingActivityInProgress`).",
    ),
    "DeleteRule": Row(
        "elbv2",
        "DeleteRule",
        "old targets",
        "The old release's preview rule.",
        "The default rule of a listener can't be deleted; any other can.",
    ),
    "DeleteTargetGroup": Row(
        "elbv2",
        "DeleteTargetGroup",
        "old targets",
        "The old target group, after the rule that used it.",
        "Refused while an action refers to it (`ResourceInUse`).",
    ),
    "DeleteLaunchTemplate": Row(
        "ec2",
        "DeleteLaunchTemplate",
        "old template",
        "The old template, after the group that launched from it.",
        "Deletes all of its versions.",
    ),
}

#: What is only looked at, by call: who asks, and why. Where and how often it comes among the steps has no meaning.
LOOKS: Mapping[str, str] = {
    "autoscaling:DescribeAutoScalingGroups": "the gates: the service's fleets; the provider: reads a group back",
    "ec2:DescribeLaunchTemplates": "the provider: reads a template back",
    "ec2:DescribeLaunchTemplateVersions": "the provider: reads a template back",
    "ec2:DescribeRouteTables": "the program's lookups: the network's main route table",
    "ec2:DescribeSecurityGroupRules": "the provider: reads a rule back",
    "ec2:DescribeSecurityGroups": "the provider: reads a group back",
    "ec2:DescribeSubnets": "the program's lookups: the network's subnets",
    "ec2:DescribeVpcAttribute": "the program's lookups: the network",
    "ec2:DescribeVpcs": "the program's lookups: the network",
    "elbv2:DescribeListeners": "the gates: the balancer's listeners; the provider: reads one back",
    "elbv2:DescribeLoadBalancerAttributes": "the provider: reads the balancer back",
    "elbv2:DescribeLoadBalancers": "the provider: whether a name is free, and whether the balancer is `active`",
    "elbv2:DescribeRules": "the gates: the weights that hold now; the provider: reads a rule back",
    "elbv2:DescribeTags": "the provider: reads what it made back",
    "elbv2:DescribeTargetGroupAttributes": "the provider: reads a target group back",
    "elbv2:DescribeTargetGroups": "the gates: who serves a group; the provider: whether a name is free, reads one back",
    "iam:GetInstanceProfile": "the provider: reads a profile back",
    "iam:GetRole": "the provider: reads a role back",
    "sts:GetCallerIdentity": "the provider: the account, for the ARNs that it makes",
}
