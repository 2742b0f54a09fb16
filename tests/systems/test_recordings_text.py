"""Text as other programs write it: each is read as it was meant, or refused with its place."""

from __future__ import annotations

import bz2
import gzip
import lzma

import numpy as np
import pytest

from lstm_md.systems.recordings import load, period_of


@pytest.fixture
def read(tmp_path):
    """Write text or bytes as they are, and load them."""

    def reader(content, reader=load, *arguments, **options):
        path = tmp_path / "record"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return reader(path, *arguments, **options)

    return reader


def refused(message):
    return pytest.raises(ValueError, match=message)


# One column


@pytest.mark.parametrize(
    "fields", [["x"], ("x",), [1], np.array([1]), np.array(["x"]), np.int64(1)]
)
def test_one_column_has_one_axis_however_it_is_asked_for(read, fields):
    np.testing.assert_array_equal(read("t,x\n0,1.5\n1,2.5\n", fields=fields), [1.5, 2.5])


def test_columns_may_be_given_as_an_array(read):
    loaded = read("0.5 1.5 2.5\n3.5 4.5 5.5\n", fields=np.array([2, 0]))
    np.testing.assert_array_equal(loaded, [[2.5, 0.5], [5.5, 3.5]])


def test_what_is_no_name_and_no_number_is_refused(read):
    with pytest.raises(TypeError, match="fields: expected names or whole numbers, found 0.5"):
        read("0.5 1.5\n", fields=0.5)


# Missing values

MISSING = (
    "nan NaN -nan NA N/A null NULL None - . nan(ind) -nan(ind) 1.#QNAN -1.#IND -1.#IND00 1.#INF "
    "1.#J #N/A #NUM! #DIV/0! #VALUE! <NA>"
).split()


@pytest.mark.parametrize("word", MISSING)
@pytest.mark.parametrize("separator", [",", ";", "\t", " ", ", "])
def test_words_for_a_missing_value_are_refused_with_their_place(read, word, separator):
    text = f"0.5{separator}1.5\n1.5{separator}{word}\n2.5{separator}0.25\n"
    with refused(r"line 2, column 2: found nan at index \(1, 1\)"):
        read(text)
    np.testing.assert_array_equal(read(text, fields=0), [0.5, 1.5, 2.5])


@pytest.mark.parametrize("word", [*MISSING, '""'])
@pytest.mark.parametrize("header", ["", "x\n"])
def test_no_frame_disappears_from_a_single_column(read, word, header):
    line = 2 + bool(header)
    with refused(f"line {line}, column 1: found nan at index 1"):
        read(f"{header}0.5\n{word}\n0.75\n")


def test_the_words_of_pandas_are_known(read):
    pandas = pytest.importorskip("pandas", reason="pandas has the list of words to compare with")
    for word in pandas._libs.parsers.STR_NA_VALUES - {""}:
        with refused("found nan at index 1 "):
            read(f"x,y\n0.5,1\n{word},2\n", fields="x")


def test_a_missing_value_in_the_first_row_is_no_name(read):
    with refused("line 1, column 1: found nan at index 0 "):
        read("NA\n1.5\n")


@pytest.mark.parametrize("cell", ["12:30", "1.2.3", "0.5#x", "0,5,1"])
def test_a_damaged_first_number_is_no_name(read, cell):
    with refused("line 1, column 1: expected a number|line 2: found 1"):
        read(f"{cell}\n0.7\n")


# Comments


@pytest.mark.parametrize("comment", ["start, at 300 K", "a; b", "a\tb", "N/A of 3", "1"])
def test_a_comment_behind_a_row_leaves_the_row(read, comment):
    expected = [[0.5, 1.5], [1.5, 2.5]]
    for text in (f"0.5 1.5 # {comment}\n1.5 2.5\n", f"0.5 1.5\n1.5 2.5\t#{comment} \n"):
        if "N/A" not in comment or "# N/A" in text:
            np.testing.assert_array_equal(read(text), expected)
    np.testing.assert_array_equal(read(f"0.5 # {comment}\n0.75\n"), [0.5, 0.75])


# Decimal commas


@pytest.mark.parametrize("text", ["0,5\n0,7\n", "x\n0,5\n0,7\n", "0,5\n1,75\n-0,25\n"])
def test_a_comma_that_may_be_a_decimal_mark_is_refused(read, text):
    with refused(r"decimal mark.*decimal=','.*decimal='\.'"):
        read(text)


