"""Words a data category may start with: the first two levels of the Fides taxonomy, present and deprecated."""

from services.strict_yaml import nearest

_TOP = {
    "system": ("authentication", "operations"),
    "user": (
        "account", "authorization", "behavior", "biometric", "biometrics", "children", "childrens", "contact",
        "content", "criminal_history", "custom", "demographic", "device", "financial", "government_id", "health",
        "health_and_medical", "job_title", "location", "name", "organization", "payment", "privacy_preferences",
        "professional_information", "sensor", "settings", "social", "social_activity", "telemetry", "unique_id",
        "user_sensor", "workplace",
    ),
}  # fmt: skip
_KNOWN = (*_TOP, *(f"{top}.{second}" for top, seconds in _TOP.items() for second in seconds))


def fault(category: str) -> str:
    """What is wrong with `category`, with the nearest valid one; empty when nothing is.

    The first two words must be known; deeper ones are free, as organisations add their own.
    """
    top, *rest = category.split(".")
    start = ".".join([top, *rest[:1]])
    if start not in _KNOWN:
        return f"unknown data category '{category}'{nearest(start, _KNOWN)}"
    if not all(word.replace("_", "").isalnum() for word in rest):
        return f"data category '{category}' is not words joined by dots"
    return ""


def about_people() -> tuple[str, ...]:
    """The categories about people of the first two levels."""
    return tuple(category for category in _KNOWN if personal((category,)))


def personal(categories: tuple[str, ...]) -> bool:
    """Whether one of the categories is data about a person."""
    return any(category == "user" or category.startswith("user.") for category in categories)
