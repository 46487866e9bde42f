"""`python -m sandbox.engine.host RUNNER [FLAGS] ENGINE`: the engine starts it for each command.

RUNNER is the program runner of the pinned SDK, named by the script that `sandbox.engine.install`
writes; the engine adds its flags for logging and tracing and, last, its own address.
"""

import signal
import sys
from pathlib import Path

from sandbox.stubs import skip_sdk_imports

# Until the server takes over, an interrupt from the engine ends this process without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
skip_sdk_imports()

from sandbox.engine.host.server import serve  # noqa: E402  (the line above makes it fast)

serve(engine=sys.argv[-1], runner=Path(sys.argv[1]))
