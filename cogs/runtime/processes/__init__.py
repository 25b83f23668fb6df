"""What a process opens by its role: the lock of the gateway, the servers of a worker."""
