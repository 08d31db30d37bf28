import datetime

import pytest

from cities.days import today
from cities.exceptions import AddressRefused, DesignationRefused, NetworkError
from cities.models import City, CreativeField, Designation, EntryReport, FormerSlug, HistoryEntry
from cities.services.city import MISSING, lacks, missing_counts, readdress
from cities.services.creative_field import add_field
from cities.services.designation import admit, change_field, correct_first_day, designate, end_designation
from cities.services.entry_report import handle_report
from cities.services.history import flaws
from tests.factories import CityFactory, CountryFactory, CreativeFieldFactory, DesignationFactory

Verb = HistoryEntry.Verb
Day = datetime.date
ONE_DAY = datetime.timedelta(days=1)
EVIDENCE = {"source": "a decision", "reason": "the city asked for it"}
OUT = {"end_reason": "withdrawn", "is_public": True, "reason": "a letter of the mayor"}


@pytest.fixture
def film(db):
    return CreativeFieldFactory(slug="film", name_en="Film", name_fr="Film")


@pytest.fixture
def music(db):
    return CreativeFieldFactory(slug="music", name_en="Music", name_fr="Musique")


@pytest.fixture
def architecture(db):
    return CreativeFieldFactory(slug="architecture", name_en="Architecture", valid_from=Day(2025, 10, 31))


@pytest.fixture
def city(film):
    """A member in film since 11 December 2015."""
    return DesignationFactory(city__slug="here", city__name_en="Here", field=film).city


@pytest.fixture
def former(city, officer):
    """A member in film until 30 June 2020."""
    end_designation(designation=city.designations.get(), ends_on=Day(2020, 6, 30), by=officer, **OUT)
    return city


def spells(city):
    return [
        (spell.field.slug, spell.starts_on, spell.ends_on, spell.end_reason, spell.member_since)
        for spell in city.designations.order_by("starts_on")
    ]


def last_act():
    act = HistoryEntry.objects.first()
    return act.verb, act.object_type, act.object_id, act.changes, act.reason, act.actor


def nothing_happened(city):
    return spells(city) == [("film", Day(2015, 12, 11), None, "", Day(2015, 12, 11))] and not HistoryEntry.objects.all()


# Admit


def unsaved_city(**facts):
    return CityFactory.build(country=CountryFactory(), **{"slug": "new-city", **facts})


def test_admitting_writes_city_designation_and_history(film, officer):
    city = admit(city=unsaved_city(), field=film, starts_on=Day(2025, 10, 31), precision="day", by=officer, **EVIDENCE)
    assert list(City.objects.members()) == [city]
    assert spells(city) == [("film", Day(2025, 10, 31), None, "", Day(2025, 10, 31))]
    assert city.designations.get().source == "a decision"
    assert last_act() == (
        Verb.ADMITTED,
        "cities.city",
        str(city.pk),
        {
            "slug": [None, "new-city"],
            "field": [None, "film"],
            "starts_on": [None, "2025-10-31"],
            "starts_precision": [None, "day"],
        },
        "the city asked for it",
        officer,
    )
    assert [(edit.history_type, edit.history_user) for edit in city.history.all()] == [("+", officer)]
    assert list(flaws()) == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"starts_on": Day.max}, "later than today"),
        ({"starts_on": Day(2004, 9, 30)}, "before the network began"),
        ({"precision": "month"}, "first day of that month or year"),
        ({"precision": "year", "starts_on": Day(2025, 10, 1)}, "first day of that month or year"),
        ({"precision": "decade"}, "how exactly"),
        ({"source": "  "}, "source"),
        ({"reason": " \n"}, "reason"),
        ({"source": "x" * 301}, "300"),
    ],
)
def test_admitting_is_refused(film, officer, change, refusal):
    asked = {"field": film, "starts_on": Day(2025, 10, 31), "precision": "day", **EVIDENCE, **change}
    with pytest.raises(DesignationRefused, match=refusal):
        admit(city=unsaved_city(), by=officer, **asked)
    assert (City.objects.count(), Designation.objects.count(), HistoryEntry.objects.count()) == (0, 0, 0)


