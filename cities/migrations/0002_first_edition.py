from django.db import migrations


def begin(apps, schema_editor):
    apps.get_model("cities", "Edition").objects.create(number=0)


class Migration(migrations.Migration):
    dependencies = [("cities", "0001_first")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
