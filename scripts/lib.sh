# Shared by the scripts beside it; sourced, never run. Bash 4 or later, Linux.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Ends the script with one sentence that says what is wrong and what to do.
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether something answers at 127.0.0.1:$1.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints a port of 127.0.0.1 that nothing answers at. Taken from below the range that the kernel hands out to
# outgoing connections, so that none of those takes it before the server does.
free_port() {
  local port
  for _ in $(seq 1 200); do
    port=$((12000 + (RANDOM * 32768 + RANDOM) % 18000))
    answers "$port" || { echo "$port"; return; }
  done
  die "No free port was found on 127.0.0.1 after 200 tries; close some programs and try again."
}

# Whether port $1 is free, now or within 10 s: one that was just killed may still hold it for a moment.
falls_free() {
  for _ in $(seq 1 100); do
    answers "$1" || return 0
    sleep 0.1
  done
  return 1
}

# Whether process $1 runs. A zombie does not, unless threads of it do (Zl): those still hold its files and ports.
lives() { kill -0 "$1" 2>/dev/null && ps -p "$1" -o stat= | grep -qvE '^Z[^l]*$'; }

# Whether process $1 runs and its command line holds $2: a number alone may by now be another program's.
is_ours() { [ -n "$1" ] && lives "$1" && ps -ww -p "$1" -o args= | grep -F -- "$2" >/dev/null; }

# Ends process $1, whose command line holds $2, with signal $3, and waits until it is gone; after $4 seconds kills it.
end_process() {
  local pid="$1" mark="$2" signal="$3" seconds="$4"
  is_ours "$pid" "$mark" || return 0
  kill "-$signal" "$pid" 2>/dev/null || true
  # From here on without the mark: a process that is ending has no command line any more.
  for _ in $(seq 1 $((seconds * 20))); do
    lives "$pid" || return 0
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null || true
  while lives "$pid"; do sleep 0.05; done
  printf 'Process %s did not end within %s s and was killed.\n' "$pid" "$seconds" >&2
}

# Installs Debian packages. Elsewhere it says what is needed.
apt_install() {
  local as_root=()
  if ! have apt-get; then
    die "Needed and not found: $*. Install them with this system's package manager and try again."
  fi
  if [ "$(id -u)" != 0 ]; then
    have sudo || die "Needed and not found: $*. Install them as root (apt-get install $*) and try again."
    as_root=(sudo)
  fi
  printf 'Installing %s\n' "$*" >&2
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -q >/dev/null || die "The list of packages could not be fetched; check the network and try again."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null \
      || die "apt-get could not install $*; see its message above."
  fi
}
