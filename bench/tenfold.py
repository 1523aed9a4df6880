#!/usr/bin/env python3
"""Makes a register of ten million challans of one of a million: each once, and nine copies of it beside it, of other customers.

    python3 bench/tenfold.py data/dc-tracker.sqlite3 large/dc-tracker.sqlite3

For an SQLite register that is stopped and has the generator's rows alone. Copies have no log; their ids, numbers and names are those
of the first with a digit behind. The search index is built at the next start. Wants Python 3 and 40 GB.
"""
import argparse
import re
import shutil
import sqlite3
import uuid

COPIES = range(1, 10)
# What gets a digit in a challan's text, and what a customer's name does.
NUMBERED = re.compile(r'"(?:challan_number|external_id|invoice_number)":"[^"]+')
NAMED = re.compile(r'"customer":"[^"]+')


def beside(blob, n):
    return blob[:-1] + bytes([(blob[-1] + n) % 256])


def customer(row, n):
    return {"id": beside(row["id"], n), "name": f"{row['name']} {n}", "folded": f"{row['folded']} {n}"}


def name(row, n):
    return {"folded": f"{row['folded']} {n}", "customer_id": beside(row["customer_id"], n), "name": f"{row['name']} {n}"}


def invoice(row, n):
    return {"folded": f"{row['folded']}{n}", "customer_id": beside(row["customer_id"], n)}


def executive(row, n):
    return {"id": beside(row["id"], n)}


def finding(row, n):
    copy = {"id": beside(row["id"], n), "customer_words": f"{row['customer_words']}{n} "}
    for column, words in (("invoice", "invoice_words"), ("external", "external_words")):
        if row[column]:
            copy |= {column: f"{row[column]}{n}", words: f"{row[words].rstrip()}{n} "}
    return copy


def challan(row, n):
    copy = {"customer": f"{row['customer']} {n}"}
    for column in ("challan_number", "number_sort", "external_id", "invoice_number"):
        if row[column]:
            copy[column] = f"{row[column]}{n}"
    for column in ("id", "customer_id"):
        copy[column] = beside(row[column], n)
    for doc in ("doc", "source_base"):
        copy[doc] = NAMED.sub(rf"\g<0> {n}", NUMBERED.sub(rf"\g<0>{n}", row[doc]))
        for column in ("id", "customer_id"):
            copy[doc] = copy[doc].replace(str(uuid.UUID(bytes=row[column])), str(uuid.UUID(bytes=copy[column])))
    return copy


# What differs in the copies of each table's rows.
TABLES = {"tracker_customers": customer, "tracker_customer_names": name, "tracker_invoices": invoice,
          "tracker_executives": executive, "tracker_finding": finding, "tracker_challans": challan}


def copied(source, target, table):
    rows = source.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in rows.description]
    each = (dict(zip(columns, row)) for row in rows)
    made = (tuple((row | TABLES[table](row, n)).values()) for row in each for n in COPIES)
    marks = ", ".join("?" * len(columns))
    count = target.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", made).rowcount
    print(f"{count} rows more in {table}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    asked = parser.parse_args()
    source = sqlite3.connect(asked.source)
    source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(asked.source, asked.target)
    target = sqlite3.connect(asked.target, isolation_level=None)
    # What breaks off can be made once more.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-2000000"):
        target.execute(f"PRAGMA {pragma}").fetchall()
    indexes = [index for table in TABLES for index in target.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?", (table,))]
    figures = target.execute("SELECT * FROM sqlite_stat1").fetchall()
    # Made afterwards, in order, they take a fraction of the time.
    for index, _ in indexes:
        target.execute(f"DROP INDEX {index}")
    target.execute("BEGIN")
    for table in TABLES:
        copied(source, target, table)
    target.execute("COMMIT")
    for index, sql in indexes:
        target.execute(sql)
        print(f"{index} is made", flush=True)
    # The planner's figures of an index went with it.
    target.execute("DELETE FROM sqlite_stat1")
    target.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", figures)
    target.execute("PRAGMA journal_mode=WAL")


if __name__ == "__main__":
    main()
