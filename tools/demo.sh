# shellcheck shell=bash
# The demo: every process of the system on this machine, fed by the simulator. Readers start before the producer, because
# the embedded broker keeps only the newest few megabytes of a partition.

DEMO_DIR=''                 # logs, keys and broker files of this run
declare -A DEMO_PROCESS=()  # process id -> name
DEMO_ORDER=()               # process ids in the order of starting
DEMO_DIED=''                # process id of the one that ended by itself, if any
DEMO_TIMER=''               # process id of the clock that ends the demo, if any

command_demo() {
  local rate=3 seed=1 history=12h web_port='' ends_after='' kind=embedded
  while (($#)); do
    case $1 in
      --real) kind=real; shift; continue ;;
      --rate | --seed | --history | --port | --for) [[ -n ${2:-} ]] || usage_error "$1 needs a value" ;;
      *) usage_error "demo does not know '$1'" ;;
    esac
    case $1 in
      --rate) rate=$2 ;;
      --seed) seed=$2 ;;
      --history) history=$2 ;;
      --port) web_port=$2; check_port "$2" ;;
      --for) ends_after=$(seconds_of "$2") || usage_error "--for takes a time like 30s, 5m or 1h, not '$2'" ;;
    esac
    shift 2
  done
  [[ $rate =~ ^[1-9][0-9]*$ ]] || usage_error "--rate takes events a second, not '$rate'"
  [[ $seed =~ ^[0-9]+$ ]] || usage_error "--seed takes a whole number, not '$seed'"
  [[ $history =~ ^[0-9]+(s|m|h|d)$ ]] || usage_error "--history takes a time like 90m or 24h, not '$history'"
  if [[ -n $web_port ]]; then refuse_taken_port "$web_port"; fi
  build
  if [[ $kind == real ]]; then with_lock need_kafka; fi
  choose_web_port "$web_port"
  run_demo "$kind" "$rate" "$seed" "$history" "$ends_after"
}

seconds_of() {
  [[ $1 =~ ^([1-9][0-9]*)(s|m|h|)$ ]] || return 1
  case ${BASH_REMATCH[2]} in
    m) echo $((BASH_REMATCH[1] * 60)) ;;
    h) echo $((BASH_REMATCH[1] * 3600)) ;;
    *) echo "${BASH_REMATCH[1]}" ;;
  esac
}

# Sets WEB_PORT. A port that was asked for must be free; the usual one may be replaced.
choose_web_port() {
  WEB_PORT=${1:-8080}
  if [[ -n $1 ]]; then refuse_taken_port "$1"; fi
  if ! port_taken "$WEB_PORT"; then return; fi
  WEB_PORT=$(free_port)
  say "port 8080 is taken, so the dashboard is on $WEB_PORT"
}

run_demo() {
  local kind=$1 rate=$2 seed=$3 history=$4 ends_after=$5
  local started=$EPOCHREALTIME key link
  DEMO_DIR=$(mktemp -d "$CACHE/demo.XXXXXX")
  trap 'end_demo' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # Children are told to end when this script does, even when it is killed.
  BROKER_GUARD=(setpriv --pdeathsig TERM)

  broker_start "$kind" "$DEMO_DIR/broker" ''
  local broker pid
  broker=$(<"$DEMO_DIR/broker/bootstrap")
  pid=$(broker_pid "$DEMO_DIR/broker")
  DEMO_PROCESS[$pid]=broker
  DEMO_ORDER=("$pid")

  # The embedded broker answers a fetch that finds nothing only when its time is over, even if something comes meanwhile.
  local -a fetching=()
  if [[ $kind == embedded ]]; then fetching=(-X fetch.wait.max.ms=50); fi

  spawn consumer "$BIN/wardpulse-consumer" --brokers "$broker" --metrics-listen 127.0.0.1:0 "${fetching[@]}"
  key=$("$BIN/wardpulse-web" keys create --keys "$DEMO_DIR/keys" --scope read 2>"$DEMO_DIR/keys.log") ||
    { tail -n 3 "$DEMO_DIR/keys.log" >&2; die "the key for the dashboard could not be made"; }
  spawn web "$BIN/wardpulse-web" --brokers "$broker" --listen "127.0.0.1:$WEB_PORT" \
    --private-listen 127.0.0.1:0 --keys "$DEMO_DIR/keys" "${fetching[@]}"
  wait_for 20 demo_reached http_get "127.0.0.1:$WEB_PORT" / || die "the dashboard did not answer within 20 s"
  # Feeds as they are: some records twice, some late, and now and then a mistake for the page on data quality.
  spawn producer "$BIN/wardpulse-producer" simulate --brokers "$broker" --seed "$seed" --rate "$rate" --history "$history" \
    --duplicate-share 0.002 --out-of-order-share 0.02 --faults all=0.0002 --metrics-listen 127.0.0.1:0

  link="http://127.0.0.1:$WEB_PORT/#key=$key"
  if wait_for 30 demo_reached has_numbers "$key"; then
    say "first numbers after $(seconds_since "$started") s"
  else
    say "no numbers yet after 30 s, which is not as it should be"
  fi
  printf '\n  %s\n\n' "$link"
  say "Ctrl-C ends it${ends_after:+, or $ends_after s do}; until then the logs are in $DEMO_DIR"
  open_link "$link"
  watch_demo "$ends_after"
}

