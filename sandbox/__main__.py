"""`python -m sandbox up|down|status|env|reset|fault|journal|engine`."""

from sandbox.cli import main

main()
