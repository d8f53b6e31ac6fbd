# shellcheck shell=bash
# Ports and sockets with bash alone: an empty machine has neither curl nor ss.

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

refuse_taken_port() {
  if port_taken "$1"; then die "port $1 is taken: choose another with --port, or leave it out"; fi
}

# free_port [BUT]: a port nobody listens on, other than BUT, below the range that outgoing connections use.
free_port() {
  local port tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + SRANDOM % 12000))  # RANDOM is sown anew in each subshell, and comes out alike
    [[ $port == "${1:-}" ]] || port_taken "$port" || { echo "$port"; return; }
  done
  die "found no free port between 20000 and 32000"
}

check_port() {
  [[ $1 =~ ^[1-9][0-9]{0,4}$ ]] || usage_error "'$1' is not a port (1..65535)"
  (($1 <= 65535)) || usage_error "'$1' is not a port (1..65535)"
}

# Does HOST:PORT speak Kafka? Sends ApiVersions version 0 and waits for the head of an answer with the same correlation id.
kafka_answers() {
  local answer
  # shellcheck disable=SC2016 # the inner shell expands
  answer=$(timeout 3 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "\0\0\0\012\0\022\0\0\0\0\0\052\377\377" >&3
    head -c 8 <&3 | od -An -tu1' _ "${1%:*}" "${1##*:}" 2>/dev/null) || return 1
  [[ $answer == *" 0   0   0  42" ]]
}

# http_get HOST:PORT PATH [HEADER]: prints the answer's body; fails unless the status is 200.
http_get() {
  local status line
  {
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}" || return 1
  } 2>/dev/null
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n' "$2" "$1" "${3:+$3$'\r\n'}" >&3 2>/dev/null || return 1
  IFS=' ' read -r -t 5 _ status _ <&3 || return 1
  while IFS= read -r -t 5 line <&3 && [[ $line != $'\r' ]]; do :; done
  timeout 5 cat <&3
  exec 3>&-
  [[ $status == 200 ]]
}

# wait_for SECONDS COMMAND...: true as soon as the command is, false when the time is over.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
