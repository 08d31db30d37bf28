import rules

from cities.rules import can_edit, is_administrator, is_auditor, is_secretariat

PERMISSIONS = {
    "rvcu.view_user": is_secretariat & (is_administrator | is_auditor),
    "rvcu.add_user": is_secretariat & is_administrator,
    "rvcu.change_user": is_secretariat & is_administrator,
    "rvcu.erase_user": is_secretariat & is_administrator,
    "rvcu.view_datasnapshot": is_secretariat,
    "rvcu.publish_datasnapshot": can_edit,
}
for name, predicate in PERMISSIONS.items():
    rules.add_perm(name, predicate)