def test_no_city_is_admitted_in_a_field_before_it_was_one(architecture, officer):
    asked = {"field": architecture, "precision": "day", "by": officer, **EVIDENCE}
    with pytest.raises(DesignationRefused, match="was no field of the network on 30 October 2025"):
        admit(city=unsaved_city(), starts_on=Day(2025, 10, 30), **asked)
    admit(city=unsaved_city(), starts_on=Day(2025, 10, 31), **asked)


@pytest.mark.parametrize("slug", ["", "Here", "a b", "a--b", "-a", "a-", "é", "a_b", "map", "table", "x" * 81])
def test_an_unfit_address_is_refused(city, film, officer, slug):
    with pytest.raises(AddressRefused):
        readdress(city=city, slug=slug, reason="a new name", by=officer)
    with pytest.raises(AddressRefused):
        admit(
            city=unsaved_city(slug=slug),
            field=film,
            starts_on=Day(2025, 10, 31),
            precision="day",
            by=officer,
            **EVIDENCE,
        )
    city.refresh_from_db()
    assert city.slug == "here"


def test_an_address_in_use_is_refused_to_a_new_city(city, film, officer):
    readdress(city=city, slug="there", reason="a new name", by=officer)
    for taken, refusal in (("there", DesignationRefused), ("here", AddressRefused)):
        with pytest.raises(refusal):
            admit(
                city=unsaved_city(slug=taken),
                field=film,
                starts_on=Day(2025, 10, 31),
                precision="day",
                by=officer,
                **EVIDENCE,
            )
    assert City.objects.count() == 1


# Designate again


def test_a_former_member_comes_back(former, music, officer):
    new = designate(city=former, field=music, starts_on=Day(2023, 1, 1), precision="year", by=officer, **EVIDENCE)
    assert spells(former) == [
        ("film", Day(2015, 12, 11), Day(2020, 6, 30), "withdrawn", Day(2015, 12, 11)),
        ("music", Day(2023, 1, 1), None, "", Day(2023, 1, 1)),
    ]
    assert last_act() == (
        Verb.DESIGNATED,
        "cities.designation",
        str(new.pk),
        {"field": [None, "music"], "starts_on": [None, "2023-01-01"], "starts_precision": [None, "year"]},
        EVIDENCE["reason"],
        officer,
    )


def test_coming_back_on_the_next_day_breaks_no_membership(former, film, officer):
    designate(city=former, field=film, starts_on=Day(2020, 7, 1), precision="day", by=officer, **EVIDENCE)
    assert [spell[-1] for spell in spells(former)] == [Day(2015, 12, 11)] * 2


def test_a_member_is_not_designated_again(city, music, officer):
    with pytest.raises(DesignationRefused, match="Here is a member already, in Film"):
        designate(city=city, field=music, starts_on=Day(2023, 1, 1), precision="day", by=officer, **EVIDENCE)
    assert nothing_happened(city)


@pytest.mark.parametrize("day", [Day(2015, 1, 1), Day(2016, 1, 1), Day(2020, 6, 30)])
def test_no_designation_begins_within_or_before_a_past_one(former, film, officer, day):
    with pytest.raises(DesignationRefused, match="was a member until 30 June 2020"):
        designate(city=former, field=film, starts_on=day, precision="day", by=officer, **EVIDENCE)
    assert len(spells(former)) == 1


# End


def test_ending_keeps_the_past(city, officer):
    designation = city.designations.get()
    end_designation(designation=designation, ends_on=Day(2020, 6, 30), by=officer, **OUT)
    assert spells(city) == [("film", Day(2015, 12, 11), Day(2020, 6, 30), "withdrawn", Day(2015, 12, 11))]
    assert city.designations.get().end_reason_is_public is True
    assert [City.objects.members(on=day).count() for day in (Day(2020, 6, 30), Day(2020, 7, 1))] == [1, 0]
    assert last_act() == (
        Verb.ENDED,
        "cities.designation",
        str(designation.pk),
        {
            "ends_on": [None, "2020-06-30"],
            "end_reason": ["", "withdrawn"],
            "end_reason_is_public": [False, True],
        },
        "a letter of the mayor",
        officer,
    )


