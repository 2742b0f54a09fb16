"""Figures: every panel has its data, and a caption is shown below."""

import numpy as np
import pytest

from lstm_md import figures
from lstm_md._support import svg
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.labels import running_mean
from lstm_md.states import find_states
from lstm_md.systems import potentials
from lstm_md.training import History


@pytest.fixture(autouse=True)
def no_window():
    import matplotlib

    matplotlib.use("agg")
    yield
    matplotlib.pyplot.close("all")


def test_a_figure_with_an_empty_panel_is_refused():
    fig, axes = figures.figure(1, 2)
    axes[0].plot([1, 2])
    with pytest.raises(ValueError, match="fig: panel 2 of 2 has no data"):
        figures.show(fig, "half a figure")


@pytest.mark.parametrize("of_panel", [True, False])
@pytest.mark.parametrize("size, title, allowed", [
    (None, None, True), (9.5, None, True), (9, None, False), ("small", None, False),
    (10, 8, False),
])  # fmt: skip
def test_a_legend_that_is_too_small_to_be_read_is_refused(of_panel, size, title, allowed):
    fig, ax = figures.figure()
    ax.plot([1, 2], label="a curve")
    words = {} if title is None else {"title": "curves", "title_fontsize": title}
    (ax if of_panel else fig).legend(fontsize=size, **words)
    if allowed:
        figures.show(fig, "a curve")
    else:
        with pytest.raises(ValueError, match=r"letters of at least 9.5 points .* found \d.\d for"):
            figures.show(fig, "a curve")


def test_a_badge_stands_above_the_panels():
    fig, ax = figures.figure()
    ax.plot([1, 2])
    figures.badge(fig, "the paper's Fig 3")
    fig.canvas.draw()
    (badge,) = [text for text in fig.texts if text.get_text() == "the paper's Fig 3"]
    assert badge.get_window_extent().y0 > ax.get_window_extent().y1


NAMED = {**figures.LOOKS, **figures.METHODS}
# What readers with normal vision, and with each kind of colour blindness, see of linear RGB
# (Machado, Oliveira and Fernandes, 2009).
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
          [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip


def seen(colour, vision):
    """A colour in CIELAB, where a distance of ten is clear to see."""
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(vision @ linear, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y, 500 * (x - y), 200 * (y - z)])


def test_each_name_has_a_marker_of_its_own_and_the_warmed_networks_are_the_lstm():
    assert figures.METHODS["warmed"] is figures.LOOKS["LSTM"]
    markers = [look["marker"] for look in NAMED.values()]
    assert len(set(markers)) == len(markers) - 1  # the LSTM has two names


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_names_have_colours_that_look_alike(vision):
    colours = sorted({look["color"] for look in NAMED.values()})
    assert len(colours) == len(NAMED) - 1
    for k, one in enumerate(colours):
        for other in colours[:k]:
            distance = np.linalg.norm(
                seen(one, np.array(VISIONS[vision])) - seen(other, np.array(VISIONS[vision]))
            )
            assert distance > 10, (one, other)


def test_the_constants_are_those_of_the_names():
    looks = figures.LOOKS
    assert figures.ACTUAL == looks["training data"]["color"] == figures.INK
    assert figures.LSTM == looks["LSTM"]["color"] == svg.MODEL
    assert figures.CONTROL == looks["Markov chain"]["color"]
    assert figures.SIMULATION["color"] == looks["simulation"]["color"]


def test_curves_have_the_looks_of_their_names_in_any_order():
    estimate = Estimate([0.3, 0.7], [0.1, 0.1])
    for names in (("record", "LSTM", "Markov chain"), ("HMM", "other", "simulation", "data")):
        _, ax = figures.figure()
        figures.populations(ax, dict.fromkeys(names, estimate), "AB")
        found = {
            bar.get_label(): (bar.lines[0].get_color(), bar.lines[0].get_marker())
            for bar in ax.containers
        }
        for name, same in {
            "record": "training data", "data": "training data", "HMM": "hidden Markov model",
            "LSTM": "LSTM", "Markov chain": "Markov chain", "simulation": "simulation",
        }.items():  # fmt: skip
            if name in found:
                assert found[name] == tuple(figures.LOOKS[same].values())
        assert len(set(found.values())) == len(names)


def test_more_curves_without_a_name_than_looks_can_be_drawn():
    _, ax = figures.figure()
    estimate = Estimate([0.3, 0.7], [0.1, 0.1])
    figures.populations(ax, {f"curve {k}": estimate for k in range(15)}, "AB")
    assert len(ax.containers) == 15


