"""The process: the application and its daemon, runners, leases, signals, systemd.

May use every wing below. Begin with `application.py`, which puts syncd together.
"""