def test_a_designation_may_end_on_its_first_day_and_today(city, officer):
    end_designation(designation=city.designations.get(), ends_on=Day(2015, 12, 11), by=officer, **OUT)
    other = DesignationFactory()
    end_designation(designation=other, ends_on=today(), by=officer, **OUT)
    assert list(City.objects.members()) == [other.city]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"ends_on": Day(2015, 12, 10)}, "before the first, 11 December 2015"),
        ({"ends_on": Day.max}, "later than today"),
        ({"end_reason": "field-change"}, "left the network or was removed"),
        ({"end_reason": ""}, "left the network or was removed"),
        ({"reason": ""}, "reason"),
    ],
)
def test_ending_is_refused(city, officer, change, refusal):
    asked = {"ends_on": Day(2020, 6, 30), **OUT, **change}
    with pytest.raises(DesignationRefused, match=refusal):
        end_designation(designation=city.designations.get(), by=officer, **asked)
    assert nothing_happened(city)


def test_what_has_ended_does_not_end_again(former, officer):
    with pytest.raises(DesignationRefused, match="already ended on 30 June 2020"):
        end_designation(designation=former.designations.get(), ends_on=Day(2021, 1, 1), by=officer, **OUT)


# Move to another field


def test_a_move_ends_one_designation_and_begins_the_next(city, music, officer):
    change_field(city=city, field=music, on=Day(2023, 10, 31), by=officer, **EVIDENCE)
    assert spells(city) == [
        ("film", Day(2015, 12, 11), Day(2023, 10, 30), "field-change", Day(2015, 12, 11)),
        ("music", Day(2023, 10, 31), None, "", Day(2015, 12, 11)),
    ]
    days = (Day(2023, 10, 30), Day(2023, 10, 31))
    in_force = [City.objects.members(on=day).with_current().get().current.field.slug for day in days]
    assert in_force == ["film", "music"]
    assert last_act() == (
        Verb.FIELD_CHANGED,
        "cities.city",
        str(city.pk),
        {"field": ["film", "music"], "ends_on": [None, "2023-10-30"], "starts_on": [None, "2023-10-31"]},
        EVIDENCE["reason"],
        officer,
    )


def test_a_city_may_move_twice_and_back(city, film, music, officer):
    change_field(city=city, field=music, on=Day(2019, 1, 1), by=officer, **EVIDENCE)
    change_field(city=city, field=film, on=Day(2019, 1, 2), by=officer, **EVIDENCE)
    assert [(field, since) for field, _start, _end, _why, since in spells(city)] == [
        ("film", Day(2015, 12, 11)),
        ("music", Day(2015, 12, 11)),
        ("film", Day(2015, 12, 11)),
    ]


def test_a_move_is_refused(city, film, music, architecture, officer):
    for field, day, refusal in (
        (film, Day(2023, 1, 1), "in Film already"),
        (architecture, Day(2025, 10, 30), "no field of the network"),
        (music, Day(2015, 12, 11), "only take place after that day"),
        (music, today() + ONE_DAY, "later than today"),
    ):
        with pytest.raises(DesignationRefused, match=refusal):
            change_field(city=city, field=field, on=day, by=officer, **EVIDENCE)
    for name in ("source", "reason"):
        with pytest.raises(DesignationRefused, match=name):
            change_field(city=city, field=music, on=Day(2023, 1, 1), by=officer, **{**EVIDENCE, name: ""})
    assert nothing_happened(city)


def test_a_former_member_does_not_move(former, music, officer):
    with pytest.raises(DesignationRefused, match="is no member now"):
        change_field(city=former, field=music, on=Day(2023, 1, 1), by=officer, **EVIDENCE)


# Correct a first day


def corrected(designation, day, officer, precision="day", **change):
    return correct_first_day(
        designation=designation, starts_on=day, precision=precision, by=officer, **{**EVIDENCE, **change}
    )


