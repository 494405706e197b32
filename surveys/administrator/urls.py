"""Where administrators go."""

from django.urls import path

from surveys.administrator import views

app_name = "administrator"

urlpatterns = [
    path("", views.staff, name="staff"),
    path("invite/", views.invite, name="invite"),
    path("accounts/<int:user_id>/", views.account, name="account"),
    path("accounts/<int:user_id>/send-invitation/", views.send_invitation, name="send_invitation"),
    path("accounts/<int:user_id>/deactivate/", views.deactivate, name="deactivate"),
    path("accounts/<int:user_id>/reactivate/", views.reactivate, name="reactivate"),
    path("accounts/<int:user_id>/role/", views.change_role, name="change_role"),
    path("studies/", views.studies, name="studies"),
    path("studies/<slug:slug>/", views.study, name="study"),
    path("studies/<slug:slug>/sealing/", views.sealing, name="sealing"),
    path("studies/<slug:slug>/sealing/certificate/", views.certificate, name="certificate"),
    path("studies/<slug:slug>/sealing/certificate.json", views.certificate_json, name="certificate_file"),
    path("studies/<slug:slug>/sealing/rows.<str:form>", views.dataset, name="dataset"),
    path("verify_delphi.py", views.verifier, name="verifier"),
    path("studies/<slug:slug>/export.<str:form>", views.export_study, name="export_study"),
    path("studies/<slug:slug>/rounds/<int:number>.<str:form>", views.export_round, name="export_round"),
]
