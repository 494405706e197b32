"""Where facilitators and authors go."""

from django.urls import path

from surveys.facilitator.views import (
    demonstration,
    overview,
    panel,
    questionnaire,
    results,
    rounds,
    settings,
    staff,
    statements,
    studies,
    tables,
    workbooks,
)

app_name = "facilitator"

urlpatterns = [
    path("", studies.studies, name="studies"),
    path("new/", studies.create_study, name="create_study"),
    path("new/workbook/", workbooks.start_from_workbook, name="start_from_workbook"),
    path("new/workbook/template.xlsx", workbooks.workbook_template, name="workbook_template"),
    path("<slug:slug>/copy/", workbooks.copy_study, name="copy_study"),
    path("<slug:slug>/settings/", settings.settings, name="settings"),
    path("<slug:slug>/settings/declarations/", settings.declarations, name="declarations"),
    path("<slug:slug>/protocol/", settings.protocol, name="protocol"),
    path("<slug:slug>/staff/", staff.staff, name="staff"),
    path("<slug:slug>/staff/<int:user_id>/remove/", staff.remove_staff, name="remove_staff"),
    path("<slug:slug>/questionnaire/", questionnaire.questionnaire, name="questionnaire"),
    path("<slug:slug>/questionnaire/workbook.xlsx", workbooks.questionnaire_workbook, name="questionnaire_workbook"),
    path("<slug:slug>/questionnaire/vignettes/new/", questionnaire.add_vignette, name="add_vignette"),
    path("<slug:slug>/questionnaire/vignettes/<uuid:vignette_id>/", questionnaire.edit_vignette, name="edit_vignette"),
    path(
        "<slug:slug>/questionnaire/vignettes/<uuid:vignette_id>/delete/",
        questionnaire.delete_vignette,
        name="delete_vignette",
    ),
    path(
        "<slug:slug>/questionnaire/vignettes/<uuid:vignette_id>/move/",
        questionnaire.move_vignette,
        name="move_vignette",
    ),
    path("<slug:slug>/questionnaire/options/new/", questionnaire.add_option, name="add_option"),
    path("<slug:slug>/questionnaire/options/<uuid:option_id>/", questionnaire.edit_option, name="edit_option"),
    path(
        "<slug:slug>/questionnaire/options/<uuid:option_id>/delete/", questionnaire.delete_option, name="delete_option"
    ),
    path("<slug:slug>/questionnaire/options/<uuid:option_id>/move/", questionnaire.move_option, name="move_option"),
    path(
        "<slug:slug>/questionnaire/vignettes/<uuid:vignette_id>/compose/",
        statements.compose_statement,
        name="compose_statement",
    ),
    path(
        "<slug:slug>/questionnaire/vignettes/<uuid:vignette_id>/write/",
        statements.write_statement,
        name="write_statement",
    ),
    path("<slug:slug>/questionnaire/statements/<uuid:statement_id>/", statements.edit_statement, name="edit_statement"),
    path(
        "<slug:slug>/questionnaire/statements/<uuid:statement_id>/delete/",
        statements.delete_statement,
        name="delete_statement",
    ),
    path("<slug:slug>/demonstration-mail/", demonstration.demonstration_mail, name="demonstration_mail"),
    path("<slug:slug>/panel/", panel.panel, name="panel"),
    path("<slug:slug>/panel/new/", panel.add_panelist, name="add_panelist"),
    path("<slug:slug>/panel/import/", panel.import_panel, name="import_panel"),
    path("<slug:slug>/panel/<uuid:panelist_id>/", panel.edit_panelist, name="edit_panelist"),
    path("<slug:slug>/panel/<uuid:panelist_id>/remove/", panel.remove_panelist, name="remove_panelist"),
    path("<slug:slug>/panel/<uuid:panelist_id>/revoke/", panel.revoke_links, name="revoke_links"),
    path("<slug:slug>/panel/<uuid:panelist_id>/send-link/", panel.send_link, name="send_link"),
    path("<slug:slug>/", overview.study, name="study"),
    path("<slug:slug>/finish/", overview.finish, name="finish"),
    path("<slug:slug>/log/", overview.log, name="log"),
    path("<slug:slug>/rounds/", rounds.rounds, name="rounds"),
    path("<slug:slug>/rounds/next/", rounds.draft_round, name="draft_round"),
    path("<slug:slug>/rounds/<int:number>/", rounds.round, name="round"),
    path("<slug:slug>/rounds/<int:number>/open/", rounds.open_round, name="open_round"),
    path("<slug:slug>/rounds/<int:number>/close/", rounds.close_round, name="close_round"),
    path("<slug:slug>/rounds/<int:number>/extend/", rounds.extend_round, name="extend_round"),
    path("<slug:slug>/rounds/<int:number>/cancel/", rounds.cancel_round, name="cancel_round"),
    path("<slug:slug>/rounds/<int:number>/remind/", rounds.remind, name="remind"),
    path("<slug:slug>/rounds/<int:number>/release/", results.release, name="release"),
    path(
        "<slug:slug>/rounds/<int:number>/comments/<uuid:comment_id>/", results.moderate_comment, name="moderate_comment"
    ),
    path("<slug:slug>/statements/<uuid:statement_id>/", results.statement, name="statement"),
    path("<slug:slug>/tables/", tables.tables, name="tables"),
    path("<slug:slug>/tables/3/", tables.table_3, name="table_3"),
    path("<slug:slug>/tables/3.<str:form>", tables.table_3_file, name="table_3_file"),
]
