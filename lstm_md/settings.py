"""Settings of the method under one name: those of the paper's authors, and ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from lstm_md.tables import Table


@dataclass(frozen=True)
class Settings:
    """How a network is made and trained, apart from its sizes, the number of epochs and the seeds.

    Parameters
    ----------
    name
        The name of these settings in tables.
    recurrent_initializer
        An argument of :func:`lstm_md.model.language_model`. All settings below are arguments of
        :func:`lstm_md.training.train`.
    sequence_length, shared_label, batch_size
        How the labels are cut into sequences, and how many sequences a step has.
    reading_order, initial_state
        The order of the sequences, and the state in which each one starts.
    learning_rate, decay, epsilon
        For Adam. If the learning rate is None, :func:`lstm_md.training.default_learning_rate`
        chooses it by the number of units.
    validation_fraction
        The share of the sequences that is held back.

    Examples
    --------
    >>> import lstm_md as lm
    >>> model = lm.language_model(4, seed=1, **lm.AUTHORS.network)  # doctest: +SKIP
    >>> history = lm.train(model, labels, **lm.AUTHORS.training)  # doctest: +SKIP
    >>> AUTHORS.training["learning_rate"]
    0.001
    """

    name: str
    recurrent_initializer: str
    sequence_length: int
    shared_label: bool
    batch_size: int
    reading_order: str
    initial_state: str
    learning_rate: float | None
    decay: bool
    epsilon: float
    validation_fraction: float

    @property
    def network(self) -> dict[str, Any]:
        """The arguments for :func:`lstm_md.model.language_model`."""
        return {"recurrent_initializer": self.recurrent_initializer}

    @property
    def training(self) -> dict[str, Any]:
        """The arguments for :func:`lstm_md.training.train`."""
        return {k: v for k, v in asdict(self).items() if k not in ("name", *self.network)}

    def beside(self, other: Settings) -> Table:
        """Show these settings and others in one table, a row for each setting."""

        def value(settings: Settings, name: str) -> str:
            found = getattr(settings, name)
            return "by the size" if found is None else str(found)

        names = [field.name for field in fields(self)[1:]]
        rows = [[name, value(self, name), value(other, name)] for name in names]
        return Table(["setting", self.name, other.name], rows)


#: The settings of the script that the authors published (github.com/tiwarylab/LSTM-predict-MD).
#: Their validation data are a part of the training data, so nothing is held back.
#:
#: :meta hide-value:
AUTHORS = Settings(
    name="authors",
    recurrent_initializer="glorot_uniform",
    sequence_length=100,
    shared_label=False,
    batch_size=64,
    reading_order="shuffled",
    initial_state="carried",
    learning_rate=0.001,
    decay=False,
    epsilon=1e-8,
    validation_fraction=0.0,
)
#: Our settings: the network reads the frames before a sequence first, and the learning rate falls
#: to zero.
#:
#: :meta hide-value:
OURS = Settings(
    name="ours",
    recurrent_initializer="orthogonal",
    sequence_length=100,
    shared_label=True,
    batch_size=64,
    reading_order="shuffled",
    initial_state="warmed",
    learning_rate=None,
    decay=True,
    epsilon=1e-7,
    validation_fraction=0.1,
)
