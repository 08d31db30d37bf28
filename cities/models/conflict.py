"""Conflicts of interest: what ties a person to an application so that they may neither evaluate it nor know who does.

One rule in two forms that a test holds equal: `Ties.conflicts` looks at one application, `Ties.as_query` finds the
conflicted ones among many. Both are asked anew each time: a tie that began yesterday counts today. None ends by itself:
whoever served a city, a country or an application is tied to it after the mandate too, so that what was hidden does not
come back into sight, nor a score into the count. Where that asks too much two officers override it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from ..text import sort_key
from .mandate import CommissionOfficer, Coordinator, Evaluator

if TYPE_CHECKING:
    from .application import Application


class Conflict(models.TextChoices):
    """Why a person may not evaluate an application. Each but the last follows from what the portal knows."""

    SAME_CITY = "same-city", _("serves the same city")
    SAME_COUNTRY = "same-country", _("from the same country")
    SAME_QUOTA = "same-quota", _("works for a city that competes for the same country’s places")
    PARTNER_CITY = "partner-city", _("serves a city that the plan names as a partner")
    SIGNATORY = "signatory", _("signed a letter of the application")
    COMMISSION = "commission", _("acts for the National Commission of the country")
    TEAM = "team", _("works on the application")
    DECLARED = "declared", _("declared a conflict")


@dataclass(frozen=True)
class Ties:
    """What the portal knows of a person that can tie them to an application."""

    user: int
    name_key: str
    emails: frozenset[str]
    cities: frozenset[int]
    """The member cities that the person coordinates or coordinated, or was named by as an evaluator."""
    countries: frozenset[str]
    """Of those cities, and the person's own."""
    commissions: frozenset[str]
    teams: frozenset[int]
    """Applications that the person works on."""
    rivals: frozenset[tuple[int, str]]
    """Call and country of those applications."""

    @classmethod
    def of(cls, user: Any) -> "Ties":
        return cls.of_many([user])[user.pk]

    @classmethod
    def of_many(cls, users: Iterable[Any]) -> dict[int, "Ties"]:
        """The ties of persons, by their keys, in as many queries for one as for all."""
        persons = {user.pk: user for user in users}
        cities: dict[int, set[int]] = {pk: set() for pk in persons}
        countries: dict[int, set[str]] = {pk: set() for pk in persons}
        commissions: dict[int, set[str]] = {pk: set() for pk in persons}
        teams: dict[int, set[tuple[int, int, str]]] = {pk: set() for pk in persons}
        for mandates in (Coordinator.objects, Evaluator.objects):
            of_cities = mandates.filter(user__in=persons, city__isnull=False)
            for pk, city, country in of_cities.order_by().values_list("user", "city", "city__country"):
                cities[pk].add(city)
                countries[pk].add(country)
        own = Evaluator.objects.filter(user__in=persons, countries__isnull=False)
        for pk, country in own.order_by().values_list("user", "countries"):
            countries[pk].add(country)
        officers = CommissionOfficer.objects.filter(user__in=persons)
        for pk, country in officers.order_by().values_list("user", "country"):
            commissions[pk].add(country)
        # By the reverse name: applications know of conflicts, not the other way round.
        for model in {user._meta.model for user in persons.values()}:
            work = model._default_manager.filter(pk__in=persons, applicant_mandates__isnull=False)
            columns = (f"applicant_mandates__application{name}" for name in ("", "__call", "__country"))
            for pk, application, call, country in work.values_list("pk", *columns):
                teams[pk].add((application, call, country))
        return {
            pk: cls(
                user=pk,
                name_key=sort_key(user.name),
                emails=frozenset({user.email.lower()} - {""}),
                cities=frozenset(cities[pk]),
                countries=frozenset(countries[pk]),
                commissions=frozenset(commissions[pk]),
                teams=frozenset(application for application, _call, _country in teams[pk]),
                rivals=frozenset((call, country) for _application, call, country in teams[pk]),
            )
            for pk, user in persons.items()
        }

    def conflicts(self, application: "Application") -> set[Conflict]:
        """All that ties the person to an application; empty when they may evaluate it.

        Reads `partner_cities`, `documents` and `conflict_declarations` of the application: prefetch them for many.
        """
        partners = {city.pk for city in application.partner_cities.all()}
        letters = [document for document in application.documents.all() if document.is_current]
        found = {
            Conflict.SAME_CITY: application.former_city_id in self.cities,
            Conflict.SAME_COUNTRY: application.country_id in self.countries,
            Conflict.SAME_QUOTA: application.pk not in self.teams
            and (application.call_id, application.country_id) in self.rivals,
            Conflict.PARTNER_CITY: bool(partners & self.cities),
            Conflict.SIGNATORY: any(
                letter.signatory_email in self.emails or (self.name_key and letter.signatory_key == self.name_key)
                for letter in letters
            ),
            Conflict.COMMISSION: application.country_id in self.commissions,
            Conflict.TEAM: application.pk in self.teams,
            Conflict.DECLARED: any(one.user_id == self.user for one in application.conflict_declarations.all()),
        }
        return {conflict for conflict, holds in found.items() if holds}

    def as_query(self) -> dict[Conflict, Any]:
        """For each conflict, what finds the applications that the person has it with."""
        documents = self._related("documents").filter(replaced_at=None)
        signed = Q(signatory_email__in=self.emails)
        if self.name_key:
            signed |= Q(signatory_key=self.name_key)
        rival = Q(pk__in=[])
        for call, country in self.rivals:
            rival |= Q(call=call, country=country)
        return {
            Conflict.SAME_CITY: Q(former_city__in=self.cities),
            Conflict.SAME_COUNTRY: Q(country__in=self.countries),
            Conflict.SAME_QUOTA: rival & ~Q(pk__in=self.teams),
            Conflict.PARTNER_CITY: Exists(
                self._through("partner_cities").filter(application=OuterRef("pk"), city__in=self.cities)
            ),
            Conflict.SIGNATORY: Exists(documents.filter(signed)),
            Conflict.COMMISSION: Q(country__in=self.commissions),
            Conflict.TEAM: Q(pk__in=self.teams),
            Conflict.DECLARED: Exists(self._related("conflict_declarations").filter(user=self.user)),
        }

    @staticmethod
    def _application() -> Any:
        return Evaluator._meta.apps.get_model("cities", "Application")

    def _related(self, name: str) -> models.QuerySet:
        related = self._application()._meta.get_field(name).related_model
        return related._default_manager.filter(application=OuterRef("pk"))

    def _through(self, name: str) -> models.QuerySet:
        return self._application()._meta.get_field(name).remote_field.through._default_manager.all()
