"""Importing this fills what a bot remembers, and keeps collections of garbage from all that is imported."""

import gc

from comfy.workflows.files import BUILT_IN, load_workflows
from storage.words.blocked_words import BLOCKED_WORDS, compile_words

compile_words(BLOCKED_WORDS)  # a fifth of a second
load_workflows(BUILT_IN)
gc.collect()
gc.freeze()
