"""Who may do what. Groups carry membership only; this table alone decides."""

import rules

OFFICER = "officer"
DECISION_OFFICER = "decision officer"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
GROUPS = (OFFICER, DECISION_OFFICER, ADMINISTRATOR, AUDITOR)


def in_group(name: str) -> rules.Predicate:
    return rules.is_group_member(name)  # type: ignore[return-value]  # a Predicate, declared as a plain callable


is_officer = in_group(OFFICER) | in_group(DECISION_OFFICER)
is_administrator = in_group(ADMINISTRATOR)
is_auditor = in_group(AUDITOR)
is_secretariat = rules.is_active & rules.is_staff & (is_officer | is_administrator | is_auditor)
can_edit = is_secretariat & (is_officer | is_administrator)

PERMISSIONS = {
    "cities.view_country": is_secretariat,
    "cities.change_country": can_edit,
    "cities.add_country": can_edit,
    "cities.view_creativefield": is_secretariat,
    "cities.add_creativefield": can_edit,
    "cities.change_creativefield": can_edit,
    "cities.view_city": is_secretariat,
    "cities.add_city": can_edit,  # through the operation that admits a city with its first designation
    "cities.change_city": can_edit,
    "cities.view_designation": is_secretariat,  # changes only through the operations on a city
    "cities.designate": can_edit,
    "cities.readdress_city": can_edit,
    "cities.view_formerslug": is_secretariat,
    "cities.view_officialtotal": is_secretariat,
    "cities.add_officialtotal": can_edit,
    "cities.change_officialtotal": can_edit,
    "cities.view_entryreport": is_secretariat,
    "cities.change_entryreport": can_edit,
    "cities.delete_entryreport": can_edit,  # the privacy notice promises that reports can go
    "cities.view_historyentry": is_secretariat,
}
for name, predicate in PERMISSIONS.items():
    rules.add_perm(name, predicate)
for app in ("cities", "meetings", "rvcu", "auth"):
    rules.add_perm(app, is_secretariat)
