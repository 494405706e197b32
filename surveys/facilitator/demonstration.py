"""What only the demonstration has."""

from django.conf import settings

from surveys.studies.models import Study


def keeps_mail(study: Study) -> bool:
    """Whether the mail of this study stays in memory, to be read on a page."""
    return bool(settings.DELPHI_DEMO and study.is_demonstration)
