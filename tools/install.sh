# shellcheck shell=bash
# What Wardpulse needs from outside, why, and how it comes here. No installed package starts a service.

packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config ccache ca-certificates tzdata python3 \
        librdkafka-dev libsimdjson-dev prometheus-cpp-dev libabsl-dev libmimalloc-dev libtomlplusplus-dev \
        libfmt-dev libexpected-dev libxxhash-dev libzstd-dev libssl-dev libgtest-dev libbenchmark-dev
      # Boost.Beast is needed as of 1.81, which is not every release's default.
      have_boost || first_available libboost1.81-dev libboost1.83-dev
      ;;
    package) echo dpkg-dev file ;;
    node) have_node || echo nodejs npm ;;
    schemathesis) echo python3-venv ;;
    browser) echo chromium fonts-dejavu-core kcat ;;
    engine) echo docker.io docker-compose debootstrap iptables ;;
    kafka)
      command -v java >/dev/null || echo default-jre-headless
      command -v mvn >/dev/null || echo maven
      ;;
    peers)
      command -v javac >/dev/null || echo default-jdk-headless
      command -v mvn >/dev/null || echo maven
      ;;
    python_peer) echo python3-venv ;;
  esac
}

reason_for() {
  case $1 in
    build) echo "to compile and test Wardpulse" ;;
    package) echo "to make the Debian package" ;;
    node) echo "to build the dashboard" ;;
    schemathesis) echo "to test the HTTP interface and the WebSocket with tools that others wrote" ;;
    browser) echo "to test the dashboard in a browser and the records with kcat" ;;
    engine) echo "to run the container stack for real" ;;
    kafka) echo "to run Apache Kafka" ;;
    peers | python_peer) echo "to build what Wardpulse is compared with" ;;
  esac
}

