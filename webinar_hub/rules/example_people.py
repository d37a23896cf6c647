"""People for the demo: made up by us, always the same, at a domain that is nobody's (RFC 2606)."""

import random
from dataclasses import dataclass

CROWD = "people.example"
"""Where nearly all of them have their mail; the demo's mailbox does not keep what is sent there."""
_KEPT = f"kept.{CROWD}"
_ONE_IN = 50
_FIRST = """
Abena Adele Aiko Alba Amira Andrea Anita Asha Beatriz Bridget Camila Carmen Chiara Chloe Dalia Dana Daniela
Delphine Edith Eleni Elif Emma Esme Farah Fatou Fiona Florence Freya Gabriela Grace Greta Hana Hannah Helen Hye-
jin Imani Ines Ingrid Irene Isabel Jana Jasmine Joanna Jonas Joy Julia Kamala Karin Katya Keisha Laila Lena Linh
Lior Lucia Maeve Maren Maribel Marta Maya Mei Mireille Moira Nadia Naomi Nell Nina Noor Olga Omar Orla Paloma
Petra Phoebe Quinn Rafael Rebecca Renata Rosa Ruth Salma Samuel Sana Selin Simone Sofia Stella Tamar Tara Teresa
Thea Uma Vera Viola Wanda Ximena Yara Yasmin Zainab Zoe
"""
_LAST = """
Abbott Acosta Adeyemi Ahmed Alvarez Bakker Banerjee Barnes Becker Bell Bianchi Boateng Brandt Brooks Cabrera
Castro Chen Cohen Cruz Dalton Delgado Diaz Dubois Eriksen Evans Farrell Fischer Flores Fujita Garcia Gill Gomez
Grant Haddad Hansen Hayes Hoffman Huang Ibrahim Ito Jensen Johnson Kaplan Kaur Keller Kim Kowalski Kumar Lambert
Larsen Lopez Malik Mancini Marsh Mbeki Meyer Molina Morris Nakamura Nguyen Novak Obi Okafor Olsen Ortiz Park
Patel Perez Quigley Ramos Reyes Rivera Rossi Ruiz Sato Schmidt Silva Singh Soto Stein Suarez Tanaka Torres Tran
Underwood Vega Vargas Walsh Weber Wong Yilmaz Young Zamora Zhang
"""
_PROFESSIONS = ("OT", "OT", "OT", "OTA", "PT", "PT", "PTA", "SLP", "Nurse", "Nurse", "LMT", "Parent", "Other")
_ZONES = (
    *("America/New_York",) * 9, *("America/Chicago",) * 5, *("America/Denver",) * 2, *("America/Los_Angeles",) * 4,
    "America/Phoenix", "America/Anchorage", "Pacific/Honolulu", "America/Halifax", "America/Toronto",
    "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExamplePerson:
    """Somebody who signs up in the demo; `keen`, from 0 to 1, says how much she joins in."""

    name: str
    email: str
    profession: str
    zone: str
    keen: float


def example_people(number: int) -> list[ExamplePerson]:
    """So many people, no two of one name, the same ones every time."""
    dice = random.Random(1905)  # noqa: S311  a demo needs no secrecy
    names = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    return [_person(name, place, dice) for place, name in enumerate(dice.sample(names, number))]


def _person(name: str, place: int, dice: random.Random) -> ExamplePerson:
    domain = CROWD if place % _ONE_IN else _KEPT
    address = f"{name.lower().replace(' ', '.')}@{domain}"
    return ExamplePerson(name, address, dice.choice(_PROFESSIONS), dice.choice(_ZONES), dice.random())
