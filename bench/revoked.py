#!/usr/bin/env python3
"""How long a lost right is still of use: from the answer of a sign-out, a disabling and a smaller grant to the tracker's
refusal, and to the end of the person's open stream.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/revoked.py --url 127.0.0.1:3000 -n 60

Each time a new person signs in, reads, opens a stream, and loses the right. Start the program with SIGN_IN_TRIES_ADDRESS
raised for many tries. Wants Python 3 and nothing else.
"""
import argparse
import http.client
import os
import statistics
import threading
import time
import uuid

from live import Browser

PASSWORD = "Grey-Otter-52-runs"


def lose(boss, browser, person, how):
    path = f"/api/users/{person['id']}/"
    if how == "sign-out":
        browser.call("POST", "/api/session-logout/")
    elif how == "disabling":
        boss.call("PATCH", path, {"is_active": False}, **{"If-Match": "*"})
    else:
        boss.call("PUT", path + "grants/", {"grants": []}, **{"If-Match": "*"})


def refused(host, headers):
    """When the tracker first refuses a list."""
    connection = http.client.HTTPConnection(host)
    while True:
        connection.request("GET", "/api/tracker/data/?limit=1", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status in (401, 403):
            return time.perf_counter()
        time.sleep(0.002)


def stream(host, headers, opened, ended):
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/api/stream/", headers=headers)
    answer = connection.getresponse()
    answer.readline()
    opened.set()
    while answer.readline():
        pass
    ended.append(time.perf_counter())


def once(boss, host, domain, how):
    email = f"gone-{uuid.uuid4().hex[:12]}@{domain}"
    grants = [{"permission": "challan:read"}]
    person = boss.call("POST", "/api/users/",
                       {"email": email, "first_name": "Gone", "password": PASSWORD, "grants": grants})
    browser = Browser(host, email, PASSWORD)
    browser.call("GET", "/api/tracker/data/?limit=1")
    headers, opened, ended = browser.headers(), threading.Event(), []
    listening = threading.Thread(target=stream, args=(host, headers, opened, ended))
    listening.start()
    opened.wait()
    lose(boss, browser, person, how)
    began = time.perf_counter()
    at_tracker = refused(host, headers) - began
    listening.join(10)
    return at_tracker * 1000, (ended[0] - began) * 1000 if ended else float("inf")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("-n", type=int, default=60)
    asked = parser.parse_args()
    boss, domain = Browser(asked.url), os.environ["SUPERADMIN_EMAIL"].split("@")[1]
    for how in ("sign-out", "disabling", "smaller grant"):
        both = [once(boss, asked.url, domain, how) for _ in range(asked.n // 3)]
        for what, times in zip(("refused by the tracker", "the stream ended"), zip(*both)):
            times = sorted(times)
            print(f"{how}, {what}: median {statistics.median(times):.0f} ms, longest of {len(times)} {times[-1]:.0f} ms")


if __name__ == "__main__":
    main()
