"""Names under which a worker's vault keeps what other machines know it by."""

MAIL_PASSWORD = "mail-password"  # noqa: S105 - a name
TEXTS_SECRET = "texts-secret"  # noqa: S105 - a name
