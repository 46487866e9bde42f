"""The policy pack: what a desired state must never hold, for any pulumi-aws program.

pulumi preview --policy-pack policies
"""