@pytest.mark.parametrize("day", [Day(2015, 6, 1), Day(2016, 3, 1)], ids=["earlier", "later"])
def test_a_corrected_first_day_moves_the_membership(city, music, officer, day):
    first = city.designations.get()
    change_field(city=city, field=music, on=Day(2023, 10, 31), by=officer, **EVIDENCE)
    corrected(first, day, officer, precision="month")
    assert spells(city) == [
        ("film", day, Day(2023, 10, 30), "field-change", day),
        ("music", Day(2023, 10, 31), None, "", day),
    ]
    assert set(city.designations.values_list("member_since_precision", flat=True)) == {"month"}
    first.refresh_from_db()
    assert (first.starts_precision, first.source) == ("month", "a decision")
    assert [City.objects.members(on=known).count() for known in (day - ONE_DAY, day)] == [0, 1]
    assert last_act() == (
        Verb.CORRECTED,
        "cities.designation",
        str(first.pk),
        {"starts_on": ["2015-12-11", day.isoformat()], "starts_precision": ["day", "month"]},
        EVIDENCE["reason"],
        officer,
    )
    assert list(flaws()) == []


def test_a_first_day_may_become_better_known(officer):
    vague = DesignationFactory(starts_on=Day(2010, 1, 1), starts_precision="year")
    corrected(vague, Day(2010, 1, 1), officer)
    vague.refresh_from_db()
    assert (vague.starts_on, vague.starts_precision, vague.member_since_precision) == (Day(2010, 1, 1), "day", "day")


@pytest.mark.parametrize(
    ("day", "change", "refusal"),
    [
        (Day(2015, 12, 11), {}, "known already"),
        (Day.max, {}, "later than today"),
        (Day(2004, 9, 30), {}, "before the network began"),
        (Day(2015, 6, 2), {"precision": "month"}, "first day of that month"),
        (Day(2015, 6, 1), {"precision": "year"}, "first day of that month or year"),
        (Day(2015, 6, 1), {"precision": "decade"}, "how exactly"),
        (Day(2015, 6, 1), {"source": ""}, "source"),
        (Day(2015, 6, 1), {"source": "x" * 301}, "300"),
        (Day(2015, 6, 1), {"reason": " "}, "reason"),
    ],
)
def test_a_correction_is_refused(city, officer, day, change, refusal):
    with pytest.raises(DesignationRefused, match=refusal):
        corrected(city.designations.get(), day, officer, **change)
    assert nothing_happened(city)


def test_a_first_day_is_neither_after_the_last_nor_before_the_field_began(former, architecture, officer):
    with pytest.raises(DesignationRefused, match="after the last, 30 June 2020"):
        corrected(former.designations.get(), Day(2020, 7, 1), officer)
    new = DesignationFactory(field=architecture, starts_on=Day(2025, 10, 31))
    with pytest.raises(DesignationRefused, match="was no field of the network on 30 October 2025"):
        corrected(new, Day(2025, 10, 30), officer)


def test_a_first_day_keeps_out_of_the_days_of_the_designation_before(former, film, officer):
    again = designate(city=former, field=film, starts_on=Day(2023, 1, 1), precision="day", by=officer, **EVIDENCE)
    for day in (Day(2020, 6, 30), Day(2015, 12, 11), Day(2005, 1, 1)):
        with pytest.raises(DesignationRefused, match="another designation in these days"):
            corrected(again, day, officer)
    corrected(again, Day(2020, 7, 1), officer)
    assert [spell[-1] for spell in spells(former)] == [Day(2015, 12, 11)] * 2
    corrected(again, Day(2020, 7, 2), officer)
    assert [spell[-1] for spell in spells(former)] == [Day(2015, 12, 11), Day(2020, 7, 2)]


def test_a_correction_tears_no_move_in_two(city, music, officer):
    moved = change_field(city=city, field=music, on=Day(2023, 10, 1), by=officer, **EVIDENCE)
    for day in (Day(2023, 9, 30), Day(2023, 10, 2)):
        with pytest.raises(DesignationRefused, match="moved here from Film, where its last day is 30 September 2023"):
            corrected(moved, day, officer)
    corrected(moved, Day(2023, 10, 1), officer, precision="month")
    assert [spell[-1] for spell in spells(city)] == [Day(2015, 12, 11)] * 2


# Change the address


