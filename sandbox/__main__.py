"""`python -m sandbox up|down|status|env|reset|health|fault|journal|engine`."""

from sandbox.cli import main

main()
