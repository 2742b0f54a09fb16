"""The picture of a molecule: what a notebook stores of it, and input that cannot be drawn."""

import fnmatch
import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from reproduction.dipeptide.molecule import Molecule
from reproduction.dipeptide.structure import PHI, PSI, dihedral, structure
from tests.tags import Tags

NAMES, ELEMENTS, C7EQ, BONDS = structure()
HYDROGEN_BOND = (NAMES.index("NME H"), NAMES.index("ACE O"))
# The path leads through the extended chain, as in the recorded simulations. On a straight line
# through φ = 0 the two ends would collide.
SHARES = np.linspace(0, 1, 31)
PATH = np.array([structure(-80 - 212 * t, 75 + 230 * t).positions for t in SHARES])
CONFORMATIONS = {"C7eq": PATH[0], "C7ax": PATH[1:]}


def dipeptide(conformations=CONFORMATIONS, **options):
    given = {
        "marks": {"φ": PHI, "ψ": PSI},
        "hydrogen_bond": HYDROGEN_BOND,
        "name": "alanine dipeptide",
    }
    return Molecule(conformations, ELEMENTS, BONDS, **(given | options))


def scene(molecule):
    """The scene that the script draws."""
    found = re.search(r"^showMolecule\(root, (.*)\);$", molecule._repr_html_(), re.MULTILINE)
    return json.loads(found[1])


def test_each_conformation_is_a_frame_with_a_button():
    drawn = scene(dipeptide())
    assert drawn["stops"] == [0, 30]
    assert len(drawn["frames"]) == 31
    assert drawn["angles"][0] == "φ −80°, ψ 75°"
    assert drawn["angles"][30] == "φ 68°, ψ −55°"
    assert drawn["labels"][1].endswith("of alanine dipeptide, C7ax: φ 68°, ψ −55°")
    tags = Tags(dipeptide()._repr_html_()).found
    buttons = [attrs for tag, attrs in tags if tag == "button"]
    assert [button["aria-pressed"] for button in buttons] == ["true", "false"]
    assert all(button["type"] == "button" for button in buttons)
    canvas = dict(tags)["canvas"]
    assert (canvas["role"], canvas["tabindex"]) == ("img", "0")
    assert canvas["aria-label"] == drawn["labels"][0]
    alone = dipeptide({"C7eq": C7EQ})._repr_html_()
    assert "<button" not in alone


def test_only_the_shape_moves():
    drawn = np.array(scene(dipeptide())["frames"]) / 1000
    assert drawn.shape == (31, 22, 3)
    # The drawing keeps bonds, angles and chirality, to the rounding to picometres.
    distances = np.linalg.norm(drawn[:, :, None] - drawn[:, None], axis=-1)
    expected = np.linalg.norm(PATH[:, :, None] - PATH[:, None], axis=-1)
    np.testing.assert_allclose(distances, expected, rtol=0, atol=0.0018)
    for atoms in (PHI, PSI):
        change = dihedral(drawn, atoms) - dihedral(PATH, atoms)
        assert np.abs(np.angle(np.exp(1j * change))).max() < np.radians(1.5)
    # The molecule as a whole hardly moves or turns, and no atom jumps.
    np.testing.assert_allclose(drawn.mean(axis=1), 0, atol=0.0005)
    assert np.linalg.norm(np.diff(drawn, axis=0), axis=-1).max() < 0.06
    # The first conformation lies flat on the screen.
    spread = drawn[0].std(axis=0)
    assert spread[0] > spread[1] > spread[2]


def test_without_a_path_there_is_no_frame_between_two_conformations():
    drawn = scene(dipeptide({"C7eq": PATH[0], "extended": PATH[15], "C7ax": PATH[30]}))
    assert drawn["stops"] == [0, 1, 2]
    assert len(drawn["frames"]) == 3


def test_a_conformation_that_is_only_rotated_and_translated_does_not_move():
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    rotation *= np.sign(np.linalg.det(rotation))
    first, other = np.array(scene(dipeptide({"a": C7EQ, "b": C7EQ @ rotation + 7}))["frames"])
    assert np.abs(first - other).max() <= 1
    mirrored = np.array(scene(dipeptide({"a": C7EQ, "b": C7EQ * [1, 1, -1]}))["frames"])
    assert np.abs(mirrored[0] - mirrored[1]).max() > 50


def test_the_bonds_of_marked_angles_have_their_own_colours():
    drawn = scene(dipeptide())
    assert [mark["name"] for mark in drawn["marks"]] == ["φ", "ψ"]
    colours = {tuple(half[:2]): half[2] for half in drawn["halves"]}
    assert len(colours) == 2 * len(BONDS)
    for mark in drawn["marks"]:
        one, other = mark["bond"]
        assert colours[one, other] == colours[other, one] == mark["colour"]
    plain = {tuple(half[:2]): half[2] for half in scene(dipeptide(marks=None))["halves"]}
    assert sum(plain[bond] != colours[bond] for bond in plain) == 4


def test_the_hydrogen_bond_is_drawn_while_it_is_short():
    bonded = scene(dipeptide())["bonded"]
    length = np.linalg.norm(PATH[:, HYDROGEN_BOND[0]] - PATH[:, HYDROGEN_BOND[1]], axis=1)
    assert bonded == (length <= 0.25).tolist()
    assert bonded[0] and bonded[-1] and not any(bonded[3:27])
    assert not any(scene(dipeptide(hydrogen_bond=None))["bonded"])


