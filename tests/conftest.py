"""What every test may ask for."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` asks for the runs that take minutes: thousands of examples, hundreds of kills."""
    parser.addoption("--long", action="store_true", help="also run what takes minutes")