def test_the_old_address_is_kept(city, officer):
    assert readdress(city=city, slug="there", reason="a new name", by=officer).slug == "there"
    assert list(FormerSlug.objects.values_list("slug", "city")) == [("here", city.pk)]
    assert last_act() == (
        Verb.READDRESSED,
        "cities.city",
        str(city.pk),
        {"slug": ["here", "there"]},
        "a new name",
        officer,
    )
    edit = city.history.latest()
    assert (edit.slug, edit.history_user, edit.history_change_reason) == ("there", officer, "a new name")


def test_a_city_may_take_its_old_address_back(city, officer):
    readdress(city=city, slug="there", reason="a new name", by=officer)
    readdress(city=city, slug="here", reason="the old name", by=officer)
    city.refresh_from_db()
    assert (city.slug, list(FormerSlug.objects.values_list("slug", flat=True))) == ("here", ["there"])


def test_no_address_of_another_city_is_taken(city, officer):
    other = CityFactory(slug="elsewhere")
    readdress(city=other, slug="anywhere", reason="a new name", by=officer)
    for slug in ("elsewhere", "anywhere", "here"):
        with pytest.raises(AddressRefused):
            readdress(city=city, slug=slug, reason="a new name", by=officer)
    with pytest.raises(AddressRefused, match="Say why"):
        readdress(city=city, slug="there", reason="", by=officer)
    city.refresh_from_db()
    assert (city.slug, city.former_slugs.count(), HistoryEntry.objects.count()) == ("here", 0, 1)


# Fields and reports


def test_a_ninth_field_is_added(officer):
    field = CreativeFieldFactory.build(slug="games", valid_from=Day(2026, 1, 1))
    add_field(field=field, reason="decided", by=officer)
    assert CreativeField.objects.get().slug == "games"
    verb, kind, pk, changes, reason, actor = last_act()
    assert (verb, kind, pk, reason, actor) == (
        Verb.FIELD_ADDED,
        "cities.creativefield",
        str(field.pk),
        "decided",
        officer,
    )
    assert changes["slug"] == [None, "games"]


@pytest.mark.parametrize(
    "fault", [{"slug": "Games"}, {"slug": ""}, {"colour_light": "red"}, {"pictogram": "<path>"}, {"name_en": ""}]
)
def test_an_unfit_field_is_refused(officer, fault):
    with pytest.raises(NetworkError):
        add_field(field=CreativeFieldFactory.build(**{"slug": "games", **fault}), reason="decided", by=officer)
    with pytest.raises(NetworkError, match="reason"):
        add_field(field=CreativeFieldFactory.build(slug="games"), reason="", by=officer)
    assert (CreativeField.objects.count(), HistoryEntry.objects.count()) == (0, 0)


def test_a_report_is_handled_once(city, officer):
    report = EntryReport.objects.create(city=city, message="The population is wrong.", language="en")
    with pytest.raises(NetworkError, match="what was done"):
        handle_report(report=report, answer=" ", by=officer)
    handled = handle_report(report=report, answer="Corrected, thanks to A. Reader.", by=officer)
    assert (handled.handled_by, handled.answer) == (officer, "Corrected, thanks to A. Reader.")
    with pytest.raises(NetworkError, match="already"):
        handle_report(report=report, answer="Again.", by=officer)
    act = HistoryEntry.objects.get()
    assert (act.verb, list(act.changes), act.reason) == (Verb.REPORT_HANDLED, ["handled_at"], "")


def test_what_is_missing_is_counted_once_a_city(city, film, music, officer, django_assert_num_queries):
    City.objects.update(name_fr="", population=None, latitude=None, longitude=None)
    DesignationFactory(field=film, starts_on=Day(2009, 1, 1), starts_precision="year", city__population=5)
    twice = DesignationFactory(
        field=film,
        starts_on=Day(2008, 6, 1),
        starts_precision="month",
        ends_on=Day(2009, 12, 31),
        end_reason="field-change",
        city__population=5,
    ).city
    DesignationFactory(field=music, city=twice, starts_on=Day(2010, 1, 1), starts_precision="month")
    with django_assert_num_queries(1):
        counts = missing_counts()
    assert counts == {"french-name": 1, "coordinates": 1, "population": 1, "month": 1, "year": 1}
    assert {key: City.objects.filter(lacks(key)).count() for key in MISSING} == counts
