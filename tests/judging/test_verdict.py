import pytest

from lstm_md.judging import verdict as claims
from lstm_md.judging.criteria import Outcome


@pytest.mark.parametrize(
    ("model", "control", "expected"),
    [
        (True, False, "reproduced"),
        (True, True, "reproduced in part"),
        (False, False, "not reproduced"),
        (False, True, "not reproduced"),
    ],
)
def test_verdict_follows_from_the_model_and_its_controls(model, control, expected):
    verdict = claims.judge(
        "K1", Outcome(model, "m"), {"good": Outcome(False, "x"), "weak": Outcome(control, "y")}
    )
    assert verdict.line() == f"K1: {expected}"
    assert ("weak" in verdict.reason) is (expected == "reproduced in part")
    assert (verdict.reason == "") is (expected == "reproduced")


def test_a_claim_without_control_or_outside_the_ledger_is_refused():
    with pytest.raises(ValueError, match="controls: none given"):
        claims.judge("K1", Outcome(True, ""), {})
    with pytest.raises(KeyError, match="no claim 'Z9'; the ledger has B1"):
        claims.judge("Z9", Outcome(True, ""), {"c": Outcome(False, "")})


def test_table_says_who_passed_in_text_in_html_and_as_data():
    verdict = claims.judge(
        "B1",
        Outcome(True, "0.5 SE", "a population off by 0.1"),
        {"shuffled <labels>": Outcome(False, "9 SE")},
        best=Outcome(True, "0.2 SE"),
        truth=Outcome(False, "4 SE"),
        source="20 trainings",
    )
    bundle = claims.VerdictTable([verdict])._repr_mimebundle_()
    assert "B1 (Fig 2a, d)" in bundle["text/plain"]
    assert "would have caught: a population off by 0.1" in bundle["text/plain"]
    assert "shuffled &lt;labels&gt;</td><td>fails" in bundle["text/html"]
    assert bundle["application/vnd.lstm-md.verdict+json"] == [
        {
            "id": "B1",
            "text": "linear potential: populations of A, B, C along x",
            "where": "Fig 2a, d",
            "outcome": "reproduced",
            "tested": "LSTM",
            "best_is": "independent simulation",
            "measured": "0.5 SE",
            "paper": "",
            "criterion": claims.LEDGER["B1"].criterion,
            "power": "a population off by 0.1",
            "reason": "",
            "controls": {"shuffled <labels>": {"passed": False, "measured": "9 SE"}},
            "best": {"passed": True, "measured": "0.2 SE"},
            "truth": {"passed": False, "measured": "4 SE"},
            "source": "20 trainings",
        }
    ]
