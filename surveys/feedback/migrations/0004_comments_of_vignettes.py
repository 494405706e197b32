from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_option_surveys")]

    operations = [
        migrations.DeleteModel(name="Comment"),
        migrations.RenameModel(old_name="VignetteComment", new_name="Comment"),
    ]
