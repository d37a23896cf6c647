"""What a cohort may ask, who is shown what, and which answers are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.rules.cohort_texts import SMALL
from webinar_hub.core.errors import Invalid
from webinar_hub.rules import accommodations, answers, credit_details
from webinar_hub.rules.accommodations import Wish, due_at
from webinar_hub.rules.answers import changes_end, field_name
from webinar_hub.rules.cohort_file import CohortFileErrors, read_cohort_file
from webinar_hub.rules.questions import (
    MOST_CHOICES,
    MOST_LONG,
    MOST_QUESTIONS,
    Condition,
    Facts,
    Kind,
    Question,
    dependents,
    problems,
)

PLACE = Question("place", Kind.ONE, "Where do you work?", choices=("Hospital", "School", "Home"))
WARD = Question("ward", Kind.SHORT, "Which ward?", required=True, show_if=Condition("place", ("Hospital",)))
TOOLS = Question("tools", Kind.SEVERAL, "What do you use?", choices=("Oil", "Towels", "Music"))
MUSIC = Question("music", Kind.LONG, "Which music?", show_if=Condition("tools", ("Music",)))
LEADS = Question("leads", Kind.YES_NO, "Do you lead a team?", required=True)
TEAM = Question("team", Kind.NUMBER, "How many people?", show_if=Condition("leads", ("yes",)))
SPEECH = Question("speech", Kind.SHORT, "Which method?", show_if=Condition("profession", ("SLP",)))
SINCE = Question("since", Kind.DATE, "Licensed since?", required=True, show_if=Condition("credit", ("yes",)))
PROOF = Question("proof", Kind.FILE, "A proof", required=True)
ALL = (PLACE, WARD, TOOLS, MUSIC, LEADS, TEAM, SPEECH, SINCE)
NOBODY = Facts("OT", wants_credit=False)


def typed(**values: str | Sequence[str]) -> Mapping[str, Sequence[str]]:
    return {field_name(key): [one] if isinstance(one, str) else list(one) for key, one in values.items()}


def wrong(question: Question, *earlier: Question, files: bool = True) -> list[str]:
    return [one.field for one in problems([*earlier, question], files=files) if one.position == len(earlier)]


class TestDefinitions:
    def test_what_is_sound_has_no_problem(self) -> None:
        assert problems([*ALL, PROOF], files=True) == []

    @pytest.mark.parametrize(
        ("change", "fields"),
        [
            ({"label": " "}, ["label"]),
            ({"label": "A" * 201}, ["label"]),
            ({"label": "Where\r\nBcc: v@y.example"}, ["label"]),
            ({"label": "Where\u202e?"}, ["label"]),
            ({"hint": "x" * 301}, ["hint"]),
            ({"key": "Big Key"}, ["key"]),
            ({"key": "profession"}, ["key"]),
            ({"key": "new"}, ["key"]),
            ({"choices": ("One",)}, ["choices"]),
            ({"choices": ("One", "One")}, ["choices"]),
            ({"choices": ("One", "")}, ["choices"]),
            ({"choices": ("One", "Two\u2028three")}, ["choices"]),
            ({"choices": tuple(str(n) for n in range(MOST_CHOICES + 1))}, ["choices"]),
            ({"kind": Kind.SHORT}, ["choices"]),
            ({"kind": Kind.SECTION, "choices": (), "required": True}, ["required"]),
        ],
    )
    def test_each_fault_is_named_by_its_field(self, change: dict[str, object], fields: list[str]) -> None:
        assert wrong(replace(PLACE, **change)) == fields  # type: ignore[arg-type]

    def test_a_condition_leads_to_earlier_questions_only_so_there_are_no_circles(self) -> None:
        first = Question("a", Kind.YES_NO, "A?", show_if=Condition("b", ("yes",)))
        second = Question("b", Kind.YES_NO, "B?", show_if=Condition("a", ("yes",)))
        itself = Question("c", Kind.YES_NO, "C?", show_if=Condition("c", ("yes",)))
        assert [(one.position, one.field) for one in problems([first, second, itself], files=True)] == [
            (0, "show_if"),
            (2, "show_if"),
        ]

    @pytest.mark.parametrize(
        "condition",
        [
            Condition("place", ()),
            Condition("place", ("Moon",)),
            Condition("text", ("anything",)),
            Condition("nobody", ("yes",)),
            Condition("profession", ("Astronaut",)),
            Condition("credit", ("perhaps",)),
        ],
    )
    def test_a_condition_asks_for_what_can_be_answered(self, condition: Condition) -> None:
        text = Question("text", Kind.SHORT, "Text?")
        assert wrong(Question("z", Kind.SHORT, "Z?", show_if=condition), PLACE, text) == ["show_if"]

    def test_two_of_one_key_and_too_many_are_refused(self) -> None:
        assert wrong(PLACE, PLACE) == ["key"]
        many = [Question(f"k{n}", Kind.SHORT, "?") for n in range(MOST_QUESTIONS + 1)]
        assert [one.words for one in problems(many, files=True)] == [
            f"At most {MOST_QUESTIONS} questions: people give up before."
        ]

    def test_long_texts_are_few_enough_for_a_form(self) -> None:
        many = [Question(f"k{n}", Kind.LONG, "?") for n in range(MOST_LONG + 2)]
        found = [(one.position, one.field) for one in problems(many, files=True)]
        assert found == [(MOST_LONG, "kind"), (MOST_LONG + 1, "kind")]

    def test_files_are_asked_for_only_where_the_owner_allows_it(self) -> None:
        assert wrong(PROOF, files=False) == ["kind"]
        assert wrong(PROOF, files=True) == []
        assert wrong(replace(PROOF, archived=True), files=False) == []

    def test_who_depends_on_a_question(self) -> None:
        assert dependents(ALL, "place") == [WARD]
        assert dependents([replace(WARD, archived=True)], "place") == []


class TestAnswers:
    def test_what_is_shown_is_kept_and_what_is_hidden_is_dropped(self) -> None:
        told = typed(
            place="School", ward="7", tools=["Oil", "Music"], music="Soft", leads="no", team="9", speech="X",
            since="2020-01-01",
        )  # fmt: skip
        assert answers.read(ALL, told, NOBODY).kept == {
            "place": "School",
            "tools": ["Oil", "Music"],
            "music": "Soft",
            "leads": "no",
        }

    def test_only_what_is_shown_is_required(self) -> None:
        assert set(answers.read(ALL, typed(place="School"), NOBODY).problems) == {"leads"}
        assert set(answers.read(ALL, typed(place="Hospital"), NOBODY).problems) == {"ward", "leads"}
        with_credit = Facts("SLP", wants_credit=True)
        assert set(answers.read(ALL, typed(leads="yes"), with_credit).problems) == {"since"}

    def test_what_depends_on_something_hidden_is_hidden_too(self) -> None:
        deep = Question("deep", Kind.SHORT, "Deep?", show_if=Condition("second", ("yes",)))
        second = Question("second", Kind.YES_NO, "Second?", show_if=Condition("leads", ("yes",)))
        found = answers.read((LEADS, second, deep), typed(leads="no", second="yes", deep="x"), NOBODY)
        assert found.kept == {"leads": "no"}

    def test_the_condition_of_a_heading_holds_up_to_the_next_one(self) -> None:
        heads = Question("s1", Kind.SECTION, "Your team", show_if=Condition("leads", ("yes",)))
        inside = Question("inside", Kind.SHORT, "Inside?", required=True)
        ends = Question("s2", Kind.SECTION, "Everybody")
        after = Question("after", Kind.SHORT, "After?", required=True)
        asked = (LEADS, heads, inside, ends, after)
        assert set(answers.read(asked, typed(leads="no"), NOBODY).problems) == {"after"}
        assert set(answers.read(asked, typed(leads="yes"), NOBODY).problems) == {"inside", "after"}

    def test_an_archived_question_is_not_asked(self) -> None:
        assert answers.read((replace(LEADS, archived=True),), typed(leads="yes"), NOBODY) == answers.Read()

    @pytest.mark.parametrize(
        ("question", "said"),
        [
            (PLACE, "Moon"),
            (LEADS, "maybe"),
            (TOOLS, "Hammer"),
            (SINCE, "2026-02-30"),
            (SINCE, "08.12.2026"),
            (SINCE, "0001-01-01"),
            (SINCE, "２０２６-01-01"),
            (TEAM, "many"),
            (TEAM, "1e9"),
            (TEAM, "٣"),
            (TEAM, "1" * 13),
            (WARD, "x" * 201),
            (WARD, "a@x.example\r\nBcc: v@y.example"),
            (WARD, "a\u2028Bcc: v"),
            (WARD, "a\x00b"),
            (WARD, "a\u202eb"),
            (MUSIC, "x" * 4001),
            (MUSIC, "x\x07"),
        ],
    )
    def test_what_cannot_be_an_answer_is_told_by_name_with_a_remedy(self, question: Question, said: str) -> None:
        found = answers.read((replace(question, show_if=None),), typed(**{question.key: said}), NOBODY)
        assert found.kept == {}
        assert found.problems[question.key].startswith(f"“{question.label}”: ")

    @pytest.mark.parametrize("said", ["{{7*7}} {% raw %} ${7*7} %(x)s {0.__class__}", "=1+1", "-2", "@x", '"a,b"'])
    def test_an_answer_is_kept_as_it_was_typed(self, said: str) -> None:
        assert answers.read((MUSIC,), {"q-music": [said]}, NOBODY).kept == {}
        free = replace(MUSIC, show_if=None)
        assert answers.read((free,), {"q-music": [said]}, NOBODY).kept == {"music": said}

    def test_words_of_people_everywhere_are_no_hostile_signs(self) -> None:
        free = replace(WARD, show_if=None)
        for name in ("Zoë", "اَلْعَرَبِيَّةُ", "می‌خواهم", "👩‍👧", "東京"):
            assert answers.read((free,), typed(ward=name), NOBODY).kept == {"ward": name}

    def test_numbers_days_and_lines_are_kept_in_one_way(self) -> None:
        asked = tuple(replace(one, show_if=None) for one in (TEAM, SINCE, MUSIC))
        told = typed(team=" +12.5 ", since="2026-12-08", music=" one\r\ntwo ")
        assert answers.read(asked, told, NOBODY).kept == {
            "team": "12.5",
            "since": "2026-12-08",
            "music": "one\ntwo",
        }

    def test_a_file_is_missing_only_where_it_can_be_sent(self) -> None:
        assert answers.read((PROOF,), {}, NOBODY).problems == {}
        assert set(answers.read((PROOF,), {}, NOBODY, has_file=frozenset()).problems) == {"proof"}
        assert answers.read((PROOF,), {}, NOBODY, has_file=frozenset({"proof"})).problems == {}

    def test_until_when_answers_may_be_changed(self) -> None:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        hour = timedelta(hours=1)
        assert not changes_end(None, now + hour, now)
        assert changes_end(None, now, now)
        assert changes_end(None, None, now)
        assert changes_end(now - hour, now + hour, now)
        assert not changes_end(now + hour, now - hour, now)


class TestCredit:
    def test_each_number_is_asked_of_its_profession_and_read_gently(self) -> None:
        told = {"legal_name": " Ann  B. Lee ", "licence_number": "OT-00.123/4", "licence_place": "New York"}
        numbers = {"asha_number": "1234 5678", "nbcot_number": "123-456"}
        details, wrong = credit_details.read(told | numbers, "OT")
        assert wrong == {}
        assert (details.legal_name, details.licence_number) == ("Ann B. Lee", "OT-00.123/4")
        assert (details.asha_number, details.nbcot_number) == ("", "123456")
        assert credit_details.read(told | numbers, "SLP")[0].asha_number == "12345678"

    @pytest.mark.parametrize(
        ("field", "said"),
        [
            ("asha_number", "1234567"),
            ("asha_number", "12345678a"),
            ("asha_number", "１２３４５６７８"),
            ("licence_number", "1\x00"),
            ("licence_number", "9" * 41),
            ("legal_name", "Ann\u202eLee"),
            ("licence_place", "N" * 61),
        ],
    )
    def test_what_is_wrong_is_named(self, field: str, said: str) -> None:
        assert list(credit_details.read({field: said}, "SLP")[1]) == [field]


class TestNeeds:
    def test_what_is_ticked_and_written(self) -> None:
        told = {"needs": ["asl", "captions", "moon"], "needs_words": [" ASL,\r\nplease "]}
        assert accommodations.read(told) == Wish(("captions", "asl"), "ASL,\nplease")
        assert not accommodations.read({})

    @pytest.mark.parametrize("words", ["x" * 1001, "a\x00b", "a\u202eb"])
    def test_what_cannot_be_kept(self, words: str) -> None:
        with pytest.raises(Invalid):
            accommodations.read({"needs_words": [words]})

    def test_it_is_due_two_weeks_before_or_at_once(self) -> None:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        assert due_at(now + timedelta(days=20), now) == now + timedelta(days=6)
        assert due_at(now + timedelta(days=3), now) == now
        assert due_at(None, now) == now


ASKED = """
[[questions]]
key = "place"
kind = "one choice"
label = "Where do you work?"
required = true
choices = ["Hospital", "School"]

