"""Ranking, shortlist, decisions and announcement: for decision officers alone until the announcement.

To everybody else these pages do not exist, whether there is something on them or not; once a call is announced the
secretariat may look at its own.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..days import from_in_words
from ..exceptions import NetworkError
from ..forms.decision import AnnounceForm, CorrectForm, DecideForm, RestForm, ShortlistForm
from ..models import Application, Call, Decision, Ranking, Shortlisting
from ..people import Person
from ..services.announcement import ROLES, addresses, contacts_of, newcomers, press_list, readiness
from ..services.decision import (
    balance,
    compute_ranking,
    designated_beside,
    groups_of,
    is_sound,
    lines_of,
    standing_decisions,
    undecided,
)
from ..services.sheet import CSV, Sheet
from .application import Part, add_part
from .mandate import link_to
from .operations import Operation, OperationsAdmin, posted

DECIDE = "cities.decide"
GROUPINGS = {"field": gettext_lazy("By creative field"), "region": gettext_lazy("By region")}


def may_see(user: Person, call: Call) -> bool:
    """Whether what was decided on a call may be shown to somebody."""
    return user.has_perm(DECIDE) or (call.is_announced and user.has_perm("cities.view_application"))


class EmbargoedAdmin(OperationsAdmin):
    """Pages that exist for those alone who may see something on them. No menu names them to anybody else."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        rows: Any = self.model
        return request.user.has_perm(DECIDE) or (
            request.user.has_perm("cities.view_application") and rows.objects.visible_to(request.user).exists()
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: Any = super().get_queryset(request)
        return rows.visible_to(request.user)

    def get_urls(self) -> list:
        urls = super().get_urls()
        for url in urls:
            url.callback = self.sealed(url.callback)
        return urls

    def sealed(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The view, which staff who may see nothing of it do not find."""

        @wraps(view)
        def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.admin_site.has_permission(request) and not self.has_view_permission(request):
                raise Http404
            return view(request, *args, **kwargs)

        return found


@admin.register(Ranking)
class RankingAdmin(EmbargoedAdmin):
    list_display = ("number", "call", "at", "by")
    list_select_related = ("call", "by")
    list_filter = ("call",)
    fields = ("call", "number", "at", "by", "sound", "desk", "inputs_sha256", "inputs_shown")

    @admin.display(description=gettext_lazy("computed again from its inputs"))
    def sound(self, ranking: Ranking) -> str:
        return _("gives the same rows") if is_sound(ranking) else _("gives other rows: something was changed")

    @admin.display(description=gettext_lazy("rows"))
    def desk(self, ranking: Ranking) -> str:
        url = f"{reverse('admin:cities_call_decisions', args=[ranking.call_id])}?ranking={ranking.number}"
        return format_html('<a href="{}">{}</a>', url, _("Look at it by field and region"))

    @admin.display(description=gettext_lazy("inputs"))
    def inputs_shown(self, ranking: Ranking) -> str:
        return format_html("<pre>{}</pre>", json.dumps(ranking.inputs, indent=1, ensure_ascii=False))


@admin.register(Shortlisting)
class ShortlistingAdmin(EmbargoedAdmin):
    """All that was ever said of the shortlist, the newest first."""

    list_display = ("city", "standing", "call", "at", "by", "reason")
    list_select_related = ("call", "by", "application__call")
    list_filter = ("call", "standing")
    fields = ("call", "application", "standing", "reason", "at", "by")

    @admin.display(description=gettext_lazy("application"), ordering="application__sort_key")
    def city(self, shortlisting: Shortlisting) -> str:
        return str(shortlisting.application)


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("in force")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", _("in force")), ("no", _("superseded"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(superseded_by__isnull=self.value() == "yes")


@admin.register(Decision)
class DecisionAdmin(EmbargoedAdmin):
    """The decisions, and the desk of a call: where its officers rank, shortlist, decide and announce."""

    list_display = ("number", "city", "outcome", "in_force", "reference", "decided_on", "call")
    list_select_related = ("call", "application__call", "superseded_by")
    list_filter = ("call", "outcome", StandingFilter)
    search_fields = ("reference", "application__search_text")
    fields = (
        "call",
        "application",
        "outcome",
        "reference",
        "decided_on",
        "decider",
        "starts_on",
        "file_link",
        "reason",
        "supersedes",
        "in_force",
        "at",
        "by",
        "number",
        "previous_hash",
        "hash",
    )

    @admin.display(description=gettext_lazy("city"), ordering="application__sort_key")
    def city(self, decision: Decision) -> str:
        return str(decision.application)

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def in_force(self, decision: Decision) -> bool:
        return getattr(decision, "superseded_by", None) is None

    @admin.display(description=gettext_lazy("signed act"))
    def file_link(self, decision: Decision) -> Any:
        return link_to(decision.file)

    # Addresses. Pages of a call, or of an application, are named for it

    def get_urls(self) -> list:
        of_call = "calls/<int:pk>/"
        return [
            self.named(of_call, "call_decisions", self.desk_view),
            self.named(f"{of_call}ranking/", "call_ranking", self.ranking_view),
            self.named(f"{of_call}shortlist/", "call_shortlist", self.shortlist_view),
            self.named(f"{of_call}rest/", "call_rest", self.rest_view),
            self.named(f"{of_call}announce/", "call_announce", self.announce_view),
            self.named(f"{of_call}press/", "call_press", self.press_view),
            self.named(f"{of_call}press/file/", "call_press_file", self.press_file_view),
            self.named("applications/<int:pk>/", "application_decide", self.decide_view),
            self.page_at("<path:object_id>/correct/", "correct", self.correct_view),
            *super().get_urls(),
        ]

    def named(self, route: str, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{name}")

    def change_url(self, obj: models.Model) -> str:
        match obj:
            case Call():
                return reverse("admin:cities_call_decisions", args=[obj.pk])
            case Application() | Shortlisting() | Ranking():
                return reverse("admin:cities_call_decisions", args=[obj.call_id])
        return super().change_url(obj)

    def seen_call(self, request: HttpRequest, pk: int) -> Call:
        """A call whose decisions somebody may look at; raises Http404."""
        call = get_object_or_404(Call.objects.exclude(status=Call.Status.DRAFT), pk=pk)
        if not may_see(request.user, call):
            raise Http404
        return call

    def decided_call(self, request: HttpRequest, pk: int) -> Call:
        """A call for whoever decides on it; raises Http404, or PermissionDenied for those who may only look."""
        call = self.seen_call(request, pk)
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        return call

    def page(self, request: HttpRequest, template: str, call: Call, title: str, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        known = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "call": call,
            "may_decide": request.user.has_perm(DECIDE),
            "media": self.media,
        }
        return TemplateResponse(request, f"admin/cities/decision/{template}.html", known | context)

    # The lists

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        """The desks of the calls that are evaluated or decided on."""
        if not request.user.has_perm(DECIDE):
            return []
        calls = Call.objects.filter(status=Call.Status.PUBLISHED, evaluation_until__lte=timezone.now())
        return [Operation(self.change_url(call), call.title) for call in calls]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        operations = [Operation(self.change_url(obj.call), _("All of the call"))]
        if request.user.has_perm(DECIDE) and self.in_force(obj) and obj.call.status != Call.Status.CANCELLED:
            operations.append(Operation(self.url_of("correct", obj.pk), _("Correct")))
        return operations

    # The desk

    def desk_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self.seen_call(request, pk)
        by = request.GET.get("by", "field")
        by = by if by in GROUPINGS else "field"
        rankings = list(call.rankings.select_related("by"))
        number = request.GET.get("ranking", "")
        shown = next((one for one in rankings if str(one.number) == number), rankings[0] if rankings else None)
        lines = lines_of(call, shown)
        remaining = [
            line for line in lines if line.application.status == Application.Status.ELIGIBLE and line.decision is None
        ]
        return self.page(
            request,
            "desk",
            call,
            _("Decisions: %(call)s") % {"call": call},
            by=by,
            groupings=GROUPINGS,
            groups=groups_of(call, lines, by),
            ranking=shown,
            is_newest=bool(rankings) and shown == rankings[0],
            rankings=rankings,
            lines=lines,
            remaining=len(remaining),
            balance=balance(call),
            can_rank=request.user.has_perm(DECIDE) and _is_running(call) and timezone.now() >= call.closes_for_all,
            can_shortlist=request.user.has_perm(DECIDE)
            and _is_running(call)
            and timezone.now() >= call.evaluation_until,
            can_decide=request.user.has_perm(DECIDE) and _is_running(call) and timezone.now() >= call.decision_at,
            is_running=_is_running(call),
        )

    def ranking_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Computes the ranking anew; a plain visit leads to the desk."""
        call = self.decided_call(request, pk)
        if request.method == "POST":
            before = call.rankings.first()
            try:
                made = compute_ranking(call=call, by=request.user)
            except NetworkError as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                told = (
                    _("Nothing changed since ranking %(number)d: it stays.")
                    if made == before
                    else _("Ranking %(number)d is computed and kept.")
                )
                self.message_user(request, told % {"number": made.number}, messages.SUCCESS)
        return redirect(self.change_url(call))

    def shortlist_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self.decided_call(request, pk)
        wanted = [key for key in request.GET.getlist("application") if key.isdecimal() and len(key) < 10]
        applications = list(
            call.applications.filter(pk__in=wanted, status=Application.Status.ELIGIBLE)
            .select_related("call", "country", "field")
            .order_by("number")
        )
        if not applications:
            return self.turned_away(request, call, _("Choose applications of the list first."))
        names = ", ".join(str(application.name) for application in applications)
        return self.run_operation(
            request,
            ShortlistForm(posted(request), applications=applications),
            title=_("Shortlist: %(cities)s") % {"cities": names},
            what_happens=[
                *(self._of_application(application) for application in applications),
                _("They get the standing that you choose. What was said before is kept, and the newest counts."),
                _("Nobody but decision officers learns of it."),
            ],
            button=_("Save"),
            done=lambda made: (
                ngettext(
                    "The standing of %(number)d application is noted.",
                    "The standing of %(number)d applications is noted.",
                    len(made),
                )
                % {"number": len(made)}
            ),
            original=call,
            page_of=lambda _made: call,
            context={"balance": balance(call), "extra": "admin/cities/decision/_balance.html"},
        )

    def _of_application(self, application: Application) -> str:
        standing = application.shortlistings.first()
        names = {
            "city": application.name,
            "country": application.country,
            "field": application.field,
            "standing": standing.get_standing_display() if standing else _("nothing yet"),
        }
        return _("%(city)s (%(country)s), %(field)s: %(standing)s") % names

    # Decisions

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = Application.objects.select_related("call", "country", "field").filter(pk=pk).first()
        if application is None:
            raise Http404
        call = self.decided_call(request, application.call_id)
        if known := standing_decisions(call).get(application.pk):
            self.message_user(request, _("There is a decision already: correct that one."), messages.WARNING)
            return redirect(super().change_url(known))
        names = {"city": application.name, "country": application.country, "field": application.field}
        return self.run_operation(
            request,
            DecideForm(posted(request), request.FILES or None, application=application),
            title=_("Decide on %(city)s") % names,
            what_happens=[
                _("The decision on %(city)s (%(country)s) in %(field)s is recorded for ever.") % names,
                _("It can be corrected only by another decision that supersedes it."),
                _("Until the announcement it exists for decision officers alone, and the application stays as it is."),
                self._places(application),
            ],
            button=_("Record the decision"),
            done=lambda made: (
                _("The decision on %(city)s is recorded: %(outcome)s.")
                % {"city": application.name, "outcome": made.get_outcome_display()}
            ),
            original=application,
            page_of=lambda _made: call,
        )

    def _places(self, application: Application) -> str:
        """What the country has in the call so far."""
        designated = designated_beside(application)
        if not designated:
            return _("%(country)s has no designation in this call yet.") % {"country": application.country}
        cities = ", ".join(f"{one.name} ({one.field})" for one in designated)
        told = _("%(country)s has in this call so far: %(cities)s.")
        return told % {"country": application.country, "cities": cities}

    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not request.user.has_perm(DECIDE):
            raise Http404
        decision = self.get_subject(request, object_id, DECIDE)
        if not self.in_force(decision):
            return self.turned_away(request, decision, _("This decision was corrected already."))
        names = {"city": decision.application.name, "number": decision.number}
        what = [
            _("Decision %(number)d on %(city)s stays as it is, and another one supersedes it.") % names,
            _("Your reason is kept with it."),
        ]
        if decision.call.is_announced:
            what.append(_("It is announced: outcome and first day can no longer be corrected here."))
        return self.run_operation(
            request,
            CorrectForm(posted(request), request.FILES or None, decision=decision),
            title=_("Correct the decision on %(city)s") % names,
            what_happens=what,
            button=_("Record the correction"),
            done=lambda made: _("Decision %(number)d supersedes the one before.") % {"number": made.number},
            original=decision,
        )

    def rest_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self.decided_call(request, pk)
        remaining = undecided(call)
        if not remaining:
            return self.turned_away(request, call, _("Every eligible application has a decision already."))
        total = len(remaining)
        return self.run_operation(
            request,
            RestForm(posted(request), request.FILES or None, call=call, applications=remaining),
            title=_("Not designated: all that remain"),
            what_happens=[
                ngettext(
                    "%(number)d application has no decision yet. By one act it is not designated:",
                    "%(number)d applications have no decision yet. By one act they are not designated:",
                    total,
                )
                % {"number": total},
                *(f"{one.name} ({one.country}), {one.field}" for one in remaining),
                _("Nobody is told before the announcement."),
            ],
            button=_("Record the decisions"),
            done=lambda made: (
                ngettext("%(number)d decision is recorded.", "%(number)d decisions are recorded.", len(made))
                % {"number": len(made)}
            ),
            original=call,
            page_of=lambda _made: call,
        )

    # The announcement

    def announce_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is in the way; where nothing is, what will happen and the word that lets it."""
        call = self.decided_call(request, pk)
        if call.is_announced:
            return self.turned_away(request, call, _("The designations of this call are announced."))
        if call.status != Call.Status.PUBLISHED:
            return self.turned_away(request, call, _("A cancelled call is not announced."))
        instant = from_in_words(call.announce_at)
        if problems := readiness(call):
            if request.method == "POST":
                self.message_user(request, _("Nothing was announced: look at what is in the way."), messages.ERROR)
            title = _("Announcement: %(call)s") % {"call": call}
            return self.page(request, "announce", call, title, problems=problems, instant=instant, is_due=_is_due(call))
        found = newcomers(call)
        slugs = addresses(found)
        what = [
            ngettext("%(number)d city becomes a member:", "%(number)d cities become members:", len(found))
            % {"number": len(found)},
            *(self._of_newcomer(one, slugs.get(one.application.pk, "")) for one in found),
            *self._of_others(call),
            _("All this happens at once, is public in the same moment, and cannot be undone here."),
        ]
        if not _is_due(call):
            what.append(
                _("The instant that the call names is still to come: %(instant)s. Then it happens by itself.")
                % {"instant": instant}
            )
        return self.run_operation(
            request,
            AnnounceForm(posted(request), call=call),
            title=_("Announce: %(call)s") % {"call": call},
            what_happens=what,
            button=_("Announce now"),
            done=lambda _call: _("The designations are announced. The letters wait in the outbox for your approval."),
            original=call,
        )

    def _of_newcomer(self, one: Any, slug: str) -> str:
        names = {
            "city": one.application.name,
            "country": one.application.country,
            "field": one.application.field,
            "day": date_format(one.starts_on),
            "slug": slug,
            "invited": ", ".join(
                person.get("email", "")
                for role, person in contacts_of(one.application).items()
                if role in ROLES and person.get("email")
            ),
        }
        if one.application.former_city:
            return _("%(city)s (%(country)s), %(field)s, again from %(day)s on. Invited: %(invited)s.") % names
        return _(
            "%(city)s (%(country)s), %(field)s, from %(day)s on, at the address %(slug)s. Invited: %(invited)s."
        ) % (names)

    def _of_others(self, call: Call) -> list[str]:
        others = call.applications.filter(status=Application.Status.ELIGIBLE).exclude(
            pk__in=[pk for pk, one in standing_decisions(call).items() if one.is_designation]
        )
        total = others.count()
        told = []
        if total:
            told.append(
                ngettext(
                    "%(number)d application is not designated; its city gets a letter of its own.",
                    "%(number)d applications are not designated; each city gets a letter of its own.",
                    total,
                )
                % {"number": total}
            )
        ineligible = call.applications.filter(status=Application.Status.INELIGIBLE).count()
        if ineligible and call.tells_ineligible == Call.Telling.WITH_ANNOUNCEMENT:
            told.append(
                ngettext(
                    "%(number)d ineligible application is told with it, in a letter.",
                    "%(number)d ineligible applications are told with it, in a letter each.",
                    ineligible,
                )
                % {"number": ineligible}
            )
        return [
            *told,
            _("Letters to mayors and National Commissions are held in the outbox until staff approve them."),
        ]

    # The press list

    def press_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self.seen_call(request, pk)
        lists = [press_list(call, language) for language in ("en", "fr")]
        return self.page(request, "press", call, _("Press list: %(call)s") % {"call": call}, lists=lists)

    def press_file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The press list as CSV or text: ?language=fr&format=txt."""
        call = self.seen_call(request, pk)
        language = request.GET.get("language", "en")
        kind = request.GET.get("format", "csv")
        if language not in ("en", "fr") or kind not in ("csv", "txt"):
            raise Http404
        found = press_list(call, language)
        with translation.override(language):
            if kind == "csv":
                content, content_type = _press_sheet(found).csv(), CSV
            else:
                content, content_type = _press_text(found).encode(), "text/plain; charset=utf-8"
        response = HttpResponse(content, content_type=content_type)
        response["Content-Disposition"] = f'attachment; filename="press-{call.slug}-{language}.{kind}"'
        response["Cache-Control"] = "private, no-store"
        return response


def _is_running(call: Call) -> bool:
    return call.status == Call.Status.PUBLISHED


def _is_due(call: Call) -> bool:
    return timezone.now() >= call.announce_at


def _press_sheet(found: Any) -> Sheet:
    return Sheet(
        title=found.title,
        head=[_("City"), _("Country"), _("Creative field"), _("Region"), _("Member since")],
        rows=[[line.city, line.country, line.field, line.region, line.since] for line in found.lines],
        about=[(_("Call"), found.title), *([] if found.is_final else [(_("Embargo"), _embargo())])],
    )


def _embargo() -> str:
    return _("Under embargo: not to be passed on before the announcement.")


def _press_text(found: Any) -> str:
    lines = [found.title, ""]
    if not found.is_final:
        lines = [_embargo(), "", *lines]
    total = len(found.lines)
    lines.append(ngettext("%(number)d new member city:", "%(number)d new member cities:", total) % {"number": total})
    lines += [f"– {line.city} ({line.country}): {line.field}" for line in found.lines]
    if found.new_countries:
        lines += [
            "",
            _("Countries with a first member: %(countries)s.") % {"countries": ", ".join(found.new_countries)},
        ]
    lines += ["", _("The network then has %(number)d member cities.") % {"number": found.members}, ""]
    return "\n".join(lines)


# On the page of an application, for decision officers


def _operations_on(request: HttpRequest, application: Application) -> list[Operation]:
    if not request.user.has_perm(DECIDE) or application.status != Application.Status.ELIGIBLE:
        return []
    call = application.call
    if not _is_running(call) or timezone.now() < call.evaluation_until:
        return []
    operations = [Operation(reverse("admin:cities_call_decisions", args=[call.pk]), _("Ranking and decisions"))]
    if timezone.now() >= call.decision_at and not application.decisions.exists():
        operations.append(
            Operation(reverse("admin:cities_application_decide", args=[application.pk]), _("Decide"), is_next=True)
        )
    return operations


add_part(Part(operations=_operations_on))
