"""The program: settings in, one Service per entry, outputs out."""

from pathlib import Path

import pulumi

from components.config_errors import ConfigError
from components.gate_checks import check_gates
from components.hooks import Hooks
from components.lean import run_lean
from components.live import Region
from components.network import Network, NetworkArgs
from components.owned import owner
from components.preview import OUTPUT, log_changes
from components.router import Router, RouterArgs
from components.service import Service, ServiceArgs, gates_of
from components.settings import Settings

project = Path(__file__).parent
run_lean(project)
settings = Settings.load(project)
aws = pulumi.Config("aws")
region = Region(aws.get("region"), owner(), aws.get("profile"))
if problems := check_gates(settings.services, region, pulumi.log.warn):
    raise ConfigError(problems, pulumi.get_stack())
log_changes(settings.services, settings.retired)

# Before any resource: what left the program still finds its delete hooks by name.
hooks = Hooks.register(gates_of(settings.services), settings.retired, aws.get("profile"))

network = Network(
    "network",
    NetworkArgs(
        vpc=settings.network,
        balancer=settings.balancer,
        ports={
            name: [release.port for release in service.releases if release.port]
            for name, service in settings.services.items()
        },
    ),
)

router = None
if network.balancer_group_id is not None:
    router = Router(
        "router",
        RouterArgs(
            balancer=settings.balancer,
            subnet_ids=network.balancer_subnet_ids,
            security_group_id=network.balancer_group_id,
        ),
    )
    pulumi.export("url", router.url)

services = {
    name: Service(name, ServiceArgs(service=service, network=network, router=router, hooks=hooks))
    for name, service in settings.services.items()
}
pulumi.export(OUTPUT, {name: service.releases for name, service in services.items()})
