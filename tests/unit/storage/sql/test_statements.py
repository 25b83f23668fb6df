"""The statements that every engine reads: written so that each can."""

import re

import pytest

from storage.sql import statements

TEXTS = {name: text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str)}
OF_SQLITE = (
    r"json_each|iif\(|INSERT OR|\btotal\(|json_group_array|INDEXED BY|PRAGMA|FROM \([^()]*\)\s*(WHERE|$)"
)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_nothing_is_spelt_as_only_sqlite_reads_it(name: str) -> None:
    assert not re.search(OF_SQLITE, TEXTS[name])
