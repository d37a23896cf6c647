"""In which language something is said: whatever a registrant reads goes through `gettext`, in code and templates.

Words are written in English where they are used and translated by the catalogues below `webinar_hub/translations`.
Values go in by name: `gettext("Hello %(name)s", name=name)`; what is counted goes through `ngettext`. What is
fixed when a module is loaded, as the label of a field, is `lazy_gettext`, and becomes words when it is shown.
"""

from flask_babel import Babel, force_locale, gettext, lazy_gettext, ngettext

DEFAULT = "en"

__all__ = ["DEFAULT", "Babel", "force_locale", "gettext", "lazy_gettext", "ngettext"]
