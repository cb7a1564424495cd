"""Pure decisions: no session, no clock, no network. Values in, frozen dataclasses out."""
