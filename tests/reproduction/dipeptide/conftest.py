"""The record of the smallest study, which several test files read."""

import pytest

from reproduction.dipeptide.run import DipeptideStudy
from reproduction.runs import recording
from tests.reproduction.dipeptide.tiny import TINY, save_simulations
from tests.reproduction.runs.in_this_process import in_this_process


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """The recipe of the smallest study, the folder of its record, and its summary."""
    folder = tmp_path_factory.mktemp("recorded")
    save_simulations(folder)
    recipe = DipeptideStudy("phi", ("A1", "A3*"), **TINY).recipe("tiny", "tiny")
    with in_this_process():
        return recipe, folder, recording.record(recipe, folder)
