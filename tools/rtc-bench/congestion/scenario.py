"""What happens on the link: a row for each scenario. All phases of a run have the same length."""
from dataclasses import dataclass

MEGABIT = 1_000_000


@dataclass(frozen=True)
class Phase:
    name: str
    rate: int        # of the link, bit/s
    loss: float = 0  # percent of the packets, at random
    tcp: bool = False


@dataclass(frozen=True)
class Scenario:
    meaning: str
    phases: tuple
    viewers: int = 1
    width: int = 1280
    height: int = 720


QUEUE = '300ms'  # what the link's queue holds, at the rate of the phase

SCENARIOS = {
    'step': Scenario('2 Mbit/s, then 500 kbit/s, then 2 Mbit/s',
                     (Phase('2M', 2 * MEGABIT), Phase('500k', MEGABIT // 2), Phase('2M again', 2 * MEGABIT))),
    'tcp': Scenario('2 Mbit/s, a TCP flow (cubic) on it in the second phase',
                    (Phase('alone', 2 * MEGABIT), Phase('with TCP', 2 * MEGABIT, tcp=True),
                     Phase('alone again', 2 * MEGABIT))),
    'loss': Scenario('2 Mbit/s, 5 % random loss in the second phase',
                     (Phase('no loss', 2 * MEGABIT), Phase('5 % loss', 2 * MEGABIT, loss=5),
                      Phase('no loss again', 2 * MEGABIT))),
    'ten': Scenario('ten viewers on one link of 3 Mbit/s, 640x360',
                    (Phase('starting', 3 * MEGABIT), Phase('settled', 3 * MEGABIT)), 10, 640, 360),
}
