"""A study's questionnaire and panel as the content of a workbook."""

from surveys.panels.queries import panel_of
from surveys.panels.services import NewPanelist
from surveys.studies.models import Study
from surveys.vignettes.queries import options_of, vignettes_of
from surveys.workbooks.content import Content, OptionRow, StatementRow, StudyRow, VignetteRow


def content_of(study: Study, *, with_panel: bool) -> Content:
    """What the study asks now, without what was dropped. `with_panel` is for its facilitators alone."""
    vignettes, options = list(vignettes_of(study)), list(options_of(study))
    places = {option.pk: place for place, option in enumerate(options)}
    statements = [
        StatementRow(
            place,
            # An option that was dropped stands in the wording alone.
            tuple(places[named.option_id] for named in statement.named_options.all() if named.option_id in places),
            statement.text,
        )
        for place, vignette in enumerate(vignettes)
        for statement in vignette.statements.all()
    ]
    panelists = panel_of(study) if with_panel else ()
    return Content(
        study=StudyRow(study.title, study.question_stem, study.time_zone, study.about),
        vignettes=tuple(VignetteRow(one.title, one.aspect, one.text) for one in vignettes),
        options=tuple(OptionRow(one.name, one.category, one.explanation) for one in options),
        statements=tuple(statements),
        panelists=tuple(NewPanelist(one.name, one.email, one.group) for one in panelists),
    )
