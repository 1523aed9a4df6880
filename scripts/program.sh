# Starts and stops the built program for tests and generators, on a new database of its own; sourced, never run. Wants
# run_dir, a folder that may be written.

program_pid=""

stop_program() {
  # Without a mark: a child that nobody else has ended keeps its number.
  [ -z "$program_pid" ] || end_process "$program_pid" "" TERM 15
  program_pid=""
}

# Everything in one process on free ports, embedded storage, no broker. Exports DC_URL, where browsers reach it, and who
# may sign in.
start_program() {
  local log="$run_dir/dc-tracker.log"
  program_out="$run_dir/dc-tracker.out"
  rm -rf "$run_dir/data"
  export SUPERADMIN_EMAIL=admin@4syz.com SUPERADMIN_PASSWORD=correct-horse-battery-9
  env -u DB_HOST -u KAFKA_BOOTSTRAP_SERVERS -u ACCOUNTS_URL -u TRACKER_URL -u FANOUT_URL \
    DATA_DIR="$run_dir/data" SITE_DIR=frontend/dist \
    GATEWAY_ADDR=127.0.0.1:0 ACCOUNTS_ADDR=127.0.0.1:0 TRACKER_ADDR=127.0.0.1:0 FANOUT_ADDR=127.0.0.1:0 \
    target/debug/dc-tracker serve </dev/null >"$program_out" 2>"$log" &
  program_pid=$!
  for _ in $(seq 1 600); do
    if grep -q '^ready' "$program_out"; then
      DC_URL="$(address_of gateway)"
      export DC_URL
      return
    fi
    lives "$program_pid" || break
    sleep 0.05
  done
  tail -n 20 "$program_out" "$log" >&2
  die "The program did not become ready; its messages are above."
}

# Where the started program's service $1 listens.
address_of() { sed -n "s/^listening $1 //p" "$program_out" | head -n 1; }
