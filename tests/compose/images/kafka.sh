#!/usr/bin/env bash
# Apache Kafka as its own image starts it: KAFKA_SOME_NAME=x in the environment is some.name=x in its settings.
set -euo pipefail
settings=/tmp/server.properties
env | while IFS='=' read -r name value; do
  case $name in
    KAFKA_OPTS | KAFKA_HEAP_OPTS) ;;
    KAFKA_*) name=${name#KAFKA_}; name=${name,,}; echo "${name//_/.}=$value" ;;
  esac
done >"$settings"
read -r -a options <<<"${KAFKA_HEAP_OPTS:-} ${KAFKA_OPTS:-} -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties"
java=(java "${options[@]}" -cp "/opt/kafka/libs/*")
if [[ ! -e /var/lib/kafka/data/meta.properties ]]; then
  "${java[@]}" kafka.tools.StorageTool format -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')" -c "$settings"
fi
exec "${java[@]}" kafka.Kafka "$settings"
