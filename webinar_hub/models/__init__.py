"""Floor 2: the tables; invariants are UNIQUE and CHECK constraints, decisions live in `rules/`.

Every model is imported here, so that one import of this package makes the metadata complete.
"""

from webinar_hub.models.access_code import AccessCode, CodeUse
from webinar_hub.models.accommodation import Accommodation
from webinar_hub.models.address import AddressWish, FormerAddress
from webinar_hub.models.alarm import Alarm
from webinar_hub.models.announcement import Announcement
from webinar_hub.models.attendance import AttendanceSegment, Download
from webinar_hub.models.audit import AuditCheck, AuditEntry, AuditHead, AuditLink
from webinar_hub.models.broadcast import Broadcast
from webinar_hub.models.change import Change, SilencedDelivery
from webinar_hub.models.cohort import Cohort
from webinar_hub.models.consent import Consent
from webinar_hub.models.delivery import Delivery
from webinar_hub.models.delivery_event import DeliveryEvent
from webinar_hub.models.digest import DigestOff
from webinar_hub.models.draft import Draft
from webinar_hub.models.drop import Drop, DropGrant, DropMaterial
from webinar_hub.models.erasure import ErasedAddress, Erasure
from webinar_hub.models.house import HouseLogo, HouseSettings
from webinar_hub.models.inbox import InboxPosition
from webinar_hub.models.invitation import Invitation, InvitationList, InvitationRefusal
from webinar_hub.models.invite_reply import InviteReply
from webinar_hub.models.lease import Allowance, Lease
from webinar_hub.models.mail_wording import MailWording
from webinar_hub.models.material import HandoutText, LooseFile, Material, MaterialVersion
from webinar_hub.models.notice import Notice
from webinar_hub.models.organizer import Membership, Organizer, Passkey
from webinar_hub.models.organizer_feed import OrganizerFeed
from webinar_hub.models.pace import Pace
from webinar_hub.models.people_import import PeopleImport
from webinar_hub.models.people_view import PeopleView
from webinar_hub.models.person import Person
from webinar_hub.models.person_record import MergedPerson, PersonNote, PersonTag
from webinar_hub.models.presenter_invite import PresenterInvite
from webinar_hub.models.program import Program
from webinar_hub.models.purge import Purge
from webinar_hub.models.question import AnswerFile, AskedQuestion, CreditDetails
from webinar_hub.models.registration import Registration
from webinar_hub.models.rhythm import Rhythm
from webinar_hub.models.session import Session
from webinar_hub.models.session_choice import SessionChoice
from webinar_hub.models.sign_in import LastCode, OneTimeLink, SignIn
from webinar_hub.models.task import Task
from webinar_hub.models.transfer import Transfer
from webinar_hub.models.webinar import Presenter, Webinar

__all__ = [
    "AccessCode",
    "Accommodation",
    "AddressWish",
    "Alarm",
    "Allowance",
    "Announcement",
    "AnswerFile",
    "AskedQuestion",
    "AttendanceSegment",
    "AuditCheck",
    "AuditEntry",
    "AuditHead",
    "AuditLink",
    "Broadcast",
    "Change",
    "CodeUse",
    "Cohort",
    "Consent",
    "CreditDetails",
    "Delivery",
    "DeliveryEvent",
    "DigestOff",
    "Download",
    "Draft",
    "Drop",
    "DropGrant",
    "DropMaterial",
    "ErasedAddress",
    "Erasure",
    "FormerAddress",
    "HandoutText",
    "HouseLogo",
    "HouseSettings",
    "InboxPosition",
    "Invitation",
    "InvitationList",
    "InvitationRefusal",
    "InviteReply",
    "LastCode",
    "Lease",
    "LooseFile",
    "MailWording",
    "Material",
    "MaterialVersion",
    "Membership",
    "MergedPerson",
    "Notice",
    "OneTimeLink",
    "Organizer",
    "OrganizerFeed",
    "Pace",
    "Passkey",
    "PeopleImport",
    "PeopleView",
    "Person",
    "PersonNote",
    "PersonTag",
    "Presenter",
    "PresenterInvite",
    "Program",
    "Purge",
    "Registration",
    "Rhythm",
    "Session",
    "SessionChoice",
    "SignIn",
    "SilencedDelivery",
    "Task",
    "Transfer",
    "Webinar",
]
