"""What `python -m runtime` does, with the small app of this folder."""

import os
import sys
from pathlib import Path

from runtime.settings import Settings
from runtime.supervisor import Supervisor

sys.exit(Supervisor(Settings.read(os.environ), os.environ, root=Path(__file__).parent).run())
