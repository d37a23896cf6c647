"""What people may be, as every form offers it."""

from wtforms.fields.choices import SelectChoice

from webinar_hub.core.language import lazy_gettext as _later

PROFESSIONS = (
    SelectChoice("", _later("Choose one")),
    SelectChoice("OT", _later("Occupational therapist (OT)")),
    SelectChoice("OTA", _later("Occupational therapy assistant (OTA)")),
    SelectChoice("PT", _later("Physical therapist (PT)")),
    SelectChoice("PTA", _later("Physical therapist assistant (PTA)")),
    SelectChoice("SLP", _later("Speech-language pathologist (SLP)")),
    SelectChoice("Nurse", _later("Nurse")),
    SelectChoice("LMT", _later("Massage therapist (LMT)")),
    SelectChoice("Parent", _later("Parent or caregiver")),
    SelectChoice("Other", _later("Something else")),
)
