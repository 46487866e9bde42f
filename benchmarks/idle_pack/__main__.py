"""What asking a pack costs, whatever it answers."""

from pulumi_policy import PolicyPack, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy


def find_nothing(_args: ResourceValidationArgs, _report: ReportViolation) -> None:
    """Everything may be."""


PolicyPack("idle", [ResourceValidationPolicy("nothing", "Finds nothing.", find_nothing)])
