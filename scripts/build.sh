# Builds the site and the release program where their sources are newer than what was built; sourced by ../run.
# cargo and npm are not even asked when nothing changed: each takes longer than the program's whole start.

program=target/release/dc-tracker

# Whether version $1 is $2 or later.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Whether anything under the paths $2… is newer than the stamp $1. Folders count too: removing a file changes only those.
changed_since() {
  local stamp="$1"
  shift
  [ ! -e "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" -print -quit 2>/dev/null)" ]
}

# Marks as built what the sources were at the time $2, when the build began: an edit made meanwhile is newer.
stamp() { touch -d "@$2" "$1"; }

writable() {
  mkdir -p "$1" 2>/dev/null && ( : >"$1/.writable" ) 2>/dev/null && rm -f "$1/.writable" \
    || die "The folder $root/$1 cannot be written and DC Tracker is not built yet; copy the checkout to a folder that can be written and start ./run there."
}

need_node() {
  have node && have npm || die "Node.js with npm is needed to build the site and was not found; install Node.js 20.19 or later (https://nodejs.org) and try again."
  at_least "$(node --version | tr -d v)" 20.19 || die "Node.js $(node --version) is too old; install 20.19 or later and try again."
}

need_rust() {
  # rustup puts cargo where a shell that was open at the time does not look yet.
  [ ! -d "$HOME/.cargo/bin" ] || PATH="$PATH:$HOME/.cargo/bin"
  have cargo || die "Rust is needed to build the program and was not found; install it (https://rustup.rs) and try again."
  local version
  version="$(cargo --version | cut -d ' ' -f 2)" || die "cargo is there but does not run; see its message above."
  at_least "$version" 1.95 || die "Rust $version is too old; run rustup update (1.95 or later is needed) and try again."
  local tool
  for tool in cc c++ make; do
    have "$tool" || die "A C compiler, a C++ compiler and make are needed to build the program, and $tool was not found; install them (on Debian and Ubuntu: sudo apt install build-essential) and try again."
  done
}

# Installs the site's packages when the lock file is another than at the last time.
install_site_packages() {
  cmp -s frontend/package-lock.json frontend/node_modules/.installed-from && return
  need_node
  writable frontend
  echo "Installing the site's packages"
  # ci and not install: it takes what the lock file says for every platform and never writes it.
  (cd frontend && npm ci --no-audit --no-fund --loglevel=error) \
    || die "npm could not install the site's packages; check the network and see its message above."
  cp frontend/package-lock.json frontend/node_modules/.installed-from
}

build_site() {
  local sources=(frontend/src frontend/docs frontend/public frontend/index.html frontend/package.json frontend/package-lock.json
    frontend/vite.config.ts frontend/tsconfig.json) began
  if [ -e frontend/dist/index.html ] && ! changed_since target/.site-built "${sources[@]}"; then return 0; fi
  need_node
  install_site_packages
  writable frontend
  writable target
  began="$(date +%s.%N)"
  echo "Building the site"
  (cd frontend && npm run --silent build) || die "The site could not be built; see the message above."
  stamp target/.site-built "$began"
}

build_program() {
  local began
  if [ -x "$program" ] && ! changed_since target/release/.dc-tracker-built Cargo.toml Cargo.lock crates services proto-contracts; then
    return 0
  fi
  need_rust
  writable target
  began="$(date +%s.%N)"
  echo "Building the program (the first time takes some minutes)"
  cargo build --release --locked -p dc-tracker || die "The program could not be built; see the message above."
  stamp target/release/.dc-tracker-built "$began"
}