have_boost() {
  local line
  line=$(grep -s '^#define BOOST_VERSION ' /usr/include/boost/version.hpp) && ((${line##* } >= 108100))
}

# Whatever node the machine has, when it is new enough: apt's npm conflicts with other node packages.
have_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null
}

has_candidate() { [[ $(apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]; }

# The first of the packages that this system has; the first of all when it has none, to be named in the complaint.
first_available() {
  local package
  for package in "$@"; do
    if has_candidate "$package"; then echo "$package"; return; fi
  done
  echo "$1"
}

missing_of() {
  local package state
  local -A installed=()
  while read -r package state; do
    [[ $state == installed ]] && installed[$package]=1
  done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
  for package in "$@"; do
    [[ -n ${installed[$package]:-} ]] || echo "$package"
  done
}

# need_packages GROUP: installs the group's packages that are missing.
need_packages() {
  [[ -n $(command -v apt-get) && -n $(command -v dpkg-query) ]] ||
    die "this system has no apt-get: use Debian 12 or newer, or the containers in compose/"
  local -a wanted missing
  read -r -a wanted <<<"$(packages_of "$1" | tr '\n' ' ')"
  ((${#wanted[@]})) || return 0
  mapfile -t missing < <(missing_of "${wanted[@]}")
  ((${#missing[@]})) || return 0
  say "missing $(reason_for "$1"): ${missing[*]}"
  become_root_for "${missing[@]}"
  refresh_lists_for "$1"
  # Freshly read lists may name another Boost.
  read -r -a wanted <<<"$(packages_of "$1" | tr '\n' ' ')"
  mapfile -t missing < <(missing_of "${wanted[@]}")
  install_packages "${missing[@]}"
}

# Sets AS_ROOT to what has to stand before a command to run it as root.
become_root_for() {
  AS_ROOT=()
  ((EUID == 0)) && return
  local by_hand="as root, run: apt-get install --no-install-recommends $*"
  command -v sudo >/dev/null || die "installing needs root and there is no sudo; $by_hand"
  if ! sudo -n true 2>/dev/null; then
    [[ -t 0 ]] || die "installing needs root and sudo wants a password, which nobody can type here; $by_hand"
    sudo -v || die "installing needs root and sudo refused; $by_hand"
  fi
  AS_ROOT=(sudo)
}

as_apt() {
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Reads apt's package lists anew when a package of the group is unknown, and refuses a system that does not have it.
refresh_lists_for() {
  local -a unknown
  mapfile -t unknown < <(unknown_of "$1")
  ((${#unknown[@]})) || return 0
  say "reading the package lists (apt-get update)"
  as_apt update >"$LOGS/apt-update.log" 2>&1 || true
  mapfile -t unknown < <(unknown_of "$1")
  ((${#unknown[@]})) || return 0
  if grep -qiE 'failed to fetch|could not (resolve|connect)|temporary failure' "$LOGS/apt-update.log"; then
    die "apt-get update could not reach the package mirrors: is there a network? ($LOGS/apt-update.log)"
  fi
  die "this system's package mirrors do not have ${unknown[*]}: use Debian 12 or newer, or the containers in compose/"
}

unknown_of() {
  local package
  for package in $(packages_of "$1"); do
    has_candidate "$package" || echo "$package"
  done
}

install_packages() {
  local log=$LOGS/apt-install.log size
  local -a command=(install --no-remove --no-install-recommends "$@")
  size=$("${AS_ROOT[@]}" apt-get --assume-no "${command[@]}" 2>/dev/null | sed -n 's/^Need to get \(.*\) of archives.*/ (\1 to fetch)/p') || true
  say "installing with apt-get$size; its words go to $log"
  as_apt "${command[@]}" >"$log" 2>&1 && return
  say "that failed; once more with fresh package lists"
  as_apt update >"$LOGS/apt-update.log" 2>&1 || true
  as_apt "${command[@]}" >"$log" 2>&1 && return
  tail -n 5 "$log" >&2
  if grep -qiE 'failed to fetch|could not (resolve|connect)|temporary failure' "$log"; then
    die "apt-get could not fetch the packages: is there a network? ($log)"
  fi
  die "apt-get could not install ${*}: its last words are above, all of them in $log"
}

# What only the long tier needs. The engine that the test starts is its own: the package's service stays off.
need_engine() {
  local policy=/usr/sbin/policy-rc.d made=no status=0
  local -a wanted
  read -r -a wanted <<<"$(packages_of engine)"
  [[ -n $(missing_of "${wanted[@]}") ]] || return 0
  become_root_for "${wanted[@]}"
  if [[ ! -e $policy ]]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' | "${AS_ROOT[@]}" install -m 0755 /dev/stdin "$policy"
  fi
  (need_packages engine) || status=$?
  if [[ $made == yes ]]; then "${AS_ROOT[@]}" rm -f "$policy"; fi
  if [[ -d /run/systemd/system ]]; then
    "${AS_ROOT[@]}" systemctl disable --quiet docker.service docker.socket containerd.service || true
  fi
  return "$status"
}

need_node() { need_packages node; }

# same_as_stamp FILE VALUE: was VALUE the one when the stamp was last written?
same_as_stamp() { [[ -e $1 && $(<"$1") == "$2" ]]; }

# install_modules FOLDER: npm's packages for a folder, exactly as its lock file says, when that changed.
install_modules() {
  local folder=$1 stamp=$1/node_modules/.wardpulse-stamp now
  now=$(cd "$folder" && { cat package.json package-lock.json; node --version; } | sha256sum)
  same_as_stamp "$stamp" "$now" && return
  say "fetching the npm packages of ${folder#"$ROOT"/}"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >"$LOGS/npm.log" 2>&1) ||
    { tail -n 5 "$LOGS/npm.log" >&2; die "npm could not fetch the packages of ${folder#"$ROOT"/}: is there a network? ($LOGS/npm.log)"; }
  echo "$now" >"$stamp"
}

build_dashboard() {
  local source=$ROOT/web/dashboard out=$BUILD/share/dashboard stamp=$BUILD/share/.dashboard-stamp now
  install_modules "$source"
  now=$(cd "$source" && find . -path ./node_modules -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  same_as_stamp "$stamp" "$now" && return
  say "building the dashboard"
  mkdir -p "$BUILD/share"
  node "$source/build.mjs" "$out" >"$LOGS/dashboard.log" 2>&1 ||
    { tail -n 10 "$LOGS/dashboard.log" >&2; die "the dashboard did not build: node's words are above"; }
  echo "$now" >"$stamp"
}

# Schemathesis in .cache, for one test. Without it that test says that it was skipped.
need_schemathesis() {
  local out=$CACHE/schemathesis log=$LOGS/schemathesis.log
  local -a wanted=(schemathesis==4.32.5 websockets==17.4)
  same_as_stamp "$out/stamp" "${wanted[*]}" && return
  need_packages schemathesis
  say "fetching ${wanted[*]} with pip"
  rm -rf "$out"
  if python3 -m venv "$out" >"$log" 2>&1 && "$out/bin/pip" install -q "${wanted[@]}" >>"$log" 2>&1 </dev/null; then
    echo "${wanted[*]}" >"$out/stamp"
  else
    rm -rf "$out"
    say "pip could not fetch schemathesis and websockets, so their tests are skipped ($log)"
  fi
}

# Prometheus and promtool, unpacked into .cache/: an installed package would start a service.
need_prometheus() {
  local out=$CACHE/prometheus log=$LOGS/prometheus.log
  [[ -x $out/usr/bin/promtool ]] && return
  has_candidate prometheus || { become_root_for prometheus; as_apt update >"$LOGS/apt-update.log" 2>&1 || true; }
  say "fetching Prometheus, to test what it shows (unpacked, not installed)"
  rm -rf "$out"
  mkdir -p "$out"
  (cd "$out" && apt-get download -q prometheus && dpkg-deb --extract prometheus_*.deb . && rm prometheus_*.deb) >"$log" 2>&1 </dev/null ||
    { tail -n 3 "$log" >&2; rm -rf "$out"; die "apt-get could not fetch prometheus: is there a network? ($log)"; }
}

# What only the browser tests need from npm.
need_test_modules() {
  if [[ -e $ROOT/tests/browser/package.json ]]; then install_modules "$ROOT/tests/browser"; fi
}

# Apache Kafka's jars in .cache/kafka/libs, and a Java to run them.
need_kafka() {
  local pom=$ROOT/tests/support/kafka/pom.xml libs=$CACHE/kafka/libs now
  command -v java >/dev/null || need_packages kafka
  now=$(sha256sum <"$pom")
  same_as_stamp "$CACHE/kafka/stamp" "$now" && return
  need_packages kafka
  say "fetching Apache Kafka with Maven (about 45 MB)"
  copy_jars "Apache Kafka" "$libs" -f "$pom"
  echo "$now" >"$CACHE/kafka/stamp"
}

# copy_jars NAME FOLDER OPTIONS-OF-MAVEN...: the jars that a pom asks for.
copy_jars() {
  local name=$1 libs=$2
  shift 2
  rm -rf "$libs"
  MAVEN_OPTS=-XX:-UsePerfData mvn -B -q -Dstyle.color=never -Dmaven.repo.local="$CACHE/m2" "$@" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs" >"$LOGS/maven.log" 2>&1 </dev/null ||
    { grep -m 3 ERROR "$LOGS/maven.log" >&2; die "Maven could not fetch $name: is there a network? ($LOGS/maven.log)"; }
}

# The jobs of tests/bench/peers, built in .cache/peers.
need_peers() {
  local source=$ROOT/tests/bench/peers out=$CACHE/peers now
  need_python_peer
  now=$(cat "$source/pom.xml" "$source"/*.java | sha256sum)
  same_as_stamp "$out/stamp" "$now" && return
  need_packages peers
  say "fetching Kafka Streams and Flink with Maven (about 200 MB)"
  rm -rf "$out/streams" "$out/flink"
  build_job streams StreamsJob
  build_job flink FlinkJob
  echo "$now" >"$out/stamp"
}

# What the peers in Python need, in .cache/peers/python.
need_python_peer() {
  local out=$CACHE/peers/python
  local -a libraries=(confluent-kafka==2.12.2 orjson==3.13.0)
  same_as_stamp "$out/stamp" "${libraries[*]}" && return
  need_packages python_peer
  say "fetching Python's Kafka client with pip"
  rm -rf "$out"
  if ! { python3 -m venv "$out" && "$out/bin/pip" install -q "${libraries[@]}"; } >"$LOGS/peers-python.log" 2>&1 </dev/null; then
    die "pip could not fetch ${libraries[*]}: is there a network? ($LOGS/peers-python.log)"
  fi
  echo "${libraries[*]}" >"$out/stamp"
}

# build_job PROFILE CLASS
build_job() {
  local source=$ROOT/tests/bench/peers out=$CACHE/peers/$1
  copy_jars "$2's libraries" "$out/libs" -f "$source/pom.xml" -P "$1"
  javac -nowarn -cp "$out/libs/*" -d "$out/classes" "$source/Peer.java" "$source/$2.java" >"$LOGS/javac.log" 2>&1 ||
    { tail -n 10 "$LOGS/javac.log" >&2; die "$2 did not compile: javac's words are above"; }
}
