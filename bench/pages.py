#!/usr/bin/env python3
"""How many pages of 100 challans a second are read over 8 connections, and how long one takes.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/pages.py --url 127.0.0.1:3000 --to 127.0.0.1:8001 -d 5 '' projector chair
    … python3 bench/pages.py --another …      # every page another one, so that none is kept

Signs in at `--url` and lets `wrk` read the first page of each filter for `-d` seconds at `--to`, such as the tracker itself. The
words are of the generator's rows. Wants `wrk` and Python 3.
"""
import argparse
import os
import re
import subprocess
import tempfile
import urllib.parse

from live import Browser

DATA = "/api/tracker/data/?limit=100"
FIXED = """wrk.headers["Cookie"] = "%s"\n"""
# 1,008 days, then the same with another number of rows.
ANOTHER = FIXED + """
local n = 0
function request()
  n = n + 1
  local day, month, year = n %% 28 + 1, math.floor(n / 28) %% 12 + 1, 2024 + math.floor(n / 336) %% 3
  local path = string.format("/api/tracker/data/?limit=%%d&q=date:..%%d-%%02d-%%02d", 100 - math.floor(n / 1008) %% 40, year, month, day)
  return wrk.format("GET", path)
end
"""


def measured(host, seconds, path, script):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", "-c8", f"-d{seconds}", "--latency", "-s", file.name, f"http://{host}{path}"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"Some pages of {path} were not answered with success.")
    return ", ".join(re.sub(r" +", " ", line.strip()) for line in said.splitlines() if re.search(r"  99%|/sec:.*\d$", line))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("--to", help="where the pages are read, if not at --url")
    parser.add_argument("-d", type=int, default=5)
    parser.add_argument("--another", action="store_true")
    parser.add_argument("q", nargs="*")
    asked = parser.parse_args()
    cookie, host = Browser(asked.url).headers()["Cookie"], asked.to or asked.url
    for q in asked.q:
        path = f"{DATA}&q={urllib.parse.quote(q)}"
        print(f"{q or 'all rows':40} {measured(host, asked.d, path, FIXED % cookie)}", flush=True)
    if asked.another:
        print(f"{'every page another':40} {measured(host, asked.d, DATA, ANOTHER % cookie)}", flush=True)


if __name__ == "__main__":
    main()
