#!/usr/bin/env bash
# docker-compose accepts compose/compose.yaml, where it is installed (it is not installed for this alone).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../compose"

if ! command -v docker-compose >/dev/null; then
  echo "SKIPPED: docker-compose"
  exit 0
fi
docker-compose --file compose.yaml --profile synthea config --quiet
docker-compose --file compose.yaml --file compose.redpanda.yaml config --quiet
docker-compose --file compose.yaml --file compose.secure.yaml config --quiet
# What must stay true whatever else changes: nothing is offered beyond this machine, and no container may gain rights.
rendered=$(docker-compose --file compose.yaml config)
published=$(grep -cE '^ +- (127\.0\.0\.1:)?[0-9]+:[0-9]+(/tcp)?$|published:' <<<"$rendered") || true
on_loopback=$(grep -cE '^ +- 127\.0\.0\.1:' <<<"$rendered") || true
[[ $published -gt 0 && $published == "$on_loopback" ]] || { echo "a port is published beyond 127.0.0.1"; exit 1; }
echo "compose.yaml is accepted; $on_loopback ports, all on 127.0.0.1"
