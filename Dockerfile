FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DELPHI_STATIC_MANIFEST=1 \
    DELPHI_DATA=/data \
    DELPHI_KEYSTORE=/keystore

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock
COPY . ./

# The throw-away folder takes the secrets that this one command makes for itself.
RUN DELPHI_DATA=/tmp/build DELPHI_KEYSTORE=/tmp/build/keystore python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin delphi \
    && install --directory --owner delphi --group delphi --mode 0700 /data /keystore

USER delphi
EXPOSE 8000
CMD ["gunicorn", "delphi.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "30", "--worker-tmp-dir", "/dev/shm"]
