"""Tests of the commands beside the running bot."""
