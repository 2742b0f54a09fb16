"""The claims about Markov models and the LSTM on simulated traps with a known answer."""

from __future__ import annotations

from lstm_md.judging.verdict import Claim
from reproduction.common.claims import COUNTS, by_id
from reproduction.rivals.criteria import PATTERN_WORDS

CLAIMS = by_id(
    Claim(
        "S1",
        "simulated optical trap: the LSTM agrees with the process at every commit time",
        "beyond Fig 8",
        f"of ten simulated records, the mean counts of single frames and of the 2 ms mean: "
        f"{COUNTS}, compared with a simulation ten times as long",
        "The mean of ten records has less of the chance of a single record. So this shows the "
        "error of the method.",
        short="simulated trap: the LSTM agrees",
    ),
    Claim(
        "S2",
        "simulated optical trap: the Markov models agree beyond 10 ms only",
        "beyond Fig 8",
        f"the MSM at 0.5 ms and the HMM at 3 ms, each label held for a lag: {PATTERN_WORDS}",
        "This is the paper's conclusion, for a process that is known. The LSTM must fail the same "
        "test.",
        short="… MSM, HMM: beyond 10 ms only",
    ),
)

#: The claim S2 as plain questions, which the second edition answers.
PLAIN = by_id(
    Claim(
        "S2a",
        "simulated optical trap: the Markov models deviate from the process below 10 ms",
        "beyond Fig 8",
        "for the MSM at 0.5 ms and the HMM at 3 ms, each label held for a lag: the test of the "
        "counts of single frames at all commit times below 10 ms rejects, and one of them deviates "
        "significantly by more than the margin",
        "The ten simulated records themselves must not deviate by the same rule.",
        short="trap, Markov: wrong below 10 ms",
    ),
    Claim(
        "S2b",
        "simulated optical trap: the Markov models agree with the process beyond 10 ms",
        "beyond Fig 8",
        "for both models, the counts of a mean over 2 ms are inside the margin at all commit "
        "times of 10 ms and more",
        "Shuffled labels and a first-order Markov chain must not agree by the same rule.",
        short="trap, Markov: right beyond 10 ms",
    ),
    Claim(
        "S2c",
        "simulated optical trap: the LSTM agrees with the process at every commit time",
        "beyond Fig 8",
        "the counts of single frames below 10 ms, and those of a mean over 2 ms from 10 ms on, are "
        "inside the margin at all commit times",
        "Shuffled labels and a first-order Markov chain must not agree by the same rule.",
        short="trap, LSTM: right at all times",
    ),
)
