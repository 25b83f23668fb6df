"""Child processes that decode and encode, and the messages exchanged with them.

`process` and `responses` run in the parent; `worker`, `limits` and `confinement` (with `landlock` and
`seccomp`) in the child; `framing` and `system_calls` in both. Imports media.errors and media.values; `worker`
alone imports media.codecs, and only inside its functions.
"""
