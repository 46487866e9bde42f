"""The documentation of programs that aren't of this project's making is what their table says."""

from tests.engine.stock import report
from tests.engine.stock.examples import examples


def test_the_page_is_as_the_table_is() -> None:
    assert report.PAGE.read_text() == report.page()


def test_the_table_names_all_examples_that_there_are() -> None:
    assert report.expected().keys() == {example.id for example in examples()}
