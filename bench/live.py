#!/usr/bin/env python3
"""How long a change takes to reach a second person's stream, in milliseconds.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/live.py --url 127.0.0.1:3000 -n 300

Two sessions of one user on a running DC Tracker: one makes challans one after another, the other reads
`GET /api/stream/`. Each challan carries a token of its own in `remarks`. Wants Python 3 and nothing else.
"""
import argparse
import datetime
import http.client
import json
import os
import statistics
import threading
import time


class Browser:
    """A signed-in session over one kept connection."""

    def __init__(self, host, email=None, password=None):
        self.host, self.cookies = host, {}
        self.connection = http.client.HTTPConnection(host)
        self.call("GET", "/api/csrf/")
        who = {"username": email or os.environ["SUPERADMIN_EMAIL"],
               "password": password or os.environ["SUPERADMIN_PASSWORD"]}
        self.call("POST", "/api/session-login/", who)

    def headers(self):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "X-CSRFToken": self.cookies.get("csrftoken", "")}

    def call(self, method, path, body=None, **more):
        headers = self.headers() | more | ({"Content-Type": "application/json"} if body is not None else {})
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if answer.status >= 400:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {text[:300]!r}")
        return json.loads(text) if text else None

    def listen(self, seen):
        """Notes when each token came; to be run in a thread."""
        connection = http.client.HTTPConnection(self.host)
        connection.request("GET", "/api/stream/", headers=self.headers())
        stream = connection.getresponse()
        mark = b'"remarks":"token-'
        while line := stream.readline():
            if mark in line:
                seen[int(line.split(mark)[1].split(b'"')[0])] = time.perf_counter()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("-n", type=int, default=300)
    asked = parser.parse_args()
    writer, reader, seen = Browser(asked.url), Browser(asked.url), {}
    threading.Thread(target=reader.listen, args=(seen,), daemon=True).start()
    time.sleep(0.5)
    sent, answered = {}, {}
    today = datetime.date.today().isoformat()
    for i in range(asked.n):
        sent[i] = time.perf_counter()
        draft = {"customer": "Bench", "date": today, "draft": True, "remarks": f"token-{i}"}
        writer.call("POST", "/api/tracker/data/", draft)
        answered[i] = time.perf_counter()
        time.sleep(0.01)
    time.sleep(1)
    for name, since in (("sent", sent), ("answered", answered)):
        times = sorted((seen[i] - since[i]) * 1000 for i in seen)
        print(f"{len(times)} of {asked.n} events, since {name}: median {statistics.median(times):.1f} ms, "
              f"p99 {times[int(len(times) * 0.99)]:.1f} ms")


if __name__ == "__main__":
    main()
