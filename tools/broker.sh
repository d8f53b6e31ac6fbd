# shellcheck shell=bash
# Brokers in the background: the embedded one, or Apache Kafka as a single KRaft node. One broker a folder, which holds
#   pid (with the process's start time, as pids come back), kind, bootstrap, log.txt and, of Apache Kafka, data/

command_broker() {
  local action=${1:-} kind=embedded port='' dir=$CACHE/broker
  shift || true
  while (($#)); do
    case $1 in
      --real) kind=real ;;
      --port) port=${2:-}; check_port "$port"; shift ;;
      --dir) [[ -n ${2:-} ]] || usage_error "--dir needs a folder"; dir=$(realpath -m -- "$2"); shift ;;
      *) usage_error "broker does not know '$1'" ;;
    esac
    shift
  done
  case $action in
    start)
      refuse_other_broker "$kind" "$dir" "$port"
      if [[ $kind == real ]]; then with_lock need_kafka; else build; fi
      broker_start "$kind" "$dir" "$port"
      say "$kind broker runs; ./wardpulse broker stop$(dir_flag "$dir") ends it, its log is $dir/log.txt"
      echo "bootstrap=$(<"$dir/bootstrap")"
      ;;
    stop)
      if broker_is_running "$dir"; then broker_stop "$dir"; say "broker stopped"; else say "no broker runs in $dir"; fi
      ;;
    status)
      broker_is_running "$dir" || { echo "no broker runs in $dir"; return 1; }
      echo "$(<"$dir/kind") broker, process $(broker_pid "$dir"), in $dir"
      echo "bootstrap=$(<"$dir/bootstrap")"
      ;;
    *) usage_error "broker start, stop or status?" ;;
  esac
}

dir_flag() { [[ $1 == "$CACHE/broker" ]] || echo " --dir $1"; }

# The time a process started, in clock ticks since boot; fails when there is none, or only its remains.
start_time_of() {
  local stat
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

broker_pid() {
  local pid started
  { read -r pid started <"$1/pid"; } 2>/dev/null && [[ $(start_time_of "$pid") == "$started" ]] && echo "$pid"
}

broker_is_running() { broker_pid "$1" >/dev/null; }

# Ends the script when another broker has the folder, or somebody else the port.
refuse_other_broker() {
  local kind=$1 dir=$2 port=$3
  if broker_is_running "$dir"; then
    [[ $(<"$dir/kind") == "$kind" && (-z $port || $(<"$dir/bootstrap") == *:"$port") ]] ||
      die "another broker ($(<"$dir/kind"), $(<"$dir/bootstrap")) runs in $dir: stop it first, or give another --dir"
  elif [[ -n $port ]]; then
    refuse_taken_port "$port"
  fi
}

# broker_start KIND DIR PORT-OR-NOTHING
broker_start() {
  local kind=$1 dir=$2 port=$3
  mkdir -p "$dir" || die "cannot make the broker's folder $dir"
  refuse_other_broker "$kind" "$dir" "$port"
  if broker_is_running "$dir"; then return; fi
  # A port that was free may be gone when the broker binds it: its own, if it may choose, or its controller's.
  for _ in 1 2 3; do
    launch_broker "$kind" "$dir" "${port:-$(free_port)}" && return
    grep -qiE 'address already in use|bind' "$dir/log.txt" || break
  done
  broker_failed "$dir"
}

broker_failed() {
  tail -n 8 "$1/log.txt" >&2
  die "the broker did not start: its last words are above, all of them in $1/log.txt"
}

# Starts the broker and waits until it answers; on failure nothing is left running.
launch_broker() {
  local kind=$1 dir=$2 port=$3
  local -a command
  : >"$dir/log.txt"
  if [[ $kind == real ]]; then
    prepare_kafka "$dir" "$port" "$(free_port "$port")" || return 1
    command=("${KAFKA_JAVA[@]}" kafka.Kafka "$dir/server.properties")
  else
    command=("$BIN/wardpulse-broker" --port "$port" --partitions 8)
  fi
  setsid "${BROKER_GUARD[@]}" "${command[@]}" >>"$dir/log.txt" 2>&1 </dev/null &
  local pid=$!
  echo "$pid $(start_time_of "$pid")" >"$dir/pid"
  echo "$kind" >"$dir/kind"
  echo "127.0.0.1:$port" >"$dir/bootstrap"
  if wait_for 60 broker_settled "$dir" && broker_ready "$dir"; then return; fi
  broker_stop "$dir"
  return 1
}

# What has to stand before a broker's command line; the demo's brokers die with the demo.
BROKER_GUARD=()

broker_settled() { broker_ready "$1" || ! broker_is_running "$1"; }

# A broker that takes connections may still be making its topics; both kinds say when they have started.
broker_ready() {
  grep -qE '^bootstrap=|Kafka Server started' "$1/log.txt" && broker_is_running "$1" && kafka_answers "$(<"$1/bootstrap")"
}

broker_stop() {
  local pid
  if pid=$(broker_pid "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_for 20 broker_is_gone "$1" || kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 broker_is_gone "$1" || true
  fi
  rm -f "$1/pid" "$1/bootstrap" "$1/kind"
}

broker_is_gone() { ! broker_is_running "$1"; }

KAFKA_JAVA=(java -Xms128m -Xmx512m -XX:-UsePerfData
  "-Dlog4j2.configurationFile=$ROOT/tests/support/kafka/log4j2.properties" -cp "$CACHE/kafka/libs/*")

# Writes the settings of one node that is broker and controller, and formats its storage the first time.
prepare_kafka() {
  local dir=$1 port=$2 controller_port=$3
  cat >"$dir/server.properties" <<TEXT
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=8
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.initial.task.delay.ms=1000
log.cleaner.backoff.ms=1000
log.cleaner.io.max.bytes.per.second=50000000
log.retention.check.interval.ms=2000
TEXT
  [[ -e $dir/data/meta.properties ]] && return
  local cluster_id
  cluster_id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  "${KAFKA_JAVA[@]}" kafka.tools.StorageTool format -t "$cluster_id" -c "$dir/server.properties" >>"$dir/log.txt" 2>&1
}
