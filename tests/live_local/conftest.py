"""Asked for by `tox -e live-local` only: it builds a server, which takes minutes the first time."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore_glob = [] if os.environ.get("HARNESS_LIVE_LOCAL") == "1" else ["*.py"]
