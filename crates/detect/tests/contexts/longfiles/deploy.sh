#!/usr/bin/env bash
# Builds the image, pushes it, and rolls the staging host over to it.
set -euo pipefail

cd "$(dirname "$0")/.."

IMAGE=registry.example.com/team/portal
HOST=${HOST:-staging.example.com}
SSH_USER=${SSH_USER:-deploy}
TAG=$(git rev-parse --short HEAD)
STARTED=$(date +%s)

log() {
  printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"
}

die() {
  log "error: $*" >&2
  exit 1
}

usage() {
  cat <<'USAGE'
usage: deploy.sh [build|push|roll|all]

  build   build the image
  push    push it to the registry
  roll    restart the service on the host
  all     do all three
USAGE
}

need() {
  command -v "$1" >/dev/null 2>&1 || die "$1 is not installed"
}

need docker
need git
need ssh

export DOCKER_BUILDKIT=1
export COMPOSE_PROJECT_NAME=portal
export AWS_PROFILE=${AWS_PROFILE:-staging}
export SENTRY_AUTH_TOKEN=${SENTRY_AUTH_TOKEN:-}

@@CONTEXT@@

build() {
  log "building $IMAGE:$TAG"
  docker build \
    --pull \
    --label "org.opencontainers.image.revision=$TAG" \
    --tag "$IMAGE:$TAG" \
    --tag "$IMAGE:latest" \
    .
}

push() {
  log "pushing $IMAGE:$TAG"
  docker push "$IMAGE:$TAG"
  docker push "$IMAGE:latest"
}

roll() {
  log "rolling $HOST to $TAG"
  ssh "$SSH_USER@$HOST" "cd /srv/portal && TAG=$TAG docker compose up -d --remove-orphans"
  for _ in $(seq 1 30); do
    if curl -fsS "https://$HOST/health" >/dev/null; then
      log "healthy"
      return 0
    fi
    sleep 2
  done
  die "not healthy after a minute"
}

case "${1:-all}" in
  build) build ;;
  push) push ;;
  roll) roll ;;
  all) build; push; roll ;;
  *) usage; exit 64 ;;
esac

log "done in $(( $(date +%s) - STARTED )) s"
