#!/usr/bin/env python3
"""Whether many people who edit the same challans at once lose anything.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/races.py --url 127.0.0.1:3000 -n 100000 --verify dc-tracker

`-c` connections edit `--rows` challans in five fields, each edit with a value of its own, by `PATCH` from the version that its
writer saw last, which is often an old one. Whoever is answered 409 takes the row that came with it and tries again. Then the
histories are read: every answer stands there once, under the version that was answered, with the value before it that its
writer had seen; versions are 1..n; rows are as their histories leave them; and nothing is there that nobody sent. The first
edit that is not so ends it with a message. `--verify` names the program, whose `verify` is run last with the settings of the
environment. Wants Python 3 and nothing else.
"""
import argparse
import collections
import datetime
import http.client
import json
import os
import random
import subprocess
import threading
import time

from live import Browser

FIELDS = ("remarks", "dc_summary", "received_by", "amount", "delivery_executives")
Edit = collections.namedtuple("Edit", "writer row field seen value version")


def value_of(field, writer, n):
    """A value that no other edit has, as the register writes it."""
    if field == "amount":
        return f"{writer * 1_000_000 + n}.00"
    text = f"{field} {writer} {n}"
    return [text] if field == "delivery_executives" else text


class Writer:
    """One connection and what it has seen of each row."""

    def __init__(self, number, host, headers, rows):
        self.number, self.host, self.headers = number, host, headers | {"Content-Type": "application/json"}
        self.seen = {row["id"]: row for row in rows}
        self.random, self.done, self.conflicts, self.busy = random.Random(number), [], 0, 0
        self.connection = http.client.HTTPConnection(host)

    def patch(self, row, body):
        self.connection.request("PATCH", f"/api/tracker/data/{row}/", json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def edit(self, n):
        """One edit of one field, until it is taken."""
        row, field = self.random.choice(list(self.seen)), self.random.choice(FIELDS)
        value = value_of(field, self.number, n)
        while True:
            known = self.seen[row]
            status, answer = self.patch(row, {"base_version": known["version"], field: value})
            if status == 200:
                self.done.append(Edit(self.number, row, field, known[field], value, answer["version"]))
                self.seen[row] = answer
                return
            if status == 409:
                if answer["conflicts"][0]["theirs"] != answer["current"][field]:
                    raise SystemExit(f"A conflict shows {answer['conflicts']} beside {answer['current']}.")
                self.conflicts += 1
                self.seen[row] = answer["current"]
            elif status == 503:  # Nothing was changed.
                self.busy += 1
                time.sleep(self.random.random() / 5)
            else:
                raise SystemExit(f"An edit was answered {status}: {answer}")

    def work(self, count):
        for n in range(count):
            self.edit(n)


def history(browser, row):
    """Every version of a row, the oldest first."""
    found, path = [], f"/api/tracker/data/{row}/history/?limit=200"
    while path:
        page = browser.call("GET", path)
        found += page["results"]
        path = page["next"]
    return found[::-1]


def check(browser, rows, edits):
    """Ends with a message at the first edit that was lost, doubled, overwritten unseen or never sent."""
    by_version = {(edit.row, edit.version): edit for edit in edits}
    if len(by_version) != len(edits):
        raise SystemExit("Two answers name one version of one row.")
    seqs = collections.defaultdict(list)
    for row in rows:
        past, stands = history(browser, row["id"]), {}
        if [entry["version"] for entry in past] != list(range(1, len(past) + 1)):
            raise SystemExit(f"The versions of {row['id']} are not 1 to {len(past)}.")
        for entry in past:
            for change in entry["changes"]:
                stands[change["field"]] = change["new"]
            if entry["version"] == 1:
                continue
            edit = by_version.pop((row["id"], entry["version"]), None)
            if edit is None:
                raise SystemExit(f"Version {entry['version']} of {row['id']} was answered to nobody: {entry}")
            change = {"field": edit.field, "old": edit.seen or None, "new": edit.value}
            if [c | {"old": c["old"] or None} for c in entry["changes"]] != [change]:
                raise SystemExit(f"{edit} stands otherwise: {entry}")
            seqs[edit.writer].append((entry["seq"], edit.version))
        present = browser.call("GET", f"/api/tracker/data/{row['id']}/")
        wrong = [field for field in FIELDS if (present[field] or None) != (stands.get(field) or None)]
        if wrong or present["version"] != len(past):
            raise SystemExit(f"{present} is not what its history comes to: {wrong}")
    if by_version:
        raise SystemExit(f"{len(by_version)} edits were answered and are lost, such as {next(iter(by_version.values()))}.")
    answered = collections.defaultdict(list)
    for edit in edits:
        answered[edit.writer].append(edit.version)
    for writer, versions in answered.items():
        if [version for _, version in sorted(seqs[writer])] != versions:
            raise SystemExit(f"The edits of writer {writer} stand in another order than they were answered.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("-n", type=int, default=100_000)
    parser.add_argument("-c", type=int, default=32)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--verify", metavar="PROGRAM")
    asked = parser.parse_args()
    browser = Browser(asked.url)
    own = {"customer": "Races", "date": datetime.date.today().isoformat(), "draft": True}
    rows = [browser.call("POST", "/api/tracker/data/", own) for _ in range(asked.rows)]
    writers = [Writer(number, asked.url, browser.headers(), rows) for number in range(asked.c)]
    failed = []

    def work(writer):
        try:
            writer.work(asked.n // asked.c)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failed:
        raise SystemExit(str(failed[0]))
    edits = [edit for writer in writers for edit in writer.done]
    conflicts, busy = (sum(getattr(writer, name) for writer in writers) for name in ("conflicts", "busy"))
    print(f"{len(edits)} edits of {asked.rows} challans over {asked.c} connections in {seconds:.0f} s, "
          f"{len(edits) / seconds:.0f} a second; {conflicts} conflicts, {busy} times told to come back")
    browser.connection.close()  # Kept unused for longer than the gateway allows.
    check(browser, rows, edits)
    print("0 lost: each stands once, under its version, upon the value its writer had seen; versions are 1 to n")
    if asked.verify:
        print(subprocess.run([asked.verify, "verify"], check=True, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
