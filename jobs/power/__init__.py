"""Waking, freeing and stopping GPU servers, and the hours in which they are left alone.

manager → decision, hooks, state → quiet_hours    (→ may import; never back)
"""
