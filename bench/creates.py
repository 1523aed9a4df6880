#!/usr/bin/env python3
"""How many challans a second are made one a request, and whether their numbers are 1..n.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/creates.py --url 127.0.0.1:3000 -c 32 -d 10

Signs in at `--url`, lets `wrk` send creates over `-c` connections for `-d` seconds (to `--to`, such as the tracker itself,
where that is another address), and then reads every challan of the day back: one error, one gap or one number given twice
ends it with a message. `--update` changes one row over and over instead. Wants `wrk` and Python 3.
"""
import argparse
import datetime
import os
import re
import subprocess
import tempfile

from live import Browser

LUA = """
wrk.method = "%(method)s"
wrk.headers["Cookie"] = "%(cookie)s"
wrk.headers["X-CSRFToken"] = "%(token)s"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["If-Match"] = "*"
local n, salt = 0, "%(salt)s"
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format(%(body)s))
end
"""
CREATE = """'{"customer":"Customer %%d","date":"%s","dc_summary":"%%d x steel pipe 40 mm","amount":"%%d.50",""" \
         """"delivery_executives":["Ravi"],"remarks":"%%s %%d"}', n %% 200, n %% 50 + 1, n %% 9000 + 100, salt, n"""
UPDATE = """'{"remarks":"%s %d"}', salt, n"""


def numbers(browser, day):
    """Every challan's number of that day."""
    browser.connection.close()  # Kept unused for longer than the gateway allows.
    found, cursor = [], ""
    while True:
        page = browser.call("GET", f"/api/tracker/data/?q=date:{day}&limit=200{cursor}")
        found += [row["challan_number"] for row in page["results"]]
        if not page.get("next"):
            return found
        cursor = "&cursor=" + page["next"].split("cursor=")[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("--to", help="where the writes go, if not to --url")
    parser.add_argument("-c", type=int, default=32)
    parser.add_argument("-d", type=int, default=10)
    parser.add_argument("--update", action="store_true")
    asked = parser.parse_args()
    browser, day = Browser(asked.url), datetime.date.today().isoformat()
    method, path, body = "POST", "/api/tracker/data/", CREATE % day
    if asked.update:
        row = browser.call("POST", path, {"customer": "Bench", "date": day, "draft": True})
        method, path, body = "PATCH", f"{path}{row['id']}/", UPDATE
    headers = browser.headers()
    script = LUA % {"method": method, "cookie": headers["Cookie"], "token": headers["X-CSRFToken"], "body": body,
                    "salt": os.urandom(4).hex()}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{asked.c}", f"-d{asked.d}", "--latency", "-s", file.name]
        said = subprocess.run([*command, f"http://{asked.to or asked.url}{path}"], check=True, capture_output=True,
                              text=True).stdout
    print("\n".join(line.strip() for line in said.splitlines() if re.search(r"50%|99%|/sec:|requests in|rrors|2xx", line)))
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit("Some writes were not answered with success.")
    if not asked.update:
        found = sorted(numbers(browser, day))
        series = [int(number[4:]) for number in found]
        if series != list(range(1, len(series) + 1)):
            raise SystemExit(f"The numbers of {day} are not 1 to {len(series)}.")
        print(f"{len(found)} challans, numbered {found[0]} to {found[-1]} without a gap")


if __name__ == "__main__":
    main()
