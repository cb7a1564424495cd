"""Rules of addresses are compiled once for all apps of a run, not once for each."""

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once() -> None:
    """What werkzeug compiles of a rule follows from its parts alone; converters are looked up at the rule itself."""
    compile_builder = Rule._compile_builder
    compiled: dict[tuple[object, ...], Builder] = {}

    def once(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        parts = (rule.rule, *rule._trace, append_unknown)
        if parts not in compiled:
            compiled[parts] = compile_builder(rule, append_unknown)
        return compiled[parts]

    Rule._compile_builder = once
