#!/usr/bin/env python3
"""How long finding takes, in milliseconds: median and p99 of each question.

    SUPERADMIN_EMAIL=… SUPERADMIN_PASSWORD=… python3 bench/search.py --url 127.0.0.1:3000 -n 200
    … python3 bench/search.py --lag 60        # from a commit to being found, while something else writes
    … python3 bench/search.py --changes 10    # the dashboard each time after one challan was made
    … python3 bench/search.py --first 60      # facets and dashboards that nobody asked for before, and filters made to take long
    … python3 bench/search.py --limited 12    # lists of people who may see one customer's rows, or their own deliveries

The rows are those of an import of the generator's: the words and the twenty filters below are of its texts. Wants Python 3 and
nothing else.
"""
import argparse
import os
import random
import statistics
import time
import urllib.parse
import uuid

from live import Browser

DATA = "/api/tracker/data/"
# In 12 % of the rows, in 17 %, in one of thousands, in none; beginnings, phrases, numbers, and with other tests beside them.
WORDS = ["keyboard", "deliver before noon", "projector", "zebrawood", "key", "\"first aid kit\"", "falcon foods", "INV/2024/0001",
         "keyboard stage:delivered", "keyboard amount:>5000", "keyboard date:2026 -\"tea bags\"", "remarks:gate hamper",
         "a -keyboard"]
SORTS = ["-date", "customer", "-amount", "-updated_at"]
COMMON = ["", "stage:delivered", "stage:draft", "stage:delivered,pod_received", "customer:\"Falcon Foods Industries\"",
          "customer:\"falcon foods\"*", "executive:Lakshmi", "date:today", "date:2026-10", "date:2026-07-01..2026-07-10",
          "number:26070*", "number:260700042", "invoice:INV/2024/000042", "external:ext-7-00000042", "delivered:2026-10-30",
          "dispatched:2026-10-30", "pod_date:today", "invoice_date:2026-10-30", "amount:>9000", "age:>7 stage:delivered"]
# Between two rows of which many others may stand, or which no row has.
APART = ["stage:draft,void", "stage:invoiced,submitted", "stage:delivered,pod_received", "date:2026-03,2026-05"]
# Words and phrases of the summaries and remarks, for filters that are made to take long.
COMMON_WORDS = ("keyboard chair projector network switch spiral notebook first aid kit tea bags office deliver before noon gate hamper "
                "hdmi cable thermal label roll reception call arrival anil omkar kavya lakshmi industries foods falcon").split()
PAIRS = [f'"{a} {b}"' for a, b in zip(COMMON_WORDS[:20], COMMON_WORDS[1:])]
NOWHERE = " ".join("-\"" + " ".join(["x"] * n) + "\"" for n in range(2, 15))
LONG = {"30 words left out": " ".join(f"-{word}" for word in COMMON_WORDS), "20 phrases": " ".join(PAIRS),
        "20 phrases left out": " ".join(f"-{pair}" for pair in PAIRS), "16 groups in one another": "(" * 16 + "a" + ")" * 16,
        # Every row has "x", the parts but the last, or one of the words.
        "60 phrases of all left out": " ".join(f'-"{n} x"' for n in range(1, 61)),
        "150 parts of numbers left out": " ".join(f"-ext-7-{n:04d}" for n in range(100, 250)),
        "57 words left out": " ".join(f"-{word}" for word in COMMON_WORDS + list("abcdefghijklmnopqrstuvwxyz")),
        "13 phrases that no row has": f"{NOWHERE} -x", "the same of a stage": f"stage:delivered {NOWHERE}",
        "95 beginnings left out": " ".join(f"-{a}{b}" for a in "abcdefghijklmnopqrs" for b in "aeiou")}
# Lists that are opened somewhere in their middle: all, a part, nearly all; by what is one row's, few rows', thousands'.
FAR = [("", "-date"), ("", "customer"), ("", "amount"), ("", "stage"), ("", "-date,customer"), ("keyboard", "-date"),
       ("keyboard", "customer"), ("stage:delivered", "customer"), ("a -keyboard", "customer")]
