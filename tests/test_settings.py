"""The settings of the paper's authors and ours, as one object each."""

import numpy as np

import lstm_md as lm


def test_settings_are_arguments_of_network_and_training():
    labels = np.tile([0, 1, 2, 1], 500)
    for settings in (lm.AUTHORS, lm.OURS):
        model = lm.language_model(3, units=4, **settings.network)
        history = lm.train(model, labels, epochs=1, progress=False, **settings.training)
        assert np.isfinite(history.loss[0])


def test_settings_show_where_they_differ():
    shown = repr(lm.AUTHORS.beside(lm.OURS)).splitlines()
    assert shown[0].split() == ["setting", "authors", "ours"]
    assert "initial_state          carried         warmed" in shown
    assert len(shown) == 11