def test_the_decimal_mark_can_be_given(read):
    np.testing.assert_array_equal(read("x\n0,5\n1\n0,7\n", decimal=","), [0.5, 1, 0.7])
    np.testing.assert_array_equal(read("0,5\n0,7\n", decimal="."), [[0, 5], [0, 7]])
    np.testing.assert_array_equal(read('"0,5","7"\n"0,7","8"\n', decimal=","), [[0.5, 7], [0.7, 8]])
    with refused("decimal: expected '.' or ',', found ';'"):
        read("0.5\n", decimal=";")


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("x,y\n0,5\n0,7\n", {}, [[0, 5], [0, 7]]),
        ("0,5\n0,7\n", {"fields": 1}, [5, 7]),
        ("0,5\n0,7\n", {"fields": [0, 1]}, [[0, 5], [0, 7]]),
        ("0,-5\n0,7\n", {}, [[0, -5], [0, 7]]),
        ("0, 5\n0, 7\n", {}, [[0, 5], [0, 7]]),
        ("0,5.0\n0,7.0\n", {}, [[0, 5], [0, 7]]),
        ("1,2,3\n4,5,6\n", {}, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_commas_that_clearly_separate_columns_do(read, text, options, expected):
    np.testing.assert_array_equal(read(text, **options), expected)


@pytest.mark.parametrize("separator", ["\t", " ", "   ", ";", " ; "])
@pytest.mark.parametrize("first", ["0,1", "0", "-1,25e-3"])
def test_beside_another_separator_a_comma_is_the_decimal_mark(read, separator, first):
    text = f"{first}{separator}0\n0,2{separator}0,625\n"
    number = float(first.replace(",", "."))
    np.testing.assert_array_equal(read(text), [[number, 0], [0.2, 0.625]])


@pytest.mark.parametrize(
    "text",
    ["1,234\t5,678\n", "1,234 5,678\n", "1,234.5\n2,345.5\n", "1,234,567.5\n1,234,568.5\n"],
)
def test_marks_of_thousands_are_refused_or_columns_of_their_own(read, text):
    if text.count(",") == 4:  # three columns, of which the last has decimals
        assert read(text).shape == (2, 3)
    else:
        with refused("thousands"):
            read(text)


def test_digits_behind_decimal_commas_are_no_columns(read):
    with refused("decimal mark"):
        read("0,100000,1,500000\n0,200000,0,050000\n")
    with refused("names 2 columns.*has 4.*decimal=','"):
        read("x,y\n0,1,1,5\n0,2,0,5\n")
    with refused("line 1, column 1: expected a number, found '0,5'.*decimal=','"):
        read('"0,5","0,7"\n')


def test_points_beside_decimal_commas_are_refused(read):
    with refused("line 2, column 1: expected a number, found '1.234'"):
        read("0,5;1\n1.234;2\n")


# Names


@pytest.mark.parametrize(
    "text", ["0,1,2\n0.5,0.7,0.9\n", "0 1\n5 7\n", "0\n0.5\n-0.7\n", "seq,0\nA,.5\n"]
)
def test_numbers_of_columns_are_no_frame(read, text):
    with refused("line 1: .*column numbers, as pandas writes them"):
        read(text, fields=1 if "seq" in text else None)


@pytest.mark.parametrize(
    ("text", "first"),
    [("0\n1\n0\n", 0), ("0 1\n1 1\n2 0\n", [0, 1]), ("x,y\n0,1\n5,7\n", [0, 1]), ("0.0\n0.5\n", 0)],
)
def test_frames_that_begin_with_zero_are_frames(read, text, first):
    np.testing.assert_array_equal(read(text)[0], first)


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("names", [None, ["x", "y"]])
@pytest.mark.parametrize("index", [True, False])
def test_tables_of_pandas_are_read_or_refused(read, separator, names, index):
    pandas = pytest.importorskip("pandas", reason="pandas writes the tables")
    values = np.random.default_rng(6).normal(size=(20, 2))
    frame = pandas.DataFrame(values, columns=names)
    text = frame.to_csv(sep=separator, index=index)
    if names is None and not index:
        with refused("column numbers"):
            read(text)
        return
    expected = np.column_stack([np.arange(20), values]) if index else values
    np.testing.assert_array_equal(read(text), expected)
    fields = names or ["0", "1"]
    np.testing.assert_array_equal(read(text, fields=fields), values)


def test_missing_values_of_pandas_are_refused(read):
    pandas = pytest.importorskip("pandas", reason="pandas writes the table")
    series = pandas.Series([0.5, np.nan, 0.7], name="x")
    with refused("line 3, column 1: found nan at index 1 "):
        read(series.to_csv(index=False))


def test_a_name_among_numbers_is_refused(read):
    with refused("line 1, column 1: expected a number, found 'time'"):
        read("time,0,1\n0.1,0.5,0.7\n", fields=1)


# Other columns


def test_text_in_columns_that_are_not_asked_for_is_left_alone(read):
    text = "date,force,sequence\n2020-01-01 12:00,0.5,ACGT\n2020-01-02 12:00,0.7,\n"
    np.testing.assert_array_equal(read(text, fields="force"), [0.5, 0.7])
    with refused("line 2, column 1: expected a number, found '2020-01-01 12:00'"):
        read(text)
    with refused("line 3, column 3: found nan|line 2, column 3: expected a number, found 'ACGT'"):
        read(text, fields=["force", "sequence"])


@pytest.mark.parametrize("header", ["", "x,y\n", "x,y,\n"])
def test_a_separator_at_the_end_of_each_line_is_no_column(read, header):
    np.testing.assert_array_equal(read(header + "1.5,2,\n3,4,\n"), [[1.5, 2], [3, 4]])


def test_an_empty_column_is_missing_only_where_it_is_asked_for(read):
    np.testing.assert_array_equal(read("a,,b\n1,,2\n", fields=["a", "b"]), [[1, 2]])
    with refused(r"line 2, column 2: found nan at index \(0, 1\)"):
        read("a,,b\n1,,2\n")


@pytest.mark.parametrize("cell", ["1_000", "0x10", "1+2j", "True", "\u22121", "(ps)", "*****"])
def test_what_is_no_plain_number_is_refused(read, cell):
    with refused("line 2, column 1: expected a number, found"):
        read(f"x,y\n{cell},2.5\n3.5,4.5\n")


def test_numbers_of_fortran(read):
    text = "1.0D+00 2\n-2.5d-01 1.5-100\n.5D1 -1.25+101\n"
    np.testing.assert_array_equal(read(text), [[1, 2], [-0.25, 1.5e-100], [5, -1.25e101]])
    with refused("expected a number, found '1.5-5.5'"):
        read("1 2\n1.5-5.5 3\n")


# Times and cuts

FRAMES = [f" {k:.6f} {k / 7:.6f}\n" for k in range(12)]
COLVAR = "#! FIELDS time phi\n#! SET min_phi -pi\n#! SET max_phi pi\n" + "".join(FRAMES)


@pytest.mark.parametrize("again", [11, 5, 0])
@pytest.mark.parametrize("fields", ["phi", None])
def test_frames_that_a_restart_wrote_twice_are_refused(read, again, fields):
    text = COLVAR + "#! FIELDS time phi\n" + "".join(FRAMES[again:])
    with refused(f"line 17: the column 'time' does not increase at frame 12: {again} after 11"):
        read(text, fields=fields)


@pytest.mark.parametrize("name", ["time", "Time (ps)", "time_ns", "TIME", "time/s"])
def test_columns_of_times_are_known_by_their_names(read, name):
    with refused("line 4: .* does not increase at frame 2"):
        read(f"{name},x\n0,1.5\n1,2\n1,3\n", fields="x")


@pytest.mark.parametrize("name", ["time_step", "timestep", "t", "lifetime"])
def test_other_columns_need_not_increase(read, name):
    np.testing.assert_array_equal(read(f"{name},x\n5,1.5\n5,2\n", fields="x"), [1.5, 2])


def test_a_file_that_is_cut_inside_its_last_number_is_refused(read):
    np.testing.assert_array_equal(read(COLVAR, fields="phi")[-1], 1.571429)
    np.testing.assert_array_equal(read(COLVAR[:-1], fields="phi")[-1], 1.571429)
    for n_characters in range(2, len(FRAMES[-1]) - 1):
        with refused("path: .*line 15"):
            read(COLVAR[:-n_characters], fields="phi")


@pytest.mark.parametrize("form", ["%.18e", "%.3f", "%r"])
def test_cuts_of_long_columns_are_found(read, form):
    values = np.random.default_rng(7).normal(size=400).tolist()
    whole = "\n".join(form % value for value in values)
    assert read(whole).shape == (400,)
    length = len(form % values[-1])
    for n_characters in range(1 if form != "%r" else 8, length):
        with refused("path: .*line 400"):
            read(whole[:-n_characters])


@pytest.mark.parametrize("text", ["0.25\n0.75\n0.5", "10\n12\n9", "1.5,2\n" * 30 + "1,3"])
def test_short_numbers_without_a_line_end_are_no_cut(read, text):
    assert np.isfinite(read(text)).all()


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_compressed_text_is_read(read, module):
    np.testing.assert_array_equal(read(module.compress(b"x,y\n0.5,1\n1.5,2\n"), fields="y"), [1, 2])
    with refused("truncated or damaged"):
        read(module.compress(b"x,y\n" + b"0.5,1\n" * 100)[:-6])


# GROMACS and PLUMED

XVG = """# This file was created by
# gmx energy
@    title "GROMACS Energies"
@    xaxis  label "Time (ps)"
@    yaxis  label "(kJ/mol), (bar)"
@TYPE xy
@ legend on
@ s0 legend "Potential"
@ s1 legend "Pressure"
    0.000000  -1.500000    5.250000
    2.000000  -1.250000    6.500000
"""


def test_xvg_is_read_with_its_legends(read):
    np.testing.assert_array_equal(read(XVG), [[0, -1.5, 5.25], [2, -1.25, 6.5]])
    np.testing.assert_array_equal(read(XVG, fields="time"), [0, 2])
    np.testing.assert_array_equal(read(XVG + "&\n", fields="Pressure"), [5.25, 6.5])
    with refused("fields: .*'time', 'Potential', 'Pressure'"):
        read(XVG, fields="Volume")


def test_xvg_of_one_quantity_is_named_by_its_axis(read):
    text = '@ xaxis label "Residue"\n@ yaxis label "RMSF (nm)"\n5 0.1\n4 0.2\n&\n'
    np.testing.assert_array_equal(read(text, fields="RMSF (nm)"), [0.1, 0.2])
    np.testing.assert_array_equal(read(text, fields="Residue"), [5, 4])


def test_columns_of_errors_in_xvg_have_no_names(read):
    text = '@ xaxis label "Time (ps)"\n@ s0 legend "x"\n0 0.5 0.01\n1 0.6 0.02\n'
    np.testing.assert_array_equal(read(text, fields=2), [0.01, 0.02])
    with refused("fields: .*'x'.*none"):
        read(text, fields="x")


def test_several_data_sets_of_xvg_are_refused(read):
    with refused("several sets of data .line 12 is '&'"):
        read(XVG + "&\n" + "".join(XVG.splitlines(keepends=True)[-2:]) + "&\n")


@pytest.mark.parametrize(
    ("low", "high", "period"),
    [
        ("-pi", "pi", 2 * np.pi),
        ("-Pi", "+pi", 2 * np.pi),
        ("0", "2*pi", 2 * np.pi),
        ("0", "2pi", 2 * np.pi),
        ("-pi/2", "pi/2", np.pi),
        ("-3.5", "1e1", 13.5),
        ("-0.5*pi", "0.5*pi", np.pi),
    ],
)
def test_the_period_of_a_colvar_field(read, low, high, period):
    text = f"#! FIELDS time phi d\n#! SET min_phi {low}\n#! SET max_phi {high}\n 0 1 2\n"
    assert read(text, period_of, "phi") == pytest.approx(period, rel=1e-15)
    assert read(text + text.replace(" 0 1", " 1 1"), period_of, "phi") == pytest.approx(period)
    assert read(text, period_of, "d") is None


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (COLVAR, "psi", "field: expected a name .*'psi'.*'time', 'phi'"),
        ("time,phi\n0,1.5\n", "phi", "field: .*none"),
        (COLVAR.replace("max_phi pi", "max_phi tau"), "phi", "limits? of 'phi'|limit"),
        (COLVAR.replace("#! SET max_phi pi\n", ""), "phi", "one lower and one upper limit"),
        (COLVAR + "#! SET max_phi 2*pi\n", "phi", "one lower and one upper limit"),
    ],
)
def test_periods_that_are_not_clear_are_refused(read, text, field, message):
    with refused(message):
        read(text, period_of, field)
