#!/usr/bin/env python3
"""What a sign-in tells a stranger by its time, and what a flood of them does to others.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/sign_in.py --url 127.0.0.1:3000 -n 200

Start the program with SIGN_IN_TRIES, SIGN_IN_TRIES_ADDRESS and SIGN_IN_TRIES_ACCOUNT at 100000, or most tries are refused
before their password is hashed. First `-n` refused sign-ins of each kind, in turn, one at a time: the medians should be
within 5 % of each other. Then `--rate` a second for `--seconds`, while one person reads pages of the list: that p99 should
stay under twice its value before. Wants Python 3 and nothing else.
"""
import argparse
import collections
import http.client
import json
import multiprocessing
import os
import statistics
import threading
import time
import uuid

from live import Browser


class Stranger:
    """A browser without a session, over one connection."""

    def __init__(self, host):
        self.connection = http.client.HTTPConnection(host)
        self.connection.request("GET", "/api/csrf/")
        answer = self.connection.getresponse()
        answer.read()
        self.cookies = "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or [])
        self.token = self.cookies.split("csrftoken=")[1].split(";")[0]

    def sign_in(self, email):
        """The status and the body, and the milliseconds it took."""
        body = json.dumps({"username": email, "password": "Not-The-Password-77"})
        headers = {"Content-Type": "application/json", "Cookie": self.cookies, "X-CSRFToken": self.token}
        began = time.perf_counter()
        self.connection.request("POST", "/api/session-login/", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, text, (time.perf_counter() - began) * 1000


def kinds(boss):
    """An address of each kind that is refused."""
    own = os.environ["SUPERADMIN_EMAIL"]
    salt, domain = uuid.uuid4().hex[:8], own.split("@")[1]

    def person(name, **more):
        return boss.call("POST", "/api/users/", {"email": f"{name}-{salt}@{domain}", "first_name": name.title()} | more)

    invited = person("invited")
    gone = person("disabled", password="Grey-Otter-52-runs")
    boss.call("PATCH", f"/api/users/{gone['id']}/", {"is_active": False}, **{"If-Match": "*"})
    return {
        "unknown": f"nobody-{salt}@{domain}",
        "wrong password": own,
        "disabled": gone["email"],
        "invited, without a password": invited["email"],
        "of a foreign domain": f"nobody-{salt}@elsewhere.example",
    }


def compare(host, people, n):
    stranger, times, answers = Stranger(host), collections.defaultdict(list), collections.defaultdict(set)
    for _ in range(n):
        for kind, email in people.items():
            status, text, took = stranger.sign_in(email)
            body = json.loads(text)
            body.pop("request_id", None)
            times[kind].append(took)
            answers[kind].add((status, json.dumps(body, sort_keys=True)))
    medians = {kind: statistics.median(took) for kind, took in times.items()}
    for kind, median in medians.items():
        print(f"{kind}: median {median:.2f} ms, {len(answers[kind])} kind(s) of answer")
    print(f"the longest median is {(max(medians.values()) / min(medians.values()) - 1) * 100:.1f} % over the shortest, "
          f"{len(set().union(*answers.values()))} kind(s) of answer in all")


def flood(host, email, rate, seconds, statuses):
    """Sends sign-ins at their times whether or not those before are answered; puts how many had each status."""
    counted, lock, threads = collections.Counter(), threading.Lock(), []

    def one():
        status = Stranger(host).sign_in(email)[0]
        with lock:
            counted[status] += 1

    began = time.perf_counter()
    for i in range(int(rate * seconds)):
        time.sleep(max(0.0, began + i / rate - time.perf_counter()))
        threads.append(threading.Thread(target=one))
        threads[-1].start()
    for thread in threads:
        thread.join()
    statuses.put(dict(counted))


def reads(browser, seconds):
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        browser.call("GET", "/api/tracker/data/?limit=50")
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("-n", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    asked = parser.parse_args()
    boss = Browser(asked.url)
    people = kinds(boss)
    compare(asked.url, people, asked.n)
    reader, statuses = Browser(asked.url), multiprocessing.Queue()
    reads(reader, 2)
    quiet = reads(reader, asked.seconds)
    flooding = multiprocessing.Process(
        target=flood, args=(asked.url, people["unknown"], asked.rate, asked.seconds + 2, statuses))
    flooding.start()
    time.sleep(1)
    flooded = reads(reader, asked.seconds)
    counted = statuses.get()
    flooding.join()
    print(f"reads before: median {quiet[0]:.1f} ms, p99 {quiet[1]:.1f} ms; in the flood: {flooded[0]:.1f} and "
          f"{flooded[1]:.1f} ms, p99 {flooded[1] / quiet[1]:.2f} times; sign-ins by status {counted}")


if __name__ == "__main__":
    main()
