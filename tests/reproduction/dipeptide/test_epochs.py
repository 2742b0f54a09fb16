"""The rule for the number of epochs, and its run at a tiny size."""

import numpy as np

from reproduction.dipeptide.epochs import EpochStudy
from reproduction.dipeptide.recorded_simulations import DATA_FILE, LONG
from reproduction.recipes import CHOSEN_EPOCHS
from reproduction.runs.files import load_file, load_summary
from reproduction.runs.recipe import run_job
from reproduction.runs.records import default_folder


def test_the_data_that_choose_are_not_those_that_are_judged():
    content = load_file(default_folder() / LONG / DATA_FILE)
    study = EpochStudy()
    assert study.first == 1_000_000
    assert all(len(content[angle]) == 2_000_000 for angle in study.angles)


def test_the_recipes_have_what_the_rule_chose():
    numbers = load_summary(default_folder() / "dipeptide_epochs")["numbers"]
    chosen = {angle: tuple(found["chosen"].values()) for angle, found in numbers.items()}
    assert chosen == CHOSEN_EPOCHS


def test_a_run_chooses_the_lowest_held_back_loss(tmp_path):
    folder = tmp_path / "epochs"
    (folder / ".working").mkdir(parents=True)
    (tmp_path / LONG).symlink_to((default_folder() / LONG).absolute())
    study = EpochStudy(
        ("psi",), ("continued",), (1, 4), first=1_970_000, held_back=10_000, length=2_000,
        embedding=4, units=8, learning_rate=0.05,
    )  # fmt: skip
    recipe = study.recipe("epochs", "tiny")
    for job in recipe.jobs:
        run_job(job, folder)
    numbers = recipe.summarise(folder, recipe.settings)["numbers"]["psi"]
    losses = {n: numbers[f"continued, {n} epochs"]["held_back"] for n in (1, 4)}
    assert numbers["chosen"] == {"method": "continued", "epochs": 4}
    assert losses[4] < 0.95 * losses[1]
    generated = load_file(folder / "psi-continued-04.npz")["generated"]
    assert generated.shape == (2_000,) and np.ptp(generated) > 3
