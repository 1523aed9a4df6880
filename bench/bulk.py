#!/usr/bin/env python3
"""How long one bulk change of many challans takes, and what another person's writes feel of it.

    dc-tracker import --url http://127.0.0.1:3000 challans.ndjson
    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/bulk.py --url 127.0.0.1:3000 --q stage:issued..

Sets `remarks` of everything that `--q` finds (everything where it is left out), while a second session changes a challan of
its own every 20 ms. Then undoes the batch under the same writes. Wants Python 3 and nothing else.
"""
import argparse
import datetime
import os
import statistics
import threading
import time

from live import Browser


def write(browser, row, stop, times):
    while not stop.is_set():
        began = time.perf_counter()
        browser.call("PATCH", f"/api/tracker/data/{row['id']}/", {"remarks": str(began)}, **{"If-Match": "*"})
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)


def told(what, times):
    times = sorted(times)
    print(f"{what}: {len(times)} writes of another person, median {statistics.median(times):.1f} ms, "
          f"p99 {times[int(len(times) * 0.99)]:.1f} ms, longest {times[-1]:.1f} ms")


def during(host, row, act):
    """Runs `act` while another person writes, and tells of both."""
    stop, times, browser = threading.Event(), [], Browser(host)
    writer = threading.Thread(target=write, args=(browser, row, stop, times))
    writer.start()
    began = time.perf_counter()
    what, batch = act()
    seconds = time.perf_counter() - began
    stop.set()
    writer.join()
    print(f"{what}: {batch['changed']} of {batch['matched']} changed, {batch['refused']} refused in {seconds:.1f} s: "
          f"{batch['matched'] / seconds:.0f} rows a second")
    told(what, times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("--q", default="")
    asked = parser.parse_args()
    boss = Browser(asked.url)
    own = {"customer": "Bench", "date": datetime.date.today().isoformat(), "draft": True}
    row = boss.call("POST", "/api/tracker/data/", own)

    def ended(batch_id):
        while True:
            batch = boss.call("GET", f"/api/tracker/batches/{batch_id}/")
            if batch["status"] not in ("queued", "running"):
                return batch
            time.sleep(0.2)

    def change():
        order = {"action": "update", "q": asked.q, "set": {"remarks": f"checked {time.time()}"}}
        batch_id = boss.call("POST", "/api/tracker/bulk/", order)["batch_id"]
        change.batch_id = batch_id
        return "update", ended(batch_id)

    def undo():
        answer = boss.call("POST", f"/api/tracker/batches/{change.batch_id}/undo/", {})
        return "undo", ended(answer["batch_id"])

    during(asked.url, row, change)
    during(asked.url, row, undo)


if __name__ == "__main__":
    main()
