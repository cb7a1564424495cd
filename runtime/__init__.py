"""What runs Duewell: its settings, the embedded PostgreSQL, the web server and the supervisor behind `make run`."""


class CannotRun(Exception):
    """One clear sentence about why nothing can start; shown as it stands, exit code 1."""
