"""A tested image becomes a release of the config: pinned by id or digest, for the region of each stack, or not at all.

`manifest` reads what Packer built, `machine` finds and judges an AMI, `registry` the digest of a container's tag;
`edit` adds the release to the config file; `command` does it for every stack or for none.
"""
