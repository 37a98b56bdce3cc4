# Two stages: uv builds the environment from the lock; the image carries only Python and that environment.
# docs/operations.md, "In a container", says how it is run; .ci/container builds and runs it.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/syncd UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
WORKDIR /build
# The dependencies are a layer of their own, which a change of syncd leaves as it is.
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --locked --no-dev --no-install-project --extra mysql --no-cache
COPY README.md LICENSE hatch_build.py config.example.yaml ./
COPY systemd ./systemd
COPY deploy ./deploy
COPY docs ./docs
COPY syncd ./syncd
ARG REVISION=unknown
RUN SYNCD_REVISION="$REVISION" /opt/uv/bin/uv sync --locked --no-dev --no-editable --extra mysql --no-cache \
    # The tests of libraries, a twentieth of them, are run by nobody here.
    && find /opt/syncd/lib -type d -name tests -prune -exec rm -r {} +

FROM ${BASE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="syncd" \
      org.opencontainers.image.description="Carries conversions from a company database to Yandex.Metrica" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 syncd && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /var/lib/syncd --create-home \
    --shell /usr/sbin/nologin syncd
COPY --from=build /opt/syncd /opt/syncd
# The root may be read-only: this is the only place that is written to, and only where the state is SQLite.
VOLUME /var/lib/syncd
WORKDIR /var/lib/syncd
USER 10001:10001
ENV PATH=/opt/syncd/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 9188
STOPSIGNAL SIGTERM
# Needs `http.listen`. Red while rows do not move; at first the state store may be migrated and much be read.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["syncd", "health"]
ENTRYPOINT ["syncd"]
CMD ["run"]
