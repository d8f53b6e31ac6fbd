#!/usr/bin/env bash
# Makes what compose.secure.yaml needs, in secrets/ beside it: a certificate authority, the broker's certificate, and one
# user with a random password. Run it again to change all of them; then start the stack anew.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
command -v openssl >/dev/null || { echo "make-secrets.sh needs openssl" >&2; exit 1; }

umask 077
mkdir -p secrets
cd secrets
work=$(mktemp -d ./.work.XXXXXX)
trap 'rm -rf "$work"' EXIT

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

new_key "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -days 825 -subj "/CN=Wardpulse compose CA" -out "$work/ca.pem"
new_key "$work/kafka.key"
openssl req -new -key "$work/kafka.key" -subj "/CN=kafka" -out "$work/kafka.csr"
printf 'subjectAltName=DNS:kafka,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$work/extensions"
openssl x509 -req -in "$work/kafka.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 397 \
  -extfile "$work/extensions" -out "$work/kafka.crt" 2>/dev/null
password=$(openssl rand -hex 24)

rm -f kafka.pem ca.pem kafka.jaas client.toml
cat "$work/kafka.key" "$work/kafka.crt" "$work/ca.pem" >kafka.pem
cat "$work/ca.pem" >ca.pem
cat >kafka.jaas <<TEXT
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="wardpulse" password="$password" user_wardpulse="$password";
};
TEXT
cat >client.toml <<TEXT
[librdkafka]
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "PLAIN"
"sasl.username" = "wardpulse"
"sasl.password" = "$password"
"ssl.ca.location" = "/run/secrets/ca.pem"
TEXT
# The folder is closed to others; within a container a secret is read by the user that runs there.
chmod 0444 kafka.pem ca.pem kafka.jaas client.toml
echo "made: $PWD"
