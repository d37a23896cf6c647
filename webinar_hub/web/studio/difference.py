"""What somebody else has saved meanwhile beside what was typed: the page shows both, and she decides."""

from collections.abc import Iterator

from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, RadioField, SelectMultipleField

from webinar_hub.web.forms.studio_form import StudioForm

Difference = tuple[tuple[str, str, str], ...]


def difference(typed: StudioForm, stored: StudioForm) -> Difference:
    """Each field that differs, as its label, what is stored now, and what she typed."""
    return tuple(
        (field.label.text, now_is, hers)
        for field in typed
        if not isinstance(field, HiddenField) and field.name != "csrf_token"
        for now_is, hers in [(_words(stored[field.name]), _words(field))]
        if now_is != hers
    )


def _words(field: Field) -> str:
    if isinstance(field, FieldList):
        return "\n".join(line for entry in field.entries if (line := _words(entry)))
    if isinstance(field, FormField):
        return ", ".join(part for inner in field.form for part in _part(inner))
    if isinstance(field, BooleanField):
        return "yes" if field.data else "no"
    if isinstance(field, RadioField | SelectMultipleField):
        chosen = {field.data} if isinstance(field.data, str) else set(field.data or ())
        return ", ".join(str(choice.label) for choice in field.iter_choices() if choice.value in chosen)
    return (field.data or "").replace("\r\n", "\n").strip()


def _part(field: Field) -> Iterator[str]:
    if isinstance(field, HiddenField):
        return
    if isinstance(field, BooleanField):
        yield from ([field.label.text] if field.data else [])
    elif field.data:
        yield str(field.data).replace("\r\n", "\n").strip()
