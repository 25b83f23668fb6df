"""Child processes that decode and encode, and the protocol spoken with them."""