def test_a_figure_is_shown_with_its_caption(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    fig, ax = figures.figure()
    figures.losses(ax, [History([1.0, 0.5], [1.0, 0.6], [1, 1])], bound=0.4)
    figures.show(fig, "the loss falls")
    assert shown[0].data[:8] == b"\x89PNG\r\n\x1a\n"
    assert shown[1].data == "*the loss falls*"
    training, validation, chain = ax.lines
    assert training.get_color() == validation.get_color() == figures.LSTM
    assert training.get_linestyle() != validation.get_linestyle()
    assert chain.get_color() == figures.CONTROL


def test_count_curves_draw_every_direction_of_every_pair():
    fig, axes = figures.figure(2, 3)
    estimate = Estimate(np.ones((4, 3, 3)), np.ones((4, 3, 3)))
    figures.count_curves(axes, [1, 2, 3, 4], {"data": estimate, "LSTM": estimate}, "ABC")
    assert [ax.get_title(loc="left") for ax in axes.T.flat] == [
        "A → B", "B → A", "A → C", "C → A", "B → C", "C → B",
    ]  # fmt: skip
    assert all(ax.has_data() for ax in axes.flat)


def test_rate_curves_draw_the_pair_that_is_asked_for():
    fig, ax = figures.figure()
    value = np.arange(1, 28).reshape(3, 3, 3) / 1e4
    curves = {name: Estimate(value * k, value / 10) for k, name in
              enumerate(("data", "simulation", "LSTM"), 1)}  # fmt: skip
    figures.rate_curves(ax, [1, 10, 100], curves, (0, 2), {"LSTM": figures.METHODS["warmed"]})
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(drawn["data"], [3, 12, 21])
    np.testing.assert_allclose(drawn["simulation"], [6, 24, 42])
    assert ax.get_xscale() == ax.get_yscale() == "log"
    control = next(line for line in ax.lines if line.get_label() == "simulation")
    assert control.get_color() == figures.CONTROL
    styles = {"simulation": figures.SIMULATION}
    _, other = figures.figure()
    figures.rate_curves(other, [1, 10, 100], curves, (0, 2), styles, scale=1)
    long = next(line for line in other.lines if line.get_label() == "simulation")
    assert long.get_color() == figures.LOOKS["simulation"]["color"]
    np.testing.assert_allclose(long.get_ydata(), np.array([6, 24, 42]) / 1e4)
    assert set(ax.get_legend_handles_labels()[1]) == set(curves)


def test_surface_names_every_state_of_the_potential():
    fig, ax = figures.figure()
    figures.surface(ax, potentials.four_state)
    assert [text.get_text() for text in ax.texts] == ["A", "B", "C", "D"]


def test_populations_and_trajectory_draw_what_they_are_given():
    fig, axes = figures.figure(3, 1)
    figures.populations(axes[0], {"data": Estimate([0.3, 0.7], [0.1, 0.1])}, "AB")
    figures.trajectory(axes[1:], [0.1, 0.2, 0.9], [0, 0, 1], names="AB")
    assert all(ax.has_data() for ax in axes)


def test_a_thin_curve_has_no_marks_and_is_in_the_legend():
    fig, axes = figures.figure(2, 1)
    estimate = Estimate(np.ones((4, 2, 2)), np.ones((4, 2, 2)))
    figures.count_curves(
        axes.reshape(2, 1), [1, 2, 3, 4], {"data": estimate, "long": estimate}, "AB", thin=["long"]
    )
    thin = axes[0].lines[-1]
    assert thin.get_label() == "long" and thin.get_marker() == "None"
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["data", "long"]


def test_free_energies_may_lie_below_zero_and_populations_may_not():
    fig, axes = figures.figure(2, 1)
    figures.populations(axes[0], {"data": Estimate([-0.3, 0.7], [0.1, 0.1])}, "AB", quantity="F")
    figures.populations(axes[1], {"data": Estimate([0.3, 0.7], [0.1, 0.1])}, "AB")
    assert axes[0].get_ylim()[0] < -0.3 and axes[1].get_ylim()[0] == 0
    assert axes[0].get_ylabel() == "F"


def area(line):
    """The integral of a density that is drawn along the second axis, in bins of one width."""
    return line.get_xdata().sum() * np.diff(line.get_ydata())[0]


@pytest.mark.parametrize("window, turn", [(1, None), (20, None), (4, 2 * np.pi)])
def test_the_cuts_and_peaks_of_the_states_are_drawn_over_trajectory_and_density(window, turn):
    random = np.random.default_rng(0)
    values = np.repeat([-3.0, 0.0, -3.0, 0.0], 2500) + 0.4 * random.normal(size=10_000)
    values = values if turn is None else (values + np.pi) % turn - np.pi
    states = find_states(values, window=window, period=turn)
    fig, axes = figures.figure(1, 2)
    figures.state_cuts(
        axes, values, states, window=window, part=slice(100, 400), time_per_frame=0.1, unit="ms"
    )
    n_cuts = 1 if turn is None else 2
    for ax in axes:
        flat = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
        assert np.allclose(flat, states.cuts) and len(flat) == n_cuts
    record, mean = axes[0].lines[:2]
    assert np.array_equal(record.get_ydata(), values[100:400])
    assert record.get_xdata()[[0, -1]] == pytest.approx([0.0, 29.9])
    # The mean of frame i stands in the middle of its window.
    expected = running_mean(values, window, period=turn or np.inf)[100 - (window - 1) // 2 :][:300]
    assert np.allclose(mean.get_ydata(), expected)
    assert axes[0].get_xlabel() == "time (ms)"
    # Each curve is a density: over the values it adds up to one, or to the share of its state.
    dashed = [line for line in axes[1].lines if line.get_linestyle() == "--"]
    assert [area(line) for line in dashed] == pytest.approx(list(states.shares), abs=0.01)
    solid = [line for line in axes[1].lines if line.get_linestyle() == "-"]
    assert len(solid) == (1 if window == 1 else 2)
    assert [area(line) for line in solid] == pytest.approx([1] * len(solid), abs=0.01)
