"""Patience with a cluster that has nobody for what is to be done: it is told once, and is not without end."""

import sys
import time

from kinebench.errors import KinebenchError

TELL_AFTER_S = 30.0
END_AFTER_S = 600.0
LOOK_EVERY_S = 1.0


class Patience:
    """To be asked now and then; forgets all once there is somebody."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told = False

    def look(self, lacking: str) -> None:
        """lacking: in words whom there is none of; "" where nobody is. KinebenchError when that lasted too long."""
        now = time.monotonic()
        if not lacking or self._since is None:
            self._since, self._told = now if lacking else None, False
            return
        if now - self._since > END_AFTER_S:
            raise KinebenchError(
                f"The cluster must have {lacking}, but had none for {END_AFTER_S:g} s. Start some and the batch again: "
                "what is finished is kept."
            )
        if not self._told and now - self._since > TELL_AFTER_S:
            self._told = True
            _say(f"kinebench: waiting for {lacking}: the cluster has none at present.")


def _say(line: str) -> None:
    from tqdm import tqdm

    # Above the bar, if there is one.
    tqdm.write(line, file=sys.stderr)
