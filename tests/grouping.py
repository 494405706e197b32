"""Panels that are divided into groups."""

from collections.abc import Mapping

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.studies.models import Protocol, Study
from tests import factories


def grouped_study(sizes: Mapping[str, int], seen_by: str = Protocol.Groups.FACILITATORS) -> Study:
    """A study of one statement whose panel, by name, has so many of each group, in this order."""
    study = factories.make_study(panelists=sum(sizes.values()), statements=1)
    Protocol.objects.filter(study=study).update(groups=seen_by)
    names = [name for name, size in sizes.items() for _ in range(size)]
    for panelist, name in zip(panel_of(study), names, strict=True):
        Panelist.objects.filter(pk=panelist.pk).update(group=name)
    return Study.objects.get(pk=study.pk)
