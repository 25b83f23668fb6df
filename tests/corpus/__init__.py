"""Files of other projects' test suites, decoded beside independent decoders (`--long` only)."""
