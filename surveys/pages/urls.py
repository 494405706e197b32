"""The front door, signing in, passwords and help."""

from django.urls import path

from surveys.pages import views

app_name = "pages"

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("account/", views.account, name="account"),
    path("password/", views.password_reset, name="password_reset"),
    path("password/sent/", views.password_reset_sent, name="password_reset_sent"),
    path("password/<str:uidb64>/<str:token>/", views.set_password, name="set_password"),
    path("welcome/<str:uidb64>/<str:token>/", views.welcome, name="welcome"),
    path("first-run/", views.first_run, name="first_run"),
    path("help/", views.help, name="help"),
]
