"""What this installation was told from outside, for whoever stands in an app's context."""

from flask import current_app

from runtime.settings import Settings


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found
