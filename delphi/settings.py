"""All settings, read from the environment.

With nothing set this is the embedded mode: SQLite, secrets made on first use, for this machine only.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from delphi import environment

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# Where it runs --------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
DELPHI_DEMO = env.bool("DELPHI_DEMO", default=False)
PORT = environment.whole_number("PORT", env.str("PORT", default="") or "8000", least=1, most=65_535)
DELPHI_DATA = environment.private_folder(Path(env.str("DELPHI_DATA", default="") or BASE_DIR / "var").resolve())
_url = environment.base_url(env.str("DELPHI_BASE_URL", default="") or f"http://127.0.0.1:{PORT}")
DELPHI_BASE_URL = _url.geturl()
_secure = _url.scheme == "https"

ALLOWED_HOSTS = environment.hosts_of(_url)
CSRF_TRUSTED_ORIGINS = [DELPHI_BASE_URL]

# Proxies in front of the application: so many entries of X-Forwarded-For, from the right, are to be believed.
TRUSTED_PROXY_COUNT = environment.whole_number(
    "TRUSTED_PROXY_COUNT", env.str("TRUSTED_PROXY_COUNT", default="") or "0", least=0, most=99
)

# Secrets --------------------------------------------------------------------------------------------------

_given_secret_key = env.str("SECRET_KEY", default="")
_given_master_key = env.str("DELPHI_MASTER_KEY", default="")
environment.refuse_unsafe(
    _url,
    debug=DEBUG,
    self_made=[
        name
        for name, value in (("SECRET_KEY", _given_secret_key), ("DELPHI_MASTER_KEY", _given_master_key))
        if not value
    ],
)
SECRET_KEY = _given_secret_key or environment.kept_secret(DELPHI_DATA / "secret_key", environment.new_secret_key)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
_master_key = _given_master_key or environment.kept_secret(DELPHI_DATA / "master_key", environment.new_master_key)
environment.refuse_weak(secret_key=SECRET_KEY, master=_master_key)
DELPHI_MASTER_KEY = environment.master_key(_master_key)

# Database -------------------------------------------------------------------------------------------------


def _sqlite(name: Path) -> dict[str, Any]:
    """SQLite as this project needs it: a writer locks at once, and what is committed is on the disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(name),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
        },
        # In memory there is neither WAL nor IMMEDIATE, so the tests would prove nothing.
        "TEST": {"NAME": str(DELPHI_DATA / "test.sqlite3")},
    }


def _postgresql(url: str) -> dict[str, Any]:
    """PostgreSQL through psycopg's pool, whose connections are checked before each use."""
    if url.partition("://")[0] not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database, or SQLite as sqlite:///PATH.")
    database: dict[str, Any] = dict(environ.Env.db_url_config(url))
    pool = environment.whole_number("DELPHI_POOL", env.str("DELPHI_POOL", default="") or "16", least=1, most=1000)
    database["CONN_MAX_AGE"] = 0
    database["CONN_HEALTH_CHECKS"] = True
    database["OPTIONS"] = {
        **database.get("OPTIONS", {}),
        "connect_timeout": 5,
        "options": "-c statement_timeout=60s -c idle_in_transaction_session_timeout=120s",
        # What comes again is planned once for each connection: on the pages of a panel, planning takes the database
        # longer than answering. Values go beside the statement, so that a sheet is not written out in it.
        "server_side_binding": True,
        "prepare_threshold": 5,
        "pool": {"min_size": 1, "max_size": pool, "timeout": 5},
    }
    return database


_database_url = env.str("DATABASE_URL", default="")
_sqlite_file: Path | None = None
if _database_url.startswith("sqlite:"):
    _sqlite_file = Path(str(environ.Env.db_url_config(_database_url)["NAME"]))
elif not _database_url:
    _sqlite_file = DELPHI_DATA / "delphi.sqlite3"
