# Every Python service from one file: docker build --build-arg SERVICE=chat-service .
# SERVICE is registration-api, email-worker, message-service, chat-service, rtc-service, call-check for `helm test`, or
# operator, a distribution of its own.
# The same inputs give the same layers. `--target dev` is every service at once, for live sync (docs/kubernetes.md).
ARG SERVICE
# One time for all files; which one it is means nothing to anybody.
ARG SOURCE_DATE_EPOCH=315532800

FROM python:3.13-slim AS tools
WORKDIR /build
RUN apt-get update -qq && apt-get install -qqy --no-install-recommends binutils >/dev/null && rm -rf /var/lib/apt/lists/*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1

# The lock says which bytes are installed; ready-made packages only, so that nothing is compiled anywhere.
FROM tools AS engines
COPY requirements/engines.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --no-compile --only-binary :all: --require-hashes --target /packages -r engines.txt

FROM tools AS check
COPY requirements/check.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --no-compile --only-binary :all: --require-hashes --target /packages -r check.txt

FROM tools AS operator
COPY requirements/operator.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --no-compile --only-binary :all: --require-hashes --target /packages -r operator.txt

# The browser client, which registration-api alone serves.
FROM node:22-slim AS client
WORKDIR /build
COPY apps/chat-web/package.json apps/chat-web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --silent --no-audit --no-fund
COPY apps/chat-web ./
RUN npm run --silent build

FROM tools AS sources
ARG SOURCE_DATE_EPOCH
COPY k8s/images/gather.py ./
COPY LICENSE /release/opt/parley/
COPY apps/parley /release/opt/parley/apps/parley
RUN python gather.py sources /release/opt/parley/apps

FROM sources AS sources-and-client
COPY --from=client /build/dist /release/opt/parley/apps/chat-web/dist
RUN python gather.py sources /release/opt/parley/apps

FROM tools AS sources-of-operator
ARG SOURCE_DATE_EPOCH
COPY k8s/images/gather.py ./
COPY LICENSE /release/opt/parley/
COPY operator/parley_operator /release/opt/parley/apps/parley_operator
RUN python gather.py sources /release/opt/parley/apps

FROM engines AS packages-of-registration-api
FROM engines AS packages-of-email-worker
FROM engines AS packages-of-message-service
FROM engines AS packages-of-chat-service
FROM engines AS packages-of-rtc-service
FROM check AS packages-of-call-check
FROM operator AS packages-of-operator
COPY operator/pyproject.toml operator/
FROM tools AS packages-of-
RUN echo "Say which service: docker build --build-arg SERVICE=chat-service ." >&2; exit 1

FROM packages-of-${SERVICE} AS packages
ARG SERVICE
ARG SOURCE_DATE_EPOCH
COPY pyproject.toml k8s/images/gather.py ./
RUN python gather.py packages "$SERVICE" /packages /release/opt/parley/lib

# Live sync: live.py copies the sources to where the container's user may write, and starts the service anew after a change.
FROM engines AS dev
WORKDIR /opt/parley
RUN python -m compileall -qq /packages
COPY k8s/images/live.py ./
COPY --from=client --chown=10001:10001 /build/dist apps/chat-web/dist
COPY --chown=10001:10001 apps/parley apps/parley
ENV PYTHONPATH=/opt/parley/apps:/packages PYTHONDONTWRITEBYTECODE= PYTHONUNBUFFERED=1 HOME=/tmp USER=parley
USER 10001:10001
ENTRYPOINT ["python", "/opt/parley/live.py"]
CMD ["--help"]

FROM python:3.13-slim AS image
# A number has no name, and aiomysql wants one as it is imported.
COPY --from=packages /release /
ENV PYTHONPATH=/opt/parley/apps:/opt/parley/lib PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp USER=parley
USER 10001:10001
ENTRYPOINT ["python", "-m", "parley"]

FROM image AS image-with-sources
COPY --from=sources /release /

FROM image AS image-of-registration-api
COPY --from=sources-and-client /release /
CMD ["registration-api"]
FROM image-with-sources AS image-of-email-worker
CMD ["email-worker"]
FROM image-with-sources AS image-of-message-service
CMD ["message-service"]
FROM image-with-sources AS image-of-chat-service
CMD ["chat-service"]
FROM image-with-sources AS image-of-rtc-service
CMD ["rtc-service"]
FROM image-with-sources AS image-of-call-check
CMD ["call-check"]
FROM image AS image-of-operator
COPY --from=sources-of-operator /release /
ENTRYPOINT ["python", "-m", "parley_operator"]
CMD ["operate"]
FROM packages AS image-of-

FROM image-of-${SERVICE} AS release
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="parley/$SERVICE" \
      org.opencontainers.image.description="Sign-in by e-mailed code, real-time chat and video calls" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
