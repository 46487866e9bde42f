"""`python -m sandbox up|down|status|env|reset|journal|engine`."""

from sandbox.cli import main

main()
