"""The examples in pulumi_aws's own documentation on the real engine, as they stand there.

Each comes up, shows no change, refreshes to the same and goes, or fails as `stock/table.yaml` says and why.
"""

from __future__ import annotations

import pytest

from tests.engine.stock import report
from tests.engine.stock.examples import examples


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each example, a few stacks for all of them."""
    found = report.outcomes(tmp_path_factory.mktemp("stock"))
    print(report.summary(found))
    return found


@pytest.mark.parametrize("id_", [example.id for example in examples()])
def test_an_example_of_the_documentation(outcomes: dict[str, str], id_: str) -> None:
    words = report.expected().get(id_, [])
    assert report.as_expected(outcomes[id_], words), f"{outcomes[id_]}\nexpected: {words}"


def test_the_table_names_examples_that_there_are() -> None:
    assert report.expected().keys() == {example.id for example in examples()}
