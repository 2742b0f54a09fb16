"""The page of common problems quotes messages as the packages print them."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import lstm_md as lm
from lstm_md._support import threads
from lstm_md._support.checkpoints import Checkpoint
from lstm_md.engine.steps import progress_title
from reproduction.runs import records
from tools.notebooks import BOOK
from tools.repository import setup_cell

QUOTED = re.findall(r'"`(.+?)`"', (BOOK / "common_problems.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """Messages of the packages, one for each mistake on the page."""
    folder = tmp_path_factory.mktemp("work")
    model = lm.language_model(3, 2, 4)
    other = folder / "other.npz"
    lm.train(model, np.arange(9_000) % 3, epochs=1, progress=False, checkpoint=other)
    damaged = folder / "damaged.npz"
    damaged.write_bytes(b"no archive")

    def train(labels, **settings):
        return lambda: lm.train(model, labels, epochs=1, progress=False, **settings)

    mistakes = [
        lambda: lm.transition_counts([0, 1, 5], [1], n_labels=3),
        lambda: lm.transition_counts([0, -1], [1]),
        lambda: lm.transition_counts(np.full(1000, 0.5), [1]),
        lambda: lm.transition_counts(np.zeros((1000, 1)), [1]),
        lambda: lm.running_mean(np.ma.array([0.0, 1.0, 2.0], mask=[0, 1, 0]), 2),
        lambda: lm.equal_width([0.0, 0.5, 3.0], -1.0, 1.0, n_labels=3),
        train(np.arange(30) % 3),
        lambda: lm.by_segments(np.mean, [0, 1, 2], 20),
        train(np.arange(60_000) % 3, learning_rate=1e30, validation_fraction=0),
        train(np.arange(301) % 3, checkpoint=other),
        train(np.arange(300) % 3, checkpoint=damaged),
        train(np.arange(300) % 3, checkpoint="x.h5"),
        lambda: records.load("nothing", folder),
        lambda: lm.transition_counts([0, 1, 2], [0.5, 1.0]),
        lambda: lm.nearest_state([0.0, np.nan], [0.0, 1.0]),
        lambda: lm.running_mean([0.0, 1.0], 50),
        lambda: lm.transition_counts(np.zeros((2, 3, 4), int), [1]),
        lambda: lm.recordings.load("missing.csv"),
        train(np.arange(300) % 3, checkpoint=made_folder(folder / "folder.npz")),
        lambda: train_beside_another(train, folder / "shared.npz"),
        forked,
        lambda: lm.langevin.simulate(lm.potentials.four_state, 2**50),
        lambda: lm.generate(without_numbers(lm.language_model(3, 2, 4)), [0, 1], 10),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the file is damaged, and the loss is not finite
        found = [message(mistake) for mistake in mistakes]
    found += [progress_title("training", "auto", "compiled"), re.sub(r'"\s+"', "", setup_cell(""))]
    found.append(progress_title("training", "auto", "keras").replace("CPU", "GPU"))
    return found + [Checkpoint(path, "training", 5.0).advice() for path in ("mine.npz", None)]


def without_numbers(model):
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    return model


def made_folder(path):
    path.mkdir()
    return path


def train_beside_another(train, path):
    with Checkpoint(path, "training", 5.0).alone():
        train(np.arange(300) % 3, checkpoint=path)()


def forked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads._Keras, "lost", True)
        threads.use_keras()


def message(mistake):
    errors = (ValueError, TypeError, OSError, ArithmeticError, MemoryError, RuntimeError)
    with pytest.raises(errors) as error:
        mistake()
    return str(error.value)


@pytest.mark.parametrize("quote", QUOTED)
def test_a_quoted_message_is_printed(quote, messages):
    pattern = ".*".join(map(re.escape, quote.split("…")))
    assert any(re.search(pattern, message, re.S) for message in messages)
