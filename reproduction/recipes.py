"""The table of the studies whose runs can be recorded, verified and repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from lstm_md.settings import AUTHORS, OURS, Settings
from reproduction.attention.run import AttentionStudy
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.method import CONTINUED, DIFFERENCES, under
from reproduction.costs.run import CostStudy
from reproduction.dipeptide.epochs import EpochStudy
from reproduction.dipeptide.recorded_simulations import DipeptideSimulations
from reproduction.dipeptide.run import DipeptideStudy
from reproduction.fresh_sets.run import FreshStudy, FreshTrapStudy
from reproduction.known_mean.run import KnownMeanStudy
from reproduction.learning_rates.run import RateStudy
from reproduction.less_data.noise import NoiseStudy
from reproduction.less_data.run import LessDataStudy
from reproduction.methods.run import LagNullStudy, NullStudy
from reproduction.optical_trap.run import TrapStudy
from reproduction.path_entropy.run import EntropyStudy
from reproduction.potentials.run import PotentialStudy
from reproduction.potentials.states import FOUR_STATES
from reproduction.projections.run import along_direction
from reproduction.projections.states import ROTATED
from reproduction.riboswitch.run import RiboswitchStudy
from reproduction.rivals.run import RivalStudy
from reproduction.runs.recipe import Recipe
from reproduction.sizes.run import SizeStudy


class Study(Protocol):
    """A frozen dataclass of settings that makes a recipe of them."""

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe: ...


_LINEAR = PotentialStudy(
    "linear_three_state",
    "triangular_three_state",
    ("B1", "K1", "K3", "E1"),
    commit_times=logarithmic_commit_times(200),
)
_TRIANGULAR = PotentialStudy(
    "triangular_three_state",
    "linear_three_state",
    ("B2", "K2", "K4", "E2"),
    commit_times=logarithmic_commit_times(200),
)
_FOUR_STATE = PotentialStudy(
    "four_state",
    "",
    ("B3", "K5", "K6", "K7", "E3"),
    frames=1_000_000,
    segments=10,  # Those of the paper's Fig 4.
    # Stays below 100 frames are removed from the data. The counts fall only at longer times.
    commit_times=logarithmic_commit_times(1000),
    labels=4,
    centres=FOUR_STATES,
    running_mean=50,
    shortest_stay=100,
    trainings=10,
)
# Studies beyond the paper. Short stays are left in the data and give them a memory, which a network
# can learn.
_WITH_SHORT_STAYS: dict[str, Any] = {"chains": 2, "blank_frames": 200_000}
# So few frames hold too few transitions to judge a claim. More epochs make up for the fewer steps
# per epoch: there are at least as many training steps as for the three-state potentials.
_SHORT_DATA: dict[str, Any] = {"claims": ()}

_SMOKE = PotentialStudy(
    "linear_three_state",
    "triangular_three_state",
    ("B1", "K1"),
    frames=20_000,  # Three steps per epoch, so that their order matters.
    segments=4,
    commit_times=(1, 2, 5),
    units=8,
    epochs=5,
    trainings=2,
    chains=2,
    prompt_frames=100,
)

_COSTS_SMOKE = CostStudy(
    # Two decades shorter than in the criteria, but with the pairs that differ by a factor of 33.
    frames=(6_400, 204_800),
    labels=(3, 100),
    units=(2, 64),
    networks={"L 64": (2, 4), "L 1024": (2, 8)},
    rounds=2,
    trace_frames=(10_000, 20_000),
    plane={"frames": 20_000, "trainings": 2, "epochs": 1, "seed": 1},
)

_LESS_DATA_SMOKE = LessDataStudy(
    frames=20_000,
    sets=2,
    reference_frames=20_000,
    references=1,
    dipeptide_frames=4_000,
    quarters=1,
    step=10,
    memory=4,
    times=(400, 800),
    dipeptide_times=(20, 40),
    epochs=(1, 1, 1),
    dipeptide_epochs=(1, 1, 1),
    generated=10_000,
    chains=10,
    units=8,
)

_NOISE_SMOKE = NoiseStudy(
    frames=2_000,
    sets=2,
    reference_frames=2_000,
    reference_chains=4,
    chains=4,
    chain_frames=200,
    epochs=1,
    regression_epochs=1,
    stored=50,
    units=8,
)

_ENTROPY_SMOKE = EntropyStudy(
    frames=8_000,
    text_frames=8_000,
    rate_frames=20_000,
    blocks=4,
    orders=3,
    shuffled=1,
    units=4,
    epochs=2,
    trainings=2,
)

_ATTENTION_SMOKE = AttentionStudy(
    systems=("triangular", "semi_markov"),
    frames=(8_000, 8_000),
    unseen_frames=2_000,
    steps=1,
    chains=2,
    chain_frames=400,
    lstm_rates=(0.02,),
    transformer_rates=(0.003,),
    trainings=6,
)

# A quarter of the paper's units, so that several trainings can be compared.
_SMALL_DIPEPTIDE: dict[str, Any] = {"units": 256, "trainings": 4, "other_epochs": (5, 10, 20)}
# After some 10 epochs the validation loss of a network of the paper's size is lowest.
_LARGE_DIPEPTIDE: dict[str, Any] = {"other_epochs": (10,)}
# What the rule of the record dipeptide_epochs chooses for 256 units, by angle.
CHOSEN_EPOCHS = {"phi": ("continued", 20), "psi": ("ours", 20)}

_RIBOSWITCH = RiboswitchStudy((), commit_times=logarithmic_commit_times(1000))

# As the authors prepared four states: as many frames, and their filter for short stays.
_FOUR_STATE_PREPARED = replace(
    _FOUR_STATE, frames=1_600_000, chains=4, claims=(), short_stays="divided"
)
# In their later example with PyTorch: a running mean over 20 frames, and a filter of 20 frames.
_THREE_STATES_PREPARED: dict[str, Any] = {
    "frames": 500_000,
    "chains": 4,
    "running_mean": 20,
    "shortest_stay": 20,
    "short_stays": "divided",
    "other": "",
    "claims": (),
}

# What the rule of the record learning_rates chooses for 64 units, by system and method.
RATES = {
    ("linear", "ours"): 0.04,
    ("linear", "continued"): 0.04,
    ("triangular", "ours"): 0.04,
    ("triangular", "continued"): 0.04,
    ("four_state", "ours"): 0.02,
    ("four_state", "continued"): 0.08,
    ("trap", "ours"): 0.01,
    ("trap", "continued"): 0.005,
}


def _chosen_dipeptide(angle: str, method: Settings) -> DipeptideStudy:
    """Return the study of an angle with as many epochs as the rule chose."""
    _, epochs = CHOSEN_EPOCHS[angle]
    return under(DipeptideStudy(angle, (), units=256, trainings=3, epochs=epochs), method)


# The verdicts under these methods follow the criteria of the second edition.
_BY_METHOD: dict[str, tuple[Study, str]] = {
    "null_samples": (
        NullStudy(),
        "what chance alone does: counts in many simulations of each process",
    ),
    "null_samples_at_lags": (
        LagNullStudy(),
        "what chance alone does: counts of a trap that is read at the lags of the Markov models",
    ),
    "learning_rates": (
        RateStudy(),
        "five learning rates for networks of 64 units, on data of their own",
    ),
    "sizes": (
        SizeStudy(learning_rate=RATES["triangular", "ours"]),
        "triangular potential, warmed-up sequences, networks of nine sizes",
    ),
    "known_mean": (
        KnownMeanStudy(learning_rate=RATES["triangular", "ours"]),
        "triangular potential, networks that learn trajectories selected for a known mean",
    ),
    "attention": (
        AttentionStudy(),
        "five systems, transformers and LSTMs of the same size, eight data sets each",
    ),
    "less_data": (
        LessDataStudy(learning_rate=RATES["four_state", "ours"]),
        "four states and alanine dipeptide: T(t) by models with memory, from a part of the data",
    ),
    "noise": (
        NoiseStudy(),
        "a noisy double well: a reservoir, an LSTM that regresses, and one that samples labels",
    ),
    "linear_authors": (
        under(_LINEAR, AUTHORS, claims=()),
        "linear potential, by the authors' method",
    ),
    "triangular_authors": (
        under(_TRIANGULAR, AUTHORS, claims=()),
        "triangular potential, by the authors' method",
    ),
    "linear_authors_long": (
        under(_LINEAR, AUTHORS, claims=(), frames=500_000, chains=4),
        "linear potential, by the authors' method, 500,000 frames",
    ),
    "triangular_authors_long": (
        under(_TRIANGULAR, AUTHORS, claims=(), frames=500_000, chains=4),
        "triangular potential, by the authors' method, 500,000 frames",
    ),
    "linear_ours": (
        under(_LINEAR, OURS, claims=(), learning_rate=RATES["linear", "ours"]),
        "linear potential, warmed-up sequences",
    ),
    "triangular_ours": (
        under(_TRIANGULAR, OURS, claims=(), learning_rate=RATES["triangular", "ours"]),
        "triangular potential, warmed-up sequences",
    ),
    "linear_continued": (
        under(_LINEAR, CONTINUED, claims=(), learning_rate=RATES["linear", "continued"]),
        "linear potential, each row of a batch reads on where it stopped",
    ),
    "triangular_continued": (
        under(_TRIANGULAR, CONTINUED, claims=(), learning_rate=RATES["triangular", "continued"]),
        "triangular potential, each row of a batch reads on where it stopped",
    ),
    "riboswitch_authors": (
        under(_RIBOSWITCH, AUTHORS),
        "riboswitch, by the authors' method, 1,024 units",
    ),
    "riboswitch_continued": (
        under(_RIBOSWITCH, CONTINUED),
        "riboswitch, each row of a batch reads on where it stopped, 1,024 units",
    ),
    "riboswitch_64_continued": (
        under(_RIBOSWITCH, CONTINUED, units=64, learning_rate=0.02),
        "riboswitch, each row of a batch reads on where it stopped, 64 units",
    ),
    "riboswitch_64_ours": (
        under(_RIBOSWITCH, OURS, units=64, learning_rate=0.02),
        "riboswitch, warmed-up sequences, 64 units",
    ),
    "riboswitch_64_continued_rule": (
        under(_RIBOSWITCH, CONTINUED, units=64, learning_rate=RATES["trap", "continued"]),
        "riboswitch, each row of a batch reads on where it stopped, 64 units, rate by the rule",
    ),
    "riboswitch_64_ours_rule": (
        under(_RIBOSWITCH, OURS, units=64, learning_rate=RATES["trap", "ours"]),
        "riboswitch, warmed-up sequences, 64 units, rate by the rule",
    ),
    "dipeptide_epochs": (
        EpochStudy(),
        "alanine dipeptide, three numbers of epochs and two methods, on data of their own",
    ),
    "dipeptide_phi_authors": (
        under(DipeptideStudy("phi", ()), AUTHORS, other_epochs=(10,), prompt_frames=100_000),
        "alanine dipeptide along sin φ, by the authors' method, and its 10th epoch",
    ),
    "dipeptide_psi_authors": (
        under(DipeptideStudy("psi", ()), AUTHORS, other_epochs=(10,), prompt_frames=100_000),
        "alanine dipeptide along sin ψ, by the authors' method, and its 10th epoch",
    ),
    "dipeptide_phi_continued": (
        _chosen_dipeptide("phi", CONTINUED),
        "alanine dipeptide along sin φ, each row of a batch reads on where it stopped, 256 units",
    ),
    "dipeptide_psi_continued": (
        _chosen_dipeptide("psi", CONTINUED),
        "alanine dipeptide along sin ψ, each row of a batch reads on where it stopped, 256 units",
    ),
    "dipeptide_psi_ours": (
        _chosen_dipeptide("psi", OURS),
        "alanine dipeptide along sin ψ, warmed-up sequences, 256 units",
    ),
    "four_state_authors": (
        under(
            _FOUR_STATE_PREPARED,
            AUTHORS,
        ),
        "four-state potential, by the authors' method and with their filter, 1,600,000 frames",
    ),
    "four_state_authors_own_filter": (
        under(replace(_FOUR_STATE_PREPARED, short_stays="removed"), AUTHORS),
        "four-state potential, by the authors' method, with our filter, 1,600,000 frames",
    ),
    "four_state_ours": (
        under(
            _FOUR_STATE_PREPARED,
            OURS,
            learning_rate=RATES["four_state", "ours"],
        ),
        "four-state potential with the authors' filter, warmed-up sequences",
    ),
    "four_state_continued": (
        under(
            _FOUR_STATE_PREPARED,
            CONTINUED,
            learning_rate=RATES["four_state", "continued"],
        ),
        "four-state potential with the authors' filter, each row reads on where it stopped",
    ),
    "linear_authors_prepared": (
        under(replace(_LINEAR, **_THREE_STATES_PREPARED), AUTHORS),
        "linear potential, prepared as in the authors' later example",
    ),
    "triangular_authors_prepared": (
        under(replace(_TRIANGULAR, **_THREE_STATES_PREPARED), AUTHORS),
        "triangular potential, prepared as in the authors' later example",
    ),
    **{
        f"{name}_ours": (
            replace(
                along_direction(study, direction, trainings=5),
                claims=(),
                method=OURS,
            ),
            f"{title}, warmed-up sequences",
        )
        for name, study, direction, title in (
            ("triangular_y", _TRIANGULAR, 90.0, "triangular potential projected on y"),
            ("triangular_30", _TRIANGULAR, ROTATED, "triangular potential on an axis at 30°"),
            ("four_state_y", _FOUR_STATE, 90.0, "four-state potential projected on y"),
            ("four_state_30", _FOUR_STATE, ROTATED, "four-state potential on an axis at 30°"),
        )
    },
    # Each difference of the authors' method from that of the first edition, one at a time.
    **{
        f"riboswitch_64_{name}": (
            under(replace(_RIBOSWITCH, units=64, learning_rate=0.02), method),
            f"riboswitch, 64 units, as in the first edition but for one difference: {name}",
        )
        for name, method in DIFFERENCES.items()
        if name != "constant"  # recorded for the first edition
    },
    "riboswitch_64_authors": (
        under(replace(_RIBOSWITCH, units=64), AUTHORS),
        "riboswitch, 64 units, by the authors' method",
    ),
    **{
        f"triangular_{name}": (
            under(replace(_TRIANGULAR, trainings=10, chains=4), method, claims=()),
            f"triangular potential, as in the first edition but for one difference: {name}",
        )
        for name, method in DIFFERENCES.items()
    },
    "path_entropy_continued": (
        under(EntropyStudy(), CONTINUED),
        "four processes of known path entropy, each row of a batch reads on where it stopped",
    ),
}

# Ten fresh data sets, one network each, compared with the process itself.
_FRESH: dict[str, tuple[Study, str]] = {
    f"fresh_{system}": (
        FreshStudy(study),
        f"{words} potential, ten fresh data sets with a network each, by the authors' method",
    )
    for system, words, study in (
        ("linear", "linear", under(_LINEAR, AUTHORS)),
        ("triangular", "triangular", under(_TRIANGULAR, AUTHORS)),
        ("four_state", "four-state", under(_FOUR_STATE_PREPARED, AUTHORS, claims=("B3", "K5"))),
    )
} | {
    "fresh_trap": (
        under(FreshTrapStudy(AUTHORS), AUTHORS),
        "simulated trap, ten fresh data sets with a network each, 64 units, by the authors' method",
    ),
}

# All randomness of a run comes from the seed of its study.
_STUDIES: dict[str, tuple[Study, str]] = {
    "linear": (_LINEAR, "linear potential, 20 trainings at the paper's size"),
    "triangular": (_TRIANGULAR, "triangular potential, 20 trainings at the paper's size"),
    "four_state": (_FOUR_STATE, "four-state potential, 10 trainings on 1,000,000 frames"),
    "four_state_smoothed": (
        replace(_FOUR_STATE, shortest_stay=1, claims=("B3*", "K5*", "K6*"), **_WITH_SHORT_STAYS),
        "four-state potential, smoothed labels from which no short stay is removed",
    ),
    "four_state_raw": (
        replace(
            _FOUR_STATE,
            running_mean=1,
            shortest_stay=1,
            claims=("B3**", "K5**", "K6**"),
            **_WITH_SHORT_STAYS,
        ),
        "four-state potential, labels without any smoothing",
    ),
    "four_state_tenth": (
        replace(_FOUR_STATE, frames=100_000, epochs=40, segments=5, **_SHORT_DATA),
        "four-state potential, prepared as in the paper, a tenth of the frames",
    ),
    "four_state_hundredth": (
        replace(_FOUR_STATE, frames=10_000, epochs=560, segments=2, **_SHORT_DATA),
        "four-state potential, prepared as in the paper, a hundredth of the frames",
    ),
    "triangular_y": (
        along_direction(_TRIANGULAR, 90.0),
        "triangular potential projected on y, where A and C merge",
    ),
    "triangular_30": (
        along_direction(_TRIANGULAR, ROTATED),
        "triangular potential projected on an axis at 30°, where B and C merge",
    ),
    "linear_y": (along_direction(_LINEAR, 90.0), "linear potential projected on y"),
    "linear_30": (
        along_direction(_LINEAR, ROTATED),
        "linear potential projected on an axis at 30°",
    ),
    "four_state_y": (
        along_direction(_FOUR_STATE, 90.0, trainings=5),
        "four-state potential projected on y",
    ),
    "four_state_30": (
        along_direction(_FOUR_STATE, ROTATED, trainings=5),
        "four-state potential projected on an axis at 30°, where A and B merge, and C and D",
    ),
    "costs": (
        CostStudy(),
        "time and memory of training, compared with Markov models; needs an idle machine",
    ),
    "path_entropy": (
        EntropyStudy(),
        "four processes of known path entropy, 20 trainings on each",
    ),
    "dipeptide": (
        DipeptideSimulations(),
        "two simulations of alanine dipeptide, 200 ns each; needs OpenMM",
    ),
    "dipeptide_settings": (
        DipeptideSimulations(varied=True, frames=400_000),
        "alanine dipeptide with other force fields and thermostats, 40 ns each; needs OpenMM",
    ),
    "dipeptide_phi": (
        DipeptideStudy("phi", ("A1", "A3"), **_LARGE_DIPEPTIDE),
        "alanine dipeptide along sin φ, at the paper's size",
    ),
    "dipeptide_psi": (
        DipeptideStudy("psi", ("A2", "A4"), **_LARGE_DIPEPTIDE),
        "alanine dipeptide along sin ψ, at the paper's size",
    ),
    "dipeptide_phi_256": (
        DipeptideStudy("phi", ("A1*", "A3*", "A5"), **_SMALL_DIPEPTIDE),
        "alanine dipeptide along sin φ, 4 trainings with 256 units",
    ),
    "dipeptide_psi_256": (
        DipeptideStudy("psi", ("A2*", "A4*"), **_SMALL_DIPEPTIDE),
        "alanine dipeptide along sin ψ, 4 trainings with 256 units",
    ),
    "riboswitch": (
        replace(_RIBOSWITCH, claims=("R1", "R2", "R3")),
        "riboswitch, five training sets, at the paper's size",
    ),
    "riboswitch_256": (replace(_RIBOSWITCH, units=256), "riboswitch, 256 units"),
    "riboswitch_64": (
        replace(_RIBOSWITCH, units=64, learning_rate=0.02),
        "riboswitch, 64 units",
    ),
    # Is the network too large, or its learning rate too high? Each size has another rate, too.
    "riboswitch_64_low": (
        replace(_RIBOSWITCH, units=64),
        "riboswitch, 64 units, with the learning rate of 256 units",
    ),
    "riboswitch_256_high": (
        replace(_RIBOSWITCH, units=256, learning_rate=0.02),
        "riboswitch, 256 units, with the learning rate of 64 units",
    ),
    "riboswitch_low": (
        replace(_RIBOSWITCH, learning_rate=0.0005),
        "riboswitch, 1,024 units, with a quarter of the learning rate",
    ),
    "riboswitch_256_constant": (
        replace(_RIBOSWITCH, units=256, learning_rate=0.001, decay=False),
        "riboswitch, 256 units, with the default learning rate of Keras, which stays constant",
    ),
    "riboswitch_64_constant": (
        replace(_RIBOSWITCH, units=64, learning_rate=0.001, decay=False),
        "riboswitch, 64 units, with the default learning rate of Keras, which stays constant",
    ),
    "riboswitch_rivals": (
        RivalStudy(
            ("M1", "M1*", "M2", "M2*", "M3", "M4"),
            commit_times=logarithmic_commit_times(1000),
            lstm="riboswitch",
            networks=(
                "riboswitch",
                "riboswitch_256",
                "riboswitch_64",
                "riboswitch_256_constant",
                "riboswitch_64_constant",
            ),
        ),
        "riboswitch, Markov models on the training sets of the networks",
    ),
    "surrogate": (
        TrapStudy(commit_times=logarithmic_commit_times(1000)),
        "ten simulated records of an optical trap, LSTM and Markov models",
    ),
    **_BY_METHOD,
    **_FRESH,
}
_TEST_STUDIES: dict[str, tuple[Study, str]] = {
    "smoke": (_SMOKE, "for tests: linear potential, far too small"),
    "view_smoke": (
        # Long enough for some committed transitions.
        along_direction(replace(_SMOKE, frames=30_000), 90.0, trainings=2, epochs=2),
        "for tests: a projection, far too small",
    ),
    "costs_smoke": (_COSTS_SMOKE, "for tests: costs, far too small"),
    "attention_smoke": (_ATTENTION_SMOKE, "for tests: transformers and LSTMs, far too small"),
    "less_data_smoke": (_LESS_DATA_SMOKE, "for tests: less data, far too small"),
    "noise_smoke": (_NOISE_SMOKE, "for tests: a noisy double well, far too small"),
    "path_entropy_smoke": (_ENTROPY_SMOKE, "for tests: path entropy, far too small"),
}


def recipe(name: str, seed: int | None = None, trainings: int | None = None) -> Recipe:
    """Make the recipe of a run.

    Parameters
    ----------
    name : str
        A name that ``python -m reproduction list --names`` prints.
    seed : int, optional
        Another seed than that of the record, for new simulations, trainings and trajectories.
    trainings : int, optional
        Another number of trainings than that of the record. It is 2 or more.

    Raises
    ------
    KeyError
        If there is no such run.
    ValueError
        If there are fewer than two trainings, or if the run measures times and therefore has no
        seed and no trainings.
    """
    study, description = {**_STUDIES, **_TEST_STUDIES}[name]
    if trainings is not None and trainings < 2:
        raise ValueError(
            f"trainings: found {trainings}. Give 2 or more, because their spread is the error"
        )
    for setting, value in (("seed", seed), ("trainings", trainings)):
        if value is not None:
            if not hasattr(study, setting):
                raise ValueError(f"{setting}: the run {name!r} has none. Leave it out")
            study = replace(study, **{setting: value})  # type: ignore[arg-type, type-var]
    return study.recipe(name, description, hidden=name in _TEST_STUDIES)


RECIPES = {name: recipe(name) for name in (*_STUDIES, *_TEST_STUDIES)}
