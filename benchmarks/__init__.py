"""What the library costs: this project's program beside a bare one that registers the same resources.

python -m benchmarks --services 1 --services 30 --services 300 --json result.json

Both run in one sandbox of their own, a pair at a time, in turns. A load balancer takes 100 rules, so the first 40
services are behind it and all others are workers, which have no rule, target group or port: four resources fewer each.
"""
