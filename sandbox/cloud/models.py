"""moto as this cloud runs it: its models patched with the truth, and filled from the seed."""

from __future__ import annotations

import functools
from typing import Any

from moto.acm.models import CertBundle, acm_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.cloud import direct, late, truth
from sandbox.cloud.orders import Orders
from sandbox.cloud.quotas import Quotas
from sandbox.cloud.seed import ACCOUNT, Certificate, Image, Seed

#: What every update asks: its models are loaded before the first call. moto's elb answers for elbv2, too.
USED = ("ec2", "autoscaling", "elb", "iam", "sts")


def application(orders: Orders, quotas: Quotas) -> Any:
    """moto's WSGI application, for every service."""
    late.install()
    direct.install()
    truth.install(orders, quotas)
    dispatcher: Any = DomainDispatcherApplication(create_backend_app)
    dispatcher.app_instances.update({service: create_backend_app(service) for service in USED})
    # It tries the patterns of all services, twice for each call.
    dispatcher.get_backend_for_host = functools.cache(dispatcher.get_backend_for_host)
    return dispatcher


def fill(seed: Seed) -> None:
    """Empty the cloud and lay the seed."""
    moto_api_backend.reset()
    lay(seed)


def lay(seed: Seed) -> None:
    """Put what the seed says into the cloud, in place of what has the same ids."""
    ec2: Any = ec2_backends[ACCOUNT][seed.region]
    ec2.amis.update({image.id: _ami(image, ec2) for image in seed.images})
    acm: Any = acm_backends[ACCOUNT][seed.region]
    for certificate in seed.certificates:
        held = acm._certificates.get(certificate.arn)
        if held and held.common_name == certificate.domain:
            continue  # Another key for it would be another certificate.
        acm._certificates[certificate.arn] = issue(certificate, seed.region)  # No API lets the caller choose an ARN.


def issue(certificate: Certificate, region: str) -> Any:
    """A certificate as moto holds it, with a key of its own."""
    bundle: Any = CertBundle.generate_cert(certificate.domain, ACCOUNT, region)
    bundle.arn = certificate.arn
    return bundle


def _ami(image: Image, ec2: Any) -> Any:
    return Ami(
        ec2,
        image.id,
        name=image.name,
        owner_id=image.owner,
        architecture=image.architecture,
        virtualization_type="hvm",
        hypervisor="xen",
        root_device_name=image.root_device,
        root_device_type="ebs",
        creation_date=image.created.replace(tzinfo=None),
        tags=dict(image.tags),
        region_name=f"{ec2.region_name}a",
    )
