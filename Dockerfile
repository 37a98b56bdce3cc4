# Two stages: uv builds the environment from the lock, the image carries only Python and that environment.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
RUN python3 -m pip install --no-cache-dir uv
WORKDIR /build
COPY pyproject.toml uv.lock README.md ./
COPY syncd ./syncd
ENV UV_PROJECT_ENVIRONMENT=/opt/syncd UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
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
