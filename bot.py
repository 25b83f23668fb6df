"""Starts the command line (`cli/`); nobody imports it. Older Pythons can read it, to say which is needed."""

import sys

OLDEST = (3, 11)
OWN = ("cli", "cogs", "comfy", "jobs", "media", "playground", "storage")


def start() -> int:
    """Run the command line; returns the exit code. It imports here what older Pythons cannot read."""
    if sys.version_info < OLDEST:
        have, need = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        sys.stderr.write(
            f"This bot needs Python {need} or newer, and this is {have}: install a newer one, make the "
            "folder .venv anew with it, and install what requirements.lock names (README.md).\n"
        )
        return 2
    try:
        from cli.main import main
        from cli.signals import ignore_signals
    except ModuleNotFoundError as err:
        if (err.name or "").partition(".")[0] in OWN:
            raise
        install = f"{sys.executable} -m pip install -q --require-hashes -r requirements.lock"
        sys.stderr.write(f"The library {err.name} is not installed. In the folder of bot.py: {install}\n")
        return 2
    code = main(sys.argv[1:])
    ignore_signals()
    return code


if __name__ == "__main__":
    sys.exit(start())