# Beginnings of what every row has another one of, each time with another amount.
BEGINNINGS = ["external:ext-7-00*", "invoice:i*"]
FACETS = "/api/tracker/facets/?fields=stage,customer,executive,source,age&q="


def timed(browser, path):
    began = time.perf_counter()
    browser.call("GET", path)
    return (time.perf_counter() - began) * 1000


def measured(browser, path, times):
    """`%d` in the path becomes 1 to 100, another number each time, so that no answer is a kept one."""
    browser.call("GET", path.replace("%d", "101"))
    return told([timed(browser, path.replace("%d", str(n * 37 % 100 + 1))) for n in range(times)])


def tried(browser, path):
    """What a filter takes that is made to take long, or how long it takes to be told so."""
    began = time.perf_counter()
    try:
        browser.call("GET", path)
        said = ""
    except SystemExit as refused:
        if '"code":"too_long"' not in str(refused):
            raise
        said = ", too long"
    return f"{(time.perf_counter() - began) * 1000:.1f} ms{said}"


def told(took):
    took.sort()
    return f"median {statistics.median(took):7.1f} ms, p99 {took[int(len(took) * 0.99)]:7.1f} ms"


def windows(browser, q, sort, times):
    """The first window of a list, which counts it, others all over it, as a scroll bar asks for them, and on from each, as a wheel
    does."""
    path = f"/api/tracker/range/?q={urllib.parse.quote(q)}&sort={sort}&limit=200&columns=customer,amount&"
    total, offsets, cursors = browser.call("GET", path + "offset=0")["total"], [], []
    for n in range(times + 1):
        began = time.perf_counter()
        window = browser.call("GET", f"{path}offset={total * (n * 37 % 100 + 50) // 150}")
        offsets.append((time.perf_counter() - began) * 1000)
        cursors.append(timed(browser, f"{path}after={urllib.parse.quote(window['last_cursor'])}"))
    return f"first {offsets[0]:7.1f} ms, then {told(offsets[1:])}; on by cursor {told(cursors)}"


