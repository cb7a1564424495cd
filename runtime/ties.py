"""A child that dies with its parent, also when the parent is killed with -9."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h; other systems have no such thing, and there the next start clears up
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def tie_to_parent(signal_number: int, parent: int) -> None:
    """Asks the kernel for a signal to this process when the thread that started it ends.

    :param parent: the process id that the parent must have; if it is gone already, this process ends here.
    """
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def tied(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """For `preexec_fn`: there it runs after the change of user, which would clear the wish."""
    parent = os.getpid()
    return lambda: tie_to_parent(signal_number, parent)
