"""A fault of a movement that was put in on purpose, so that it is known which joint it is in, when and how large."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of one repetition.

    name: as the scene calls it; signal: the near side's signal that shows it, without side and unit
    ("elbow_flexion"), whose first word is the joint; direction: how the faulty movement differs from the good one;
    repetition: whose fault it is, the first is 0; start_s, end_s: outside of these times the faulty movement is the
    good one; at_s: when the two differ most.
    """

    name: str
    signal: str
    direction: str
    repetition: int
    start_s: float
    at_s: float
    end_s: float

    def told(self, near_side: str, size_deg: float) -> dict[str, str | int | float]:
        """The entry of `*.events.json`; `size_deg`: faulty less good signal at `at_s`."""
        return {
            "name": self.name,
            "joint": f"{near_side}_{self.signal.partition('_')[0]}",
            "signal": f"{near_side}_{self.signal}_deg",
            "direction": self.direction,
            "size_deg": size_deg,
            "repetition": self.repetition,
            "start_s": self.start_s,
            "at_s": self.at_s,
            "end_s": self.end_s,
        }
