"""The arguments of the commands beside the running bot."""

import argparse
from collections.abc import Awaitable, Callable

from cli.operate import database, fleet, limits, pause, people, queue
from cli.operate.operation import Operation, OperatorCommand, Outcome

PERSON = "an id or a mention of Discord"
TIME = "how long (90m, 2h, 1d12h), a time of day (18:00) or a date (2026-11-27T18:00)"

AddParser = Callable[..., argparse.ArgumentParser]


def add_commands(add_parser: AddParser) -> None:
    """Add all of them to the parser of the command line; each has its function in `operation`."""
    _add_pause(add_parser)
    _add_people(add_parser)
    _add_limits(add_parser)
    _add_jobs(add_parser)
    _add_processes(add_parser)
    vacuum = add_parser("vacuum", help="return free space of the database to the disk")
    _finish(vacuum, database.vacuum)
    audit = add_parser("audit", help="who ran which of these commands")
    audit.add_argument("--days", type=float, default=30.0, metavar="N", help="the last N days (30)")
    _finish(audit, database.audit)


def _add_pause(add_parser: AddParser) -> None:
    begin = add_parser("pause", help="begin no job until resume; running ones go on, new ones wait")
    begin.add_argument("--until", metavar="TIME", help=f"{TIME}; without it until resume")
    begin.add_argument("--reason", metavar="TEXT", help="people read it where they wait")
    _finish(begin, pause.pause, changes=True)
    _finish(add_parser("resume", help="end the pause"), pause.resume, changes=True)
    announce = add_parser("announce", help="a notice under waiting jobs and in /queue")
    announce.add_argument("text", nargs="?", metavar="TEXT", help="without it: which one is shown")
    announce.add_argument("--hours", type=float, default=24.0, metavar="N", help="for so long (24)")
    announce.add_argument("--clear", action="store_true", help="show none any more")
    _finish(announce, pause.announce, changes=True)


def _add_people(add_parser: AddParser) -> None:
    ban = add_parser("ban", help="refuse a person's requests; their waiting jobs are cancelled")
    ban.add_argument("person", metavar="PERSON", help=PERSON)
    ban.add_argument("--guild", metavar="ID", help="in this server of Discord only")
    ban.add_argument("--until", metavar="TIME", help=f"{TIME}; without it for good")
    ban.add_argument("--reason", metavar="TEXT", help="they read it when they ask")
    _finish(ban, people.ban, changes=True)
    unban = add_parser("unban", help="undo a ban")
    unban.add_argument("person", metavar="PERSON", help=PERSON)
    unban.add_argument("--guild", metavar="ID", help="that of this server")
    _finish(unban, people.unban, changes=True)
    usage = add_parser("usage", help="who used how much GPU time")
    usage.add_argument("--days", type=float, default=7.0, metavar="N", help="in the last N days (7)")
    _finish(usage, people.usage)
    export = add_parser("export", help="all that is stored about a person, as JSON files")
    export.add_argument("person", metavar="PERSON", help=PERSON)
    export.add_argument("--out", default=".", metavar="FOLDER", help="where to (this folder)")
    _finish(export, people.export)


def _add_limits(add_parser: AddParser) -> None:
    actions = _add_actions(add_parser("limits", help="the limits that can change without a restart"))
    _finish(actions("show", help="those that hold"), limits.show)
    change = actions("set", help="change some, also over restarts")
    change.add_argument("values", nargs="+", metavar="NAME=VALUE", help="a number, none or default")
    _finish(change, limits.change, changes=True)


def _add_jobs(add_parser: AddParser) -> None:
    actions = _add_actions(add_parser("jobs", help="the unfinished jobs of everybody"))
    listed = actions("list", help="in the order of the queue")
    listed.add_argument("--limit", type=int, default=100, metavar="N", help="the first N (100)")
    _finish(listed, queue.list_jobs)
    cancel = actions("cancel", help="cancel one, or have it stopped")
    cancel.add_argument("id", metavar="ID", help="its id, or four or more of its first characters")
    _finish(cancel, queue.cancel, changes=True)


def _add_processes(add_parser: AddParser) -> None:
    _finish(add_parser("fleet", help="the processes on this database: servers, models, jobs"), fleet.fleet)
    drain = add_parser("drain", help="have a process take no new job; it finishes those that it has")
    drain.add_argument("name", metavar="NAME", help="its name, of bot.py fleet")
    drain.add_argument("--undo", action="store_true", help="take jobs again")
    _finish(drain, fleet.drain, changes=True)


def _add_actions(parser: argparse.ArgumentParser) -> AddParser:
    return parser.add_subparsers(metavar="ACTION", dest="action", required=True).add_parser


def _finish(
    parser: argparse.ArgumentParser,
    run: Callable[[Operation], Awaitable[Outcome]],
    *,
    changes: bool = False,
) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    parser.set_defaults(operation=OperatorCommand(run=run, changes=changes))