[[questions]]
kind = "short text"
label = "Which ward?"
[questions.show_if]
question = "place"
is = ["Hospital"]

[[questions]]
kind = "long text"
label = "Which method?"
show_if = { profession = ["SLP"] }
"""


class TestTheFile:
    def test_questions_are_read_in_their_order(self) -> None:
        asked = read_cohort_file(SMALL + ASKED).asked
        assert asked is not None
        assert [one.key for one in asked] == ["place", "question-2", "question-3"]
        assert asked[1].show_if == Condition("place", ("Hospital",))
        assert asked[2].show_if == Condition("profession", ("SLP",))
        assert read_cohort_file(SMALL).asked is None

    def test_every_mistake_is_told_with_its_line(self) -> None:
        text = SMALL + ASKED.replace('is = ["Hospital"]', 'is = ["Moon"]').replace(
            'kind = "long text"', 'kind = "novel"'
        ).replace('label = "Where do you work?"', "label = 7")
        with pytest.raises(CohortFileErrors) as caught:
            read_cohort_file(text)
        lines = text.splitlines()
        told = {(error.field, lines[error.line - 1]) for error in caught.value.errors}
        assert {field for field, _ in told} == {
            "questions #1.label",
            "questions #2.show_if",
            "questions #3.kind",
        }
        assert ("questions #1.label", "label = 7") in told
        assert ("questions #3.kind", 'kind = "novel"') in told
