"""What may stand, against what stands and what the next deploy adds."""

from __future__ import annotations

import json

from components.settings import Settings
from operations.doctor.finding import fail, ok, warn
from operations.doctor.quotas import QUOTAS, Additions, additions, judged
from operations.drift.held import plans_of
from tests.engine.catalogue import release, service


def test_a_deploy_adds_what_its_new_releases_need_beside_what_stands() -> None:
    services = {"web": service(release("1.4.2", weight=90), release("1.5.0", weight=10))}
    settings = Settings.parse({"immutable:services": json.dumps(services)})
    assert additions(settings, ()) == Additions(fleets=2, target_groups=2, rules=3)
    standing = list(plans_of(settings))
    assert additions(settings, standing[:1]) == Additions(fleets=1, target_groups=1, rules=1)
    assert additions(settings, standing) == additions(None, ()) == Additions()


def test_a_quota_that_the_next_deploy_would_break_fails_with_how_to_raise_it() -> None:
    groups, *_, of_balancer, _ = QUOTAS
    raises = "aws service-quotas request-service-quota-increase --service-code autoscaling --quota-code L-CDE20ADC"
    assert judged(groups, 10, 3, 0) == ok(groups.subject, "3 stand, 10 may")
    assert judged(groups, 10, 8, 1) == warn(
        "Auto Scaling groups of the region",
        "8 stand and 1 more with the next deploy, 10 may",
        f"{raises} --desired-value 20",
    )
    assert judged(groups, None, 499, 2) == fail(
        "Auto Scaling groups of the region",
        "499 stand and 2 more with the next deploy, 500 may by default: the account's own isn't told",
        f"{raises} --desired-value 1000",
    )
    assert judged(of_balancer, 100, 101, 0).remedy == "It can't be raised: another stack, with a balancer of its own"
