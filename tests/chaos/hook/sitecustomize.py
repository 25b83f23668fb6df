"""In each process of a fleet under test: leases, heartbeats, and what waits for them, in less time.

`FLEET_PACE` is the fraction of their time. What waits for the end of a lease would take minutes otherwise.
"""

import os
import sys

PACED = {
    ("LEASE_SECONDS", 60.0),
    ("ADOPTION_GRACE", 10.0),
    ("LEASE_MARGIN", 10.0),
    ("BEAT_SECONDS", 10.0),
    ("ALIVE_SECONDS", 30.0),
    ("ORPHANED_SECONDS", 60.0),
    ("SETTLE_SECONDS", 120.0),
    ("OLD_ENOUGH", 60.0),
    ("LOOK_SECONDS", 30.0),
}
"""Names of times and what they are, in whatever module of the bot."""

pace = float(os.environ["FLEET_PACE"])
for module in [*sys.modules.values()]:
    names = getattr(module, "__dict__", {})
    if str(names.get("__name__", "")).partition(".")[0] in ("cogs", "jobs", "storage"):
        for name, seconds in PACED:
            if names.get(name) == seconds:
                setattr(module, name, seconds * pace)
