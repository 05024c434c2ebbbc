"""Keys that are made here, and nobody's."""

import secrets
import string

LETTERS = string.ascii_letters + string.digits


def key():
    return "aB3" + "".join(secrets.choice(LETTERS) for _ in range(29))


def line(value):
    return f'MISTRAL_API_KEY="{value}"'
