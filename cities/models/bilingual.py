from typing import overload

from django.utils.translation import get_language


def content_languages() -> tuple[str, str]:
    """The reader's language first, then the one to fall back to: ("fr", "en") or ("en", "fr")."""
    return ("fr", "en") if (get_language() or "").startswith("fr") else ("en", "fr")


class Bilingual:
    """Reads the columns `<name>_en` and `<name>_fr` as one attribute, in the reader's language.

    An empty text falls back to the other language; `in_language` tells which one was found.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Bilingual": ...

    @overload
    def __get__(self, instance: object, owner: type) -> str: ...

    def __get__(self, instance: object | None, owner: type) -> "Bilingual | str":
        return self if instance is None else in_language(instance, self.name)[0]


def in_language(instance: object, name: str) -> tuple[str, str]:
    """The text of a bilingual attribute and the language that it is in, the reader's if there is one."""
    first, second = content_languages()
    text = getattr(instance, f"{name}_{first}")
    return (text, first) if text else (getattr(instance, f"{name}_{second}"), second)
