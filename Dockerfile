# Two stages: uv builds the environment from the lock; the image carries only Python and that environment.
# Run it with the configuration at /etc/syncd/config.yaml, /var/lib/syncd on a volume when the state is SQLite, and
# `http.listen: 0.0.0.0:9188` in the configuration, since 127.0.0.1 is the container's own.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
RUN python3 -m pip install --no-cache-dir uv
ENV UV_PROJECT_ENVIRONMENT=/opt/syncd UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /build
# The dependencies are a layer of their own, which a change of syncd leaves as it is.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project --extra mysql
COPY README.md LICENSE ./
COPY syncd ./syncd
RUN uv sync --locked --no-dev --no-editable --extra mysql

FROM ${BASE}
COPY --from=build /opt/syncd /opt/syncd
RUN useradd --system --uid 10001 --home-dir /var/lib/syncd --create-home syncd
USER 10001
WORKDIR /var/lib/syncd
VOLUME /var/lib/syncd
ENV PATH=/opt/syncd/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 9188
ENTRYPOINT ["syncd"]
CMD ["run", "-c", "/etc/syncd/config.yaml"]
