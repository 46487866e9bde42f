"""The documentation of behaviours is what the cells say."""

from tests.engine.behaviours.table import PAGE, render


def test_the_page_is_as_the_cells_are() -> None:
    assert PAGE.read_text() == render()
