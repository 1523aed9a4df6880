# Two browsers against the real program, on a database of its own; sourced by ../test, which sets run_dir.

program_pid=""

stop_program() {
  end_process "$program_pid" "dc-tracker serve" TERM 15
  program_pid=""
}

# Starts everything in one process on free ports and exports where browsers reach it and who may sign in.
start_program() {
  local tick log="$run_dir/dc-tracker.log" ready="$run_dir/dc-tracker.out"
  export SUPERADMIN_EMAIL=admin@4syz.com SUPERADMIN_PASSWORD=correct-horse-battery-9
  env -u DB_HOST -u KAFKA_BOOTSTRAP_SERVERS DATA_DIR="$run_dir/data" SITE_DIR=frontend/dist PUBLIC_URL=http://127.0.0.1 \
    GATEWAY_ADDR=127.0.0.1:0 ACCOUNTS_ADDR=127.0.0.1:0 TRACKER_ADDR=127.0.0.1:0 FANOUT_ADDR=127.0.0.1:0 \
    target/debug/dc-tracker serve </dev/null >"$ready" 2>"$log" &
  program_pid=$!
  for tick in $(seq 1 600); do
    if grep -q '^ready' "$ready"; then
      DC_URL="$(sed -n 's/^listening gateway //p' "$ready" | head -n 1)"
      export DC_URL
      return
    fi
    is_ours "$program_pid" "dc-tracker serve" || break
    sleep 0.05
  done
  tail -n 20 "$ready" "$log" >&2
  die "The program did not become ready (look $tick); its messages are above."
}

browser_suite() {
  start_program || return 1
  CHROMIUM="$(command -v chromium || command -v google-chrome)" node frontend/e2e/two-browsers.mjs || return 1
  stop_program
}
