"""Floor 2: the tables; invariants are UNIQUE and CHECK constraints, decisions live in `rules/`.

Every model is imported here, so that one import of this package makes the metadata complete.
"""

from webinar_hub.models.attendance import AttendanceSegment, Download
from webinar_hub.models.audit import AuditEntry
from webinar_hub.models.broadcast import Broadcast
from webinar_hub.models.cohort import Cohort
from webinar_hub.models.consent import Consent
from webinar_hub.models.delivery import Delivery
from webinar_hub.models.delivery_event import DeliveryEvent
from webinar_hub.models.drop import Drop, DropGrant, DropMaterial
from webinar_hub.models.inbox import InboxPosition
from webinar_hub.models.invite_reply import InviteReply
from webinar_hub.models.lease import Allowance, Lease
from webinar_hub.models.material import HandoutText, LooseFile, Material, MaterialVersion
from webinar_hub.models.notice import Notice
from webinar_hub.models.organizer import Membership, Organizer, Passkey, StaffRole
from webinar_hub.models.pace import Pace
from webinar_hub.models.person import Person
from webinar_hub.models.registration import Registration
from webinar_hub.models.session import Session
from webinar_hub.models.task import Task
from webinar_hub.models.webinar import Presenter, Webinar

__all__ = [
    "Allowance",
    "AttendanceSegment",
    "AuditEntry",
    "Broadcast",
    "Cohort",
    "Consent",
    "Delivery",
    "DeliveryEvent",
    "Download",
    "Drop",
    "DropGrant",
    "DropMaterial",
    "HandoutText",
    "InboxPosition",
    "InviteReply",
    "Lease",
    "LooseFile",
    "Material",
    "MaterialVersion",
    "Membership",
    "Notice",
    "Organizer",
    "Pace",
    "Passkey",
    "Person",
    "Presenter",
    "Registration",
    "Session",
    "StaffRole",
    "Task",
    "Webinar",
]