def test_its_text_names_molecule_and_conformations():
    assert repr(dipeptide()) == (
        "alanine dipeptide, 22 atoms to turn by hand: C7eq (φ −80°, ψ 75°), C7ax (φ 68°, ψ −55°)"
    )
    assert repr(Molecule({"a": C7EQ}, ELEMENTS, BONDS)) == "molecule, 22 atoms to turn by hand: a"


def test_a_notebook_stores_the_same_small_page_at_every_run():
    page = dipeptide()._repr_html_()
    assert page == dipeptide()._repr_html_()
    code = (
        "from tests.reproduction.dipeptide.test_molecule import dipeptide; import sys\n"
        "sys.stdout.buffer.write(dipeptide()._repr_html_().encode())"
    )
    root = Path(__file__).parents[3]
    again = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert again.stdout.decode() == page
    assert len(page.encode()) < 40_000


def test_its_page_loads_nothing_and_defines_nothing():
    page = dipeptide()._repr_html_()
    assert "http" not in page
    assert not re.search(r"\b(src|href|import|fetch|url)\b\s*[=(]", page)
    # Several pictures may be on a page, so that each script finds its own without an id.
    assert not any("id" in attrs for _, attrs in Tags(page).found)
    key = re.search(r'data-molecule="(\w+)"', page)[1]
    assert page.count(key) == 2
    assert key not in dipeptide({"C7eq": C7EQ})._repr_html_()
    script = page[page.index("<script>") : page.index("</script>")]
    assert script.splitlines()[1] == "(() => {" and script.splitlines()[-1] == "})();"


def test_names_are_escaped_everywhere():
    bad = '</script><b a="1">&{x}'
    page = dipeptide({bad: C7EQ, "b": C7EQ}, name=bad, marks={bad: PHI})._repr_html_()
    assert page.count("</script>") == 1
    assert not any(tag == "b" for tag, _ in Tags(page).found)
    label = dict(Tags(page).found)["canvas"]["aria-label"]
    assert label == f"Ball-and-stick picture of {bad}, {bad}: {bad} −80°"
    assert scene(dipeptide(marks={bad: PHI}))["marks"][0]["name"] == bad


def test_the_script_is_in_the_package():
    script = files("reproduction.dipeptide") / "molecule.js"
    assert "function showMolecule(root, scene)" in script.read_text("utf-8")
    tomllib = pytest.importorskip("tomllib")  # since Python 3.11
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["reproduction"]
    assert any(fnmatch.fnmatch("dipeptide/molecule.js", pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"bonds": [(0, 22)]}, ValueError, "bonds: found atom 22 in .*; give indices from 0 to 21"),
        ({"bonds": [(0, -1)]}, ValueError, "bonds: expected at least 0, found -1"),
        ({"bonds": [(3, 3)]}, ValueError, "bonds: expected 2 different atoms, found .3, 3.; give"),
        ({"bonds": [(0, 1, 2)]}, ValueError, "bonds: expected 2 different atoms, found .0, 1, 2."),
        ({"bonds": [(0, 1.0)]}, TypeError, "bonds: expected a whole number, found 1.0"),
        ({"marks": {"φ": (1, 6, 8)}}, ValueError, "marks: expected 4 different atoms"),
        ({"marks": {"φ": (1, 6, 8, 40)}}, ValueError, "marks: found atom 40 in .*; give indices"),
        ({"marks": dict.fromkeys("abcd", PHI)}, ValueError, "marks: found 4, give at most 3"),
        ({"hydrogen_bond": (17, 99)}, ValueError, "hydrogen_bond: found atom 99 in .*; give"),
        (
            {"elements": [*ELEMENTS[:-1], "Xe"]},
            ValueError,
            "elements: found 'Xe' at index 21; give",
        ),
        ({"elements": ELEMENTS[:-1]}, ValueError, r"'C7eq'\]: .* for 21 elements, found \(22, 3\)"),
        ({"conformations": {}}, ValueError, "conformations: none given; give positions by name"),
        (
            {"conformations": {"a": C7EQ, "b": C7EQ[:-1]}},
            ValueError,
            r"conformations\['b'\]: expected shape \(22, 3\) or .*, found \(21, 3\); give",
        ),
        ({"conformations": {"a": C7EQ[:, :2]}}, ValueError, r"\['a'\]: .*, found \(22, 2\)"),
        (
            {"conformations": {"a": PATH}},
            ValueError,
            r"\['a'\]: the first conformation has no path .*; give \(22",
        ),
        (
            {"conformations": {"a": C7EQ * np.nan}},
            ValueError,
            r"\['a'\]: found nan at index \(0, 0",
        ),
        ({"conformations": {"a": NAMES}}, TypeError, r"\['a'\]: expected real numbers"),
    ],
)
def test_input_that_cannot_be_drawn_is_refused(changed, error, message):
    given = {"conformations": CONFORMATIONS, "elements": ELEMENTS, "bonds": BONDS, **changed}
    with pytest.raises(error, match=message):
        Molecule(**given)
