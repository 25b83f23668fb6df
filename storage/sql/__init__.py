"""SQL that every engine reads: rules of admission, the longer statements; and what text may be stored."""