def questions(browser, times):
    quoted = urllib.parse.quote
    for q in WORDS:
        for sort in SORTS:
            path = f"{DATA}?q={quoted(q)}&sort={sort}&limit=%d"
            print(f"page by {sort:12} {q:40} {measured(browser, path, times)}", flush=True)
        path = f"/api/tracker/range/?q={quoted(q)}&offset=1000&limit=200&columns=customer,amount"
        print(f"window at 1000, and count  {q:40} {measured(browser, path, times)}", flush=True)
    for q, sort in FAR:
        print(f"windows by {sort:15} {q:40} {windows(browser, q, sort, times)}", flush=True)
    for q in COMMON:
        print(f"first page, no words        {q:40} {measured(browser, f'{DATA}?q={quoted(q)}&limit=%d', times)}", flush=True)
    for q in APART:
        print(f"first page, rows apart      {q:40} {measured(browser, f'{DATA}?q={quoted(q)}&limit=%d', times)}", flush=True)
    for q in BEGINNINGS:
        asked = f"q={quoted(q)}+-amount:%d"
        print(f"page, many terms           {q:40} {measured(browser, f'{DATA}?{asked}&limit=50', times)}", flush=True)
        print(f"dashboard, many terms      {q:40} {measured(browser, f'/api/tracker/summary/?{asked}', 6)}", flush=True)
    for q in WORDS[:4] + COMMON[:2] + COMMON[6:7] + COMMON[8:9]:
        few = max(3, times // 20)
        print(f"facets                     {q:40} {measured(browser, FACETS + quoted(q), few)}", flush=True)
        cold = timed(browser, f"/api/tracker/summary/?q={quoted(q)}")
        print(f"dashboard, cold            {q:40} {cold:7.1f} ms", flush=True)
        print(f"dashboard, unchanged       {q:40} {measured(browser, f'/api/tracker/summary/?q={quoted(q)}', times)}", flush=True)


def first(browser, times):
    """Facets and dashboards of amounts, each another one, that about half of the rows have; and of what is made to take long."""
    for name, path in (("facets", FACETS), ("dashboard", "/api/tracker/summary/?q=")):
        took = sorted(timed(browser, f"{path}amount:%3E{random.uniform(0, 9000):.2f}") for _ in range(times))
        print(f"{name:10} of amounts, the first time: p90 {took[int(times * 0.9)]:.1f}, longest {took[-1]:.1f} ms, {told(took)}")
    for name, q in LONG.items():
        asked = urllib.parse.quote(f"{q} -amount:{random.uniform(0, 9000):.2f}")
        print(f"{name:30} facets {tried(browser, FACETS + asked)}; page {tried(browser, f'{DATA}?q={asked}&limit=50')}")


def limited(boss, host, times):
    """First pages, by date and by customer, of two people who may see few rows; the slowest of each."""
    customer = boss.call("GET", "/api/tracker/customers/?limit=1&search=falcon+foods+industries")["results"][0]["id"]
    names = boss.call("GET", "/api/tracker/executives/?limit=200")["results"]
    executive = next(one["name"] for one in names if not one["user"])
    for name, scope, own in (("one customer", {"customers": [customer]}, {}),
                             ("own deliveries", {"own_deliveries": True}, {"executive_name": executive})):
        email = f"few-{uuid.uuid4().hex[:12]}@{os.environ['SUPERADMIN_EMAIL'].split('@')[1]}"
        grants = [{"permission": "challan:read", "scope": scope}]
        boss.call("POST", "/api/users/", {"email": email, "first_name": "Few", "grants": grants,
                                          "password": os.environ["SUPERADMIN_PASSWORD"]} | own)
        browser, slowest = Browser(host, email), []
        for q in COMMON + APART + WORDS[:1]:
            for sort in SORTS[:2]:
                path = f"{DATA}?q={urllib.parse.quote(q)}&sort={sort}&limit=%d"
                slowest.append((measured(browser, path, times), f"by {sort} {q}"))
        for took, what in sorted(slowest, reverse=True)[:4]:
            print(f"{name:15} {took} {what}", flush=True)


def lag(browser, seconds):
    """Writes a challan with a word of its own again and again and asks until it is found."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        word = f"lag{time.time_ns()}"
        browser.call("POST", DATA, {"customer": f"{word} Traders", "date": "2026-10-30"})
        began = time.perf_counter()
        while not browser.call("GET", f"{DATA}?q={word}")["results"]:
            time.sleep(0.005)
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.1)
    took.sort()
    print(f"from commit to found: {len(took)} times, median {statistics.median(took):.0f} ms, longest {took[-1]:.0f} ms")


def changes(browser, times):
    """Asks for the dashboard's figures of all rows each time after one challan was made and found."""
    browser.call("GET", "/api/tracker/summary/")
    took = []
    for _ in range(times):
        browser.call("POST", DATA, {"customer": "Falcon Foods", "date": "2026-10-30", "draft": True})
        time.sleep(1.2)
        took.append(timed(browser, "/api/tracker/summary/"))
    print(f"dashboard, after a change: median {statistics.median(took):.1f} ms, longest {max(took):.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("DC_HOST", "127.0.0.1:3000"))
    parser.add_argument("-n", type=int, default=200)
    parser.add_argument("--lag", type=float, help="seconds")
    parser.add_argument("--changes", type=int, help="times")
    parser.add_argument("--first", type=int, help="times")
    parser.add_argument("--limited", type=int, help="times")
    asked = parser.parse_args()
    browser = Browser(asked.url)
    if asked.lag:
        lag(browser, asked.lag)
    elif asked.changes:
        changes(browser, asked.changes)
    elif asked.first:
        first(browser, asked.first)
    elif asked.limited:
        limited(browser, asked.url, asked.limited)
    else:
        questions(browser, asked.n)


if __name__ == "__main__":
    main()