# spawn NAME COMMAND...: in a session of its own, so that Ctrl-C reaches only this script, which stops all in order.
spawn() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" >"$DEMO_DIR/$name.log" 2>&1 </dev/null &
  DEMO_PROCESS[$!]=$name
  DEMO_ORDER+=("$!")
}

# Runs a check quietly; ends the demo when one of its processes has died meanwhile.
demo_reached() {
  local pid
  for pid in "${DEMO_ORDER[@]}"; do
    if process_is_gone "$pid"; then process_died "$pid"; fi
  done
  "$@" >/dev/null
}

has_numbers() {
  local cells
  cells=$(http_get "127.0.0.1:$WEB_PORT" "/api/v1/cells?family=hospital&window=1h" "X-API-Key: $1") &&
    [[ $cells == *'"checkins":'* ]]
}

seconds_since() {
  local microseconds=$((${EPOCHREALTIME/./} - ${1/./}))
  printf '%d.%d' $((microseconds / 1000000)) $((microseconds % 1000000 / 100000))
}

open_link() {
  if [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]] && command -v xdg-open >/dev/null; then
    setsid xdg-open "$1" >/dev/null 2>&1 </dev/null & # some wait until the browser is closed
  fi
}

# Waits until the time is over or a process ends by itself, which none should.
watch_demo() {
  local ended
  if [[ -n $1 ]]; then
    sleep "$1" &
    DEMO_TIMER=$!
  fi
  wait -n -p ended "${DEMO_ORDER[@]}" ${DEMO_TIMER:+"$DEMO_TIMER"} 2>/dev/null || true
  [[ $ended == "$DEMO_TIMER" ]] || process_died "$ended"
}

process_died() {
  local log
  log=$(log_of "${DEMO_PROCESS[$1]}")
  tail -n 8 "$log" >&2
  keep_logs
  DEMO_DIED=$1
  die "the ${DEMO_PROCESS[$1]} ended by itself: its last words are above, all logs are in $CACHE/demo-failed"
}

log_of() { if [[ $1 == broker ]]; then echo "$DEMO_DIR/broker/log.txt"; else echo "$DEMO_DIR/$1.log"; fi; }

keep_logs() {
  rm -rf "$CACHE/demo-failed"
  mkdir -p "$CACHE/demo-failed"
  cp "$DEMO_DIR"/*.log "$DEMO_DIR/broker/log.txt" "$CACHE/demo-failed/" 2>/dev/null || true
}

# Stops the processes against the order of the data, so that each still finds what it reads, and removes every trace.
end_demo() {
  local code=$? pid
  trap '' INT TERM HUP
  trap - EXIT
  if [[ -n $DEMO_TIMER ]]; then kill "$DEMO_TIMER" 2>/dev/null || true; fi
  # The broker, which was first, is the last.
  local -a readers=("${DEMO_ORDER[@]:1}")
  for pid in "${readers[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${readers[@]}"; do [[ $pid == "$DEMO_DIED" ]] || see_off "$pid" || code=1; done
  broker_stop "$DEMO_DIR/broker"
  rm -rf "$DEMO_DIR"
  say "stopped; nothing is left behind"
  exit "$code"
}

# Waits for a process that was told to stop; one that does not, or not well, is reported.
see_off() {
  local status=0 name=${DEMO_PROCESS[$1]} how=''
  wait_for 10 process_is_gone "$1" || { kill -KILL "$1"; how="had to be killed"; }
  wait "$1" 2>/dev/null || status=$?
  ((status == 0)) && return 0 # spelt out: in a trap a bare return gives the code from before the trap
  keep_logs
  say "the $name ${how:-ended with code $status} when told to stop; all logs are in $CACHE/demo-failed"
  return 1
}

process_is_gone() { ! start_time_of "$1" >/dev/null; }
