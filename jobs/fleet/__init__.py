"""Several processes on one database: who lives, what their servers can do, whose jobs are whose."""
