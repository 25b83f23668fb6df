# The image: Debian's Python, the pinned packages, the bot's own files. deploy/try-dockerfile runs these steps.
# BASE may name a digest too (python:…@sha256:…): the release workflow does, so that every layer can be named.
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS packages
# Extras beside what every bot needs, such as "postgres s3": each has a lock file of its own.
ARG EXTRAS=
COPY requirements.lock requirements-postgres.lock requirements-s3.lock requirements-heif.lock /build/
# Wheels only: nothing is compiled, and nobody's setup.py runs. The packages' own tests and pip stay behind.
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m venv /build/pip \
    && /build/pip/bin/pip --python /opt/venv/bin/python3 install --no-cache-dir --require-hashes --only-binary=:all: \
        --requirement /build/requirements.lock \
        $(for extra in ${EXTRAS}; do echo "--requirement /build/requirements-$extra.lock"; done) \
    && find /opt/venv -type d -name __pycache__ -prune -exec rm -r {} +
COPY . /app
RUN /opt/venv/bin/python3 -m compileall -q -j 0 /opt/venv/lib /app

FROM ${BASE}
ARG BASE
ARG BASE_NAME=${BASE}
ARG BASE_DIGEST=
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="Animate" \
      org.opencontainers.image.description="A Discord bot that brings pictures to life on a GPU of your own" \
      org.opencontainers.image.licenses="MIT AND GPL-3.0-or-later" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE_NAME}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
# The number stands in docs/operating.md too: who binds a folder instead of a volume gives it to this user.
RUN groupadd --gid 10001 animate \
    && useradd --uid 10001 --gid animate --no-create-home --home-dir /data --shell /usr/sbin/nologin animate \
    && install -d -o animate -g animate -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    METRICS_PORT=9464
WORKDIR /app
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python3", "-S", "deploy/healthcheck.py"]
ENTRYPOINT ["python3", "bot.py"]
CMD ["run"]
