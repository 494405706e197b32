"""The settings of the tests: the project's own, on a folder that goes away with them."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_data = Path(tempfile.mkdtemp(prefix="delphi-tests-"))
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["DELPHI_DATA"] = str(_data)
# Playwright's synchronous calls run inside an event loop, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
for _name in (
    "DEBUG",
    "DELPHI_BASE_URL",
    "DELPHI_DEMO",
    "DELPHI_KEYSTORE",
    "DELPHI_MASTER_KEY",
    "EMAIL_URL",
    "PORT",
):
    os.environ.pop(_name, None)

from delphi.settings import *  # noqa: F403
from delphi.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Looks static files up when they are asked for, instead of walking through all of them for each test client.
WHITENOISE_AUTOREFRESH = True

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Two runs at once, in two checkouts or by two people, must not share a database.
    DATABASES["default"]["TEST"] = {"NAME": f"test_delphi_{os.getpid()}"}
