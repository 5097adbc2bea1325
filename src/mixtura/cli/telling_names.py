"""What the names of columns tell of what is in them, in whichever way they are written."""

from __future__ import annotations

import re
from math import inf

__all__ = [
    "is_answer",
    "is_code",
    "is_id",
    "is_name",
    "is_row_number",
    "is_time",
    "may_be_found",
    "most_classes",
]

# 'PatientID', 'patient_id' and 'patient.id' are all 'patient' and 'id'.
_ENDS_OF_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9#]+")

# Last words of names of what is no measurement, whatever the numbers are.
_ID = {"id", "ids", "id1", "id2", "uid", "uuid", "guid", "identifier"}
_ID |= {"rownames", "rowname", "rowid", "idcode", "idno", "idnum", "idnumber", "seqn", "ssn"}
_NAME = {"name", "names", "fullname", "title", "label", "country", "city", "company", "product"}
_CODE = {"code", "zip", "zipcode", "postcode", "fips", "isbn", "barcode"}

# Such names in one word, and whom they may name by themselves.
_ID_IN_ONE = re.compile(
    r"(subj|subject|case|pat|patient|user|cust|customer|pers|person|hh|household|fam|family|school|"
    r"stud|student|emp|employee|row|rec|record|order|item|product|firm|country|state|county|city|"
    r"site|plot|tree|mother|member|account|tract|block)(id|no|num)"
)
_PERSON = {"subject", "subj", "patient", "person", "participant", "respondent", "individual"}
_PERSON |= {"customer", "user", "pupil", "animal"}

# Last words of names that have other meanings, too: they number rows if no number comes again.
_ROW_NUMBER = {"index", "idx", "no", "nr", "num", "number", "key", "#", "row", "rownum", "rowno"}
_ROW_NUMBER |= {"obs", "observation", "case", "record", "rec", "serial", "sn", "unnamed"}
_ROW_NUMBER |= {"seq", "seqno", "sequence", "rank", "order", "position", "run", "trial"}
_ROW_NUMBER |= {"sample", "item"}

_TIME = {"time", "times", "t", "date", "day", "days", "week", "month", "quarter", "year", "years"}
_TIME |= {"hour", "minute", "second", "seconds"}

# Last words of names of what clusters are compared with, of classes of people, and of others.
_ANSWER = {"label", "labels", "target", "targets", "cluster", "clusters"}
_PEOPLE = {"sex", "gender", "race", "ethnicity", "ethnic", "religion", "region", "marital"}
_CLASS = {"class", "classes", "klass", "group", "groups", "grp", "segment", "cohort", "diagnosis"}
_CLASS |= {"type", "kind", "category", "species", "subspecies", "genus", "cultivar", "variety"}
_GROUPING = {"block", "batch", "litter", "pair", "plot", "site", "tree"}

# First words of names of numbers of things: 'num_groups'.
_HOW_MANY = {"n", "num", "number", "nb", "count", "age"}


def is_id(name: str) -> bool:
    """Whether it is that of an id.

    Examples
    --------
    >>> [is_id(name) for name in ("ID", "PatientID", "school.id", "caseno", "grid", "idea")]
    [True, True, True, True, False, False]
    """
    words = _words(name)
    if not words:
        return False
    in_one = _ID_IN_ONE.fullmatch(words[-1]) or _ID_IN_ONE.fullmatch("".join(words[-2:]))
    whole = "".join(words)
    return words[-1] in _ID or words[0] == "id" or whole in _ID | _PERSON or in_one is not None


def is_name(name: str) -> bool:
    """Whether it is that of the names of things, people or places.

    Examples
    --------
    >>> [is_name(name) for name in ("Name", "car_name", "country", "title", "colour")]
    [True, True, True, True, False]
    """
    return _last(name) in _NAME


def is_code(name: str) -> bool:
    """Whether it is that of codes, of places or things, such as 'zip'."""
    return _last(name) in _CODE


def is_row_number(name: str) -> bool:
    """Whether it may be that of the numbers of rows.

    Examples
    --------
    >>> [is_row_number(name) for name in ("No.", "Unnamed: 0", "row number", "number of cars")]
    [True, True, True, False]
    """
    return _last(name) in _ROW_NUMBER


def is_time(name: str) -> bool:
    """Whether it is that of a time."""
    return _last(name) in _TIME


def is_answer(name: str) -> bool:
    """Whether it is that of what a clustering is compared with, and of nothing else."""
    return name.strip().lower() in _ANSWER


def may_be_found(name: str) -> bool:
    """Whether it is that of classes that a clustering may be meant to find."""
    return _last(name) in _CLASS | _ANSWER


def most_classes(name: str) -> float:
    """How many classes there may be in what is called so; 0 if it is no name of classes.

    What is just called 'class' is one, however many there are; 'target' is also what a regression
    is after.

    Examples
    --------
    >>> [most_classes(name) for name in ("class", "Target", "age_group", "sex", "num_groups")]
    [inf, 30.0, 30.0, 9.0, 0.0]
    """
    words, last = _words(name), _last(name)
    if len(words) > 1 and words[0] in _HOW_MANY and words != ["age", "group"]:
        return 0.0
    if last in _PEOPLE:
        return 9.0
    if last in _CLASS | _GROUPING | _ANSWER:
        return inf if len(words) == 1 and last not in _ANSWER else 30.0
    return 0.0


def _words(name: str) -> list[str]:
    return _ENDS_OF_WORDS.sub(" ", name).lower().split()


def _last(name: str) -> str:
    words = _words(name)
    if words[:1] == ["unnamed"]:  # as pandas calls the first one: 'Unnamed: 0'
        return "unnamed"
    return words[-1] if words else ""
