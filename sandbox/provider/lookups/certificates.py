"""Certificates."""

from __future__ import annotations

from typing import Any

from sandbox.provider.lookup import Also, Lookup, LookupFailedError, Words, tagged, tags
from sandbox.provider.values import Values


def _matching(certificates: list[Any], arguments: Values) -> list[Any]:
    """Those of the domain, the types and the tags; of several, the newest if that is asked for."""
    kinds: list[str] = arguments.get("types", [])
    found = [
        one
        for one in tagged(certificates, arguments)
        if one["DomainName"] == arguments.get("domain", one["DomainName"]) and (not kinds or one["Type"] in kinds)
    ]
    if not arguments.get("mostRecent") or len(found) < 2:
        return found
    if len({one["Status"] for one in found}) > 1:
        raise LookupFailedError("most_recent filtering on different ACM certificate statuses is not supported")
    since = "NotBefore" if found[0]["Status"] == "ISSUED" else "CreatedAt"
    return sorted(found, key=lambda one: one[since])[-1:]


def _words(arguments: Values) -> Words:
    if "domain" in arguments and not {"tags", "types"} & arguments.keys():
        domain = arguments["domain"]
        return Words(
            f"no ACM Certificate matching domain ({domain})", f"multiple ACM Certificates matching domain ({domain})"
        )
    return Words(
        "no ACM Certificate found matching input criteria", "multiple ACM Certificates matching input criteria"
    )


ROWS = (
    Lookup(
        "aws:acm/getCertificate:getCertificate",
        {
            "arn": "CertificateArn",
            "certificate": "pem.Certificate",
            "certificateChain": "pem.CertificateChain",
            "id": "CertificateArn",
            "status": "Status",
            "tags": tags,
        },
        service="acm",
        operation="ListCertificates",
        items="CertificateSummaryList",
        arguments={
            "domain": "",
            "keyTypes": "Includes.keyTypes",
            "mostRecent": "",
            "statuses": "CertificateStatuses",
            "tags": "",
            "types": "",
        },
        defaults={"statuses": ["ISSUED"]},
        any_of=(("domain", "tags"),),
        each=(
            Also("DescribeCertificate", {"CertificateArn": "CertificateArn"}, "Certificate", under=""),
            Also("ListTagsForCertificate", {"CertificateArn": "CertificateArn"}, "Tags", "Tags"),
        ),
        choose=_matching,
        one=_words,
        also=(Also("GetCertificate", {"CertificateArn": "CertificateArn"}, "@", "pem", when="Status == 'ISSUED'"),),
    ),
)
