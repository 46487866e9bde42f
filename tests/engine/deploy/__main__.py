"""Write the documentation: `python -m tests.engine.deploy`."""

from tests.engine.deploy.steps import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page())
