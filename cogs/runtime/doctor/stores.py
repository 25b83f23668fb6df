"""The doctor's look at DATABASE_URL and BLOB_URL: what keeps the bot from them, and what slows it down."""

import storage
from cogs.runtime.doctor.report import Line, failed, passed
from storage.blobs.trial import Step, try_blobs
from storage.postgres.inspection import ServerReport, inspect_server

CHECK = "database"
BLOBS = "blobs"
MAX_CLOCK_SKEW = 10.0  # seconds
LISTEN_FIX = (
    "Behind a pooler such as PgBouncer set DATABASE_LISTEN_URL to the address of the server itself. "
    "Without it a job is found up to a second later."
)
BLOB_FIXES = {
    Step.OPEN: "Correct BLOB_URL.",
    Step.OWNER: "Correct BLOB_URL and the keys; two bots need two buckets, or two prefixes in one.",
    Step.WRITE: "Let the key (or the user that runs the bot) write there; look whether there is room.",
    Step.READ: "Let the key (or the user that runs the bot) read there.",
    Step.REMOVE: "Let the key (or the user that runs the bot) delete there, else what people delete stays.",
}


async def check_postgres(location: storage.DatabaseLocation) -> tuple[Line, ...]:
    """Whether the bot could work with the database of `location.url`; nothing where that is SQLite's file."""
    if not location.url:
        return ()
    try:
        report = await inspect_server(location)
    except storage.StoreUnavailable as err:
        fix = "Look whether the server runs and lets this machine in; jobs wait until it answers."
        return (failed(CHECK, str(err), fix),)
    except storage.StoreError as err:
        return (failed(CHECK, str(err), "Correct DATABASE_URL, or what it says of the server."),)
    return tuple(_describe(report))


def _describe(report: ServerReport) -> list[Line]:
    """A line for what is well, and one for each thing that is not."""
    made = f"schema {report.schema}" if report.schema else "its tables are made at the first start"
    lines = [passed(CHECK, f"PostgreSQL {report.version} answers, {made}")]
    if not report.may_create:
        text = "the role of DATABASE_URL may not make tables there"
        fix = "Let it own the database, or GRANT CREATE ON SCHEMA public."
        lines.append(failed("database_rights", text, fix, needed=not report.schema))
    if not report.notifies:
        lines.append(failed("listen", "no notification comes back from it", LISTEN_FIX, needed=False))
    if abs(report.ahead) > MAX_CLOCK_SKEW:
        direction = "ahead of" if report.ahead > 0 else "behind"
        text = f"this machine's clock is {abs(report.ahead):.0f} s {direction} the database's"
        fix = "Let both machines set their clocks by the network: times in messages are this machine's."
        lines.append(failed("database_clock", text, fix, needed=False))
    if (held := report.held) is not None:
        of = f"{held.role or 'somebody'}{f' ({held.application})' if held.application else ''}"
        since = f"{held.seconds / 60:.0f} minutes"
        text = f"a transaction of {of} has been open for {since}: the queue gets slower"
        fix = f"End that program, or that connection: SELECT pg_terminate_backend({held.pid})"
        lines.append(failed("held_transaction", text, fix, needed=False))
    return lines


async def check_blobs(location: storage.BlobLocation, owner: str) -> tuple[Line, ...]:
    """Whether files can be kept there; nothing for the bot's own folder. `owner`: the bot's id."""
    if not location.url:
        return ()
    failure = await try_blobs(location, owner)
    if failure is None:
        return (passed(BLOBS, "BLOB_URL: a file can be written, read and removed"),)
    text = f"BLOB_URL: {failure.step}: {failure.reason}"
    return (failed(BLOBS, text, BLOB_FIXES[failure.step], needed=failure.step is not Step.REMOVE),)


async def read_owner(location: storage.DatabaseLocation) -> str:
    """The id that the bot's pictures and clips are marked with; "" while there is no database to ask."""
    try:
        async with storage.open_store_beside(location) as store:
            return await store.instance()
    except storage.StoreError:
        return ""
