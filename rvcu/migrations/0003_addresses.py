from django.db import migrations
from django.db.models.functions import Lower


def verify_addresses(apps, schema_editor):
    """Whoever has an account already was given it by staff, who vouched for the address."""
    people = apps.get_model("rvcu", "User").objects.exclude(email="")
    people.update(email=Lower("email"))
    address = apps.get_model("account", "EmailAddress")
    known = set(address.objects.values_list("user_id", flat=True))
    address.objects.bulk_create(
        address(user_id=pk, email=email, verified=True, primary=True)
        for pk, email in people.exclude(pk__in=known).values_list("pk", "email")
    )


class Migration(migrations.Migration):
    dependencies = [("rvcu", "0002_cache_and_groups"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [migrations.RunPython(verify_addresses, migrations.RunPython.noop)]
