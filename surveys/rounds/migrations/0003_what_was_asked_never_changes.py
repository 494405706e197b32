from django.db import migrations

from surveys.studies.frozen import refuse_updates

TABLES = ("rounds_askedvignette", "rounds_askedstatement", "rounds_askedoption")


class Migration(migrations.Migration):
    dependencies = [("rounds", "0002_option_surveys")]
    operations = [refuse_updates(table, "what a round asked never changes") for table in TABLES]
