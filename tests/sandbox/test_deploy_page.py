"""The documentation of a deploy is what its steps say."""

from tests.engine.deploy.steps import PAGE, page


def test_the_page_is_as_the_steps_are() -> None:
    assert PAGE.read_text() == page()
