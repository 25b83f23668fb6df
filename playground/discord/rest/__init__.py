"""The handlers of the REST API, by the kind of route."""
