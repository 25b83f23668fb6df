"""The tree of errors in the docstring is that of the classes, and a refusal says all that it knows."""

import inspect

from storage import errors
from storage.errors import AdmissionRefused, StoreError


def test_every_error_is_drawn_and_is_a_store_error() -> None:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(each, StoreError) for each in classes)
    assert {each.__name__ for each in classes if f"{each.__name__} " not in (errors.__doc__ or "")} == set()


def test_a_refusal_names_rule_number_time_and_reason() -> None:
    err = AdmissionRefused("blocked_people", None, 5.0, "spam")
    assert (err.rule, err.number, err.lifts_at, err.reason) == ("blocked_people", None, 5.0, "spam")
    assert AdmissionRefused("cooldown").reason == ""
