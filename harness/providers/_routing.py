"""What two aggregators understand alike: which upstream may answer."""

from __future__ import annotations

from harness.model import Ask, JsonObject

_KNOWN = ("only", "ignore", "order", "sort", "require_parameters", "data_collection")


def preferences(ask: Ask) -> JsonObject:
    """`options.provider_preferences` as the field `provider`, what is known of it."""
    asked = ask.options.get("provider_preferences")
    given = asked if isinstance(asked, dict) else {}
    kept = {key: given[key] for key in _KNOWN if given.get(key) is not None}
    return {"provider": kept} if kept else {}