DATABASES = {"default": _sqlite(_sqlite_file) if _sqlite_file else _postgresql(_database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEDIA_ROOT = DELPHI_DATA / "media"
DELPHI_BACKUPS = DELPHI_DATA / "backups"
DELPHI_KEYSTORE = environment.keystore_folder(
    Path(env.str("DELPHI_KEYSTORE", default="") or DELPHI_DATA / "keystore"),
    database=_sqlite_file,
    apart=[MEDIA_ROOT, DELPHI_BACKUPS],
)

# Applications ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "js_lib_bootstrap5",
    "surveys.accounts",
    "surveys.studies",
    "surveys.panels",
    "surveys.vignettes",
    "surveys.workbooks",
    "surveys.sheets",
    "surveys.meetings",
    "surveys.rounds",
    "surveys.feedback",
    "surveys.exports",
    "surveys.pages",
    "surveys.panelist",
    "surveys.facilitator",
    "surveys.administrator",
    "surveys.operations",
]

MIDDLEWARE = [
    "surveys.pages.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "delphi.urls"
WSGI_APPLICATION = "delphi.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Staff: accounts, sessions, messages ----------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# The address is unique by Lower("email"), an expression that Django's check does not look into.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "pages:sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_RESET_TIMEOUT = 24 * 3600

# A browser takes a __Host- cookie only over https, for the whole site and for no other host.
_cookie_prefix = "__Host-" if _secure else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}sessionid"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
CSRF_COOKIE_SECURE = _secure
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Transport and browser ------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = _secure
# Whatever watches the server asks it directly, behind the proxy.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# The proxy in front ends TLS; it must set this header itself and drop the one that a client sends.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# A vignette with hundreds of statements is one form, of four fields a statement.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4096
# A file of the evidence, of 10 MB at most, and what the form says around it. A larger request loses its file.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
# Held in memory whole: an uploaded list of addresses never lies about as a temporary file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Static files ---------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
_manifest = env.bool("DELPHI_STATIC_MANIFEST", default=False)
STATIC_ROOT = BASE_DIR / "staticfiles" if _manifest else None
WHITENOISE_USE_FINDERS = not _manifest
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if _manifest
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

# Cache, sessions and tasks: Redis where it is named, this process and the database otherwise --------------

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "delphi",
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        }
    }
else:
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
    # Large enough that nobody can push out the counts of tries by trying from everywhere.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
# With late acknowledgement a task that outlives this is run twice, so it is far above the time limit.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DELPHI_DATA / "celerybeat-schedule")
# Each finds what is due in the database, so one that a stopped worker never ran is simply dropped.
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "surveys.rounds.tasks.open_due_rounds": 5,
        "surveys.rounds.tasks.send_due_messages": 5,
        # In slow ticks, because each makes a token for everybody on the panel.
        "surveys.rounds.tasks.serve_link_requests": 60,
        "surveys.feedback.tasks.close_due_rounds": 5,
        "surveys.feedback.tasks.tally_closing_rounds": 5,
        # Done at once as a rule; this finds what was interrupted.
        "surveys.feedback.tasks.finish_sealings": 60,
    }.items()
}

# Mail -----------------------------------------------------------------------------------------------------

_email_url = "" if DELPHI_DEMO else env.str("EMAIL_URL", default="")
_email: dict[str, Any] = dict(environ.Env.email_url_config(_email_url or "consolemail://"))
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend" if DELPHI_DEMO else str(_email["EMAIL_BACKEND"])
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = int(_email.get("EMAIL_PORT") or 25)
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS", False))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL", False))
EMAIL_FILE_PATH = _email.get("EMAIL_FILE_PATH") or None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Delphi Panel <delphi@{_url.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Nobody gets tracebacks by mail: they could carry what a panelist wrote.
ADMINS: list[tuple[str, str]] = []
MANAGERS: list[tuple[str, str]] = []
# Should anybody be sent one after all, it holds no form, no cookie and no variable.
DEFAULT_EXCEPTION_REPORTER_FILTER = "surveys.pages.reporting.NothingPersonalFilter"

# Language and time ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# One language until a translation is whole: Django's own words would otherwise mix with English ones. With a second one
# LocaleMiddleware comes back, after the sessions.
LANGUAGES = [("en", _("English"))]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# Logs: what happened and where, never a body, and no line for each request --------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # Of a fault it keeps where it was, and not what it says.
        "line": {"class": "delphi.lines.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # A line for each request would tell when which panelist answered.
        "django.server": {"handlers": ["nowhere"], "level": "ERROR", "propagate": False},
        # Nor need anybody read which of a panelist's pages answered 404 or 409 at which moment.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        # Nor at which moment one of their forms came without its token.
        "django.security.csrf": {"handlers": ["nowhere"], "level": "ERROR", "propagate": False},
        # Any stranger's request with a made-up Host would write a whole traceback.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "level": "ERROR", "propagate": False},
        # At DEBUG these two would write out what stands on a page, and the values of a query.
        "django.template": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.db.backends": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "celery": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "surveys": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "waitress": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
