"""A Discord, a ComfyUI and a web page on loopback, for the demo and the tests.

Imports no other package; imported by `cli.demo`, tests and benchmarks.
"""
