"""`make run`: starts all of Duewell and says where to click."""

import argparse
import os
import signal
import sys

from runtime import CannotRun
from runtime.settings import Settings
from runtime.supervisor import Supervisor
from runtime.ties import tie_to_parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m runtime", description=__doc__)
    parser.add_argument("--tied", action="store_true", help="stop when the process that started this ends, as make may")
    if parser.parse_args().tied:
        tie_to_parent(signal.SIGTERM, parent=os.getppid())
    try:
        settings = Settings.read(os.environ)
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return Supervisor(settings, os.environ).run()


if __name__ == "__main__":
    sys.exit(main())
