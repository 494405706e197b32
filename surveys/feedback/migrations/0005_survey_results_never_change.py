from django.db import migrations

from surveys.studies.frozen import refuse_updates


class Migration(migrations.Migration):
    dependencies = [("feedback", "0004_comments_of_vignettes")]
    operations = [refuse_updates("feedback_surveyresult", "a frozen result never changes")]
