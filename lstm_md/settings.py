"""All settings of the method under one name: those of the paper's authors, and ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from lstm_md.tables import Table


@dataclass(frozen=True)
class Settings:
    """How a network is made and trained, apart from its size.

    Parameters
    ----------
    name
        What a table calls these settings.
    recurrent_initializer
        Of :func:`lstm_md.model.language_model`.
    sequence_length, shared_label, batch_size
        Of :func:`lstm_md.training.train`, as all that follow.
    reading_order, initial_state
        Where a sequence starts.
    learning_rate, decay, epsilon
        A learning rate of None fits the size of the network.
    validation_fraction
        Of the sequences, held back.

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
        rows = [
            [field.name, str(getattr(self, field.name)), str(getattr(other, field.name))]
            for field in fields(self)[1:]
        ]
        return Table(["setting", self.name, other.name], rows)


#: From the script that the authors published (github.com/tiwarylab/LSTM-predict-MD). They
#: validate on a part of the training data itself: nothing is held back.
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
#: The frames before a sequence are read first, and the learning rate decays.
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
