"""Options that only some families have: which families have them all."""

import pytest

from mixtura.cli.own_options import OwnOptions
from mixtura.cli.warned import in_options
from mixtura.errors import MixturaError
from mixtura.estimators import family_options
from mixtura.estimators.family_option import FamilyOption, FamilyWords

SHARED = FamilyOption("--noise-share", "noise_share", "Of both.")
OF_ONE = FamilyOption("--tails", "tails", "Of one.", choices=lambda: {"long": 2.0, "longer": 1.0})
OF_OTHER = FamilyOption("--shape", "shape", "Of the other.")


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    words = {
        "one": FamilyWords((SHARED, OF_ONE), {r"\btails=": "--tails "}),
        "other": FamilyWords((SHARED, OF_OTHER)),
    }
    monkeypatch.setattr(family_options, "FAMILY_WORDS", words)
    monkeypatch.setattr("mixtura.cli.warned.FAMILY_WORDS", words)


def given(**values: object) -> OwnOptions:
    options = {option.name: option for option in (SHARED, OF_ONE, OF_OTHER)}
    return OwnOptions({options[name]: value for name, value in values.items()})


def test_an_option_of_several_families_is_one():
    assert family_options.family_options() == [SHARED, OF_ONE, OF_OTHER]
    assert OwnOptions.of({"noise_share": True, "tails": None, "shape": False}).fixed == {
        "noise_share": True
    }


def test_the_families_that_have_them_all():
    assert given().families() is None
    assert given(noise_share=True).families() == ["one", "other"]
    assert given(noise_share=True, tails=2.0).families() == ["one"]
    with pytest.raises(MixturaError, match="--tails and --shape are options of different families"):
        given(tails=2.0, shape=True).families()


def test_a_family_without_one_is_refused():
    given(noise_share=True, tails=2.0).check_family("one")
    with pytest.raises(MixturaError, match="--tails is an option of --family one, not of other"):
        given(noise_share=True, tails=2.0).check_family("other")
    with pytest.raises(MixturaError, match="an option of --family one or other, not of third"):
        given(noise_share=True).check_family("third")


def test_values_and_words():
    assert OF_ONE.value("longer") == 1.0
    with pytest.raises(MixturaError, match="'short' is unknown; choose one of long, longer"):
        OF_ONE.value("short")
    assert given(tails=(1.0, 2.0), shape=True).searched == {"tails": (1.0, 2.0)}
    assert in_options("Try tails=long.") == "Try --tails long."


def test_numbers_may_be_given_as_runs():
    numbers = {str(q): q for q in range(9)}
    option = FamilyOption("--factors", "n_factors", "", choices=lambda: numbers, default="auto")
    assert option.values("3") == (3,)
    assert option.values("2-4, 0,3") == (2, 3, 4, 0)
    for text, words in (
        ("4-2", "'4-2' runs backwards; write 2-4"),
        ("1-9", "'9' is unknown; choose auto, or some of 0 to 8"),
        ("two", "'two' is unknown"),
        ("1,,2", "'' is unknown"),
    ):
        with pytest.raises(MixturaError, match=words):
            option.values(text)
    assert OF_ONE.values("longer,long") == (1.0, 2.0)
