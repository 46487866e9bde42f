"""`python -m sandbox.provider VERSION [FLAGS] [ENGINE]`: the engine starts it as `pulumi-resource-aws`.

VERSION is the one that programs expect, written by `sandbox.provider.install`; the engine adds flags for logging and
tracing and, last, its own address.
"""

import signal
import sys

from sandbox.stubs import skip_sdk_imports

# Until the server takes over, an interrupt from the engine ends this process without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
skip_sdk_imports()

from sandbox.provider.server import serve  # noqa: E402  (the line above makes it fast)

arguments = sys.argv[1:]
serve(arguments[-1] if len(arguments) > 1 and ":" in arguments[-1] else None, arguments[0])
