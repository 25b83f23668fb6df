"""Starts the command line (`cli/`); nobody imports it."""

import sys

from cli.main import main
from cli.signals import ignore_signals

if __name__ == "__main__":
    code = main(sys.argv[1:])
    ignore_signals()
    sys.exit(code)
