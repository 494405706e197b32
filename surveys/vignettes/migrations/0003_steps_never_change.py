from django.db import migrations

from surveys.studies.frozen import refuse_updates


class Migration(migrations.Migration):
    dependencies = [("vignettes", "0002_lineage")]
    operations = [refuse_updates("vignettes_lineagestep", "a recorded step never changes")]
