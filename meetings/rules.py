import rules

from cities.rules import can_edit, is_secretariat

PERMISSIONS = {
    "meetings.view_meeting": is_secretariat,
    "meetings.add_meeting": can_edit,
    "meetings.change_meeting": can_edit,
    "meetings.view_meetinghost": is_secretariat,
    "meetings.add_meetinghost": can_edit,
    "meetings.change_meetinghost": can_edit,
    "meetings.delete_meetinghost": can_edit,
}
for name, predicate in PERMISSIONS.items():
    rules.add_perm(name, predicate)
