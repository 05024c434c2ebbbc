"""Inventory service: reads stock files, answers questions about them over HTTP."""

from __future__ import annotations

import csv
import json
import logging
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from flask import Flask, abort, jsonify, request

log = logging.getLogger("inventory")

DATA_DIR = Path(os.environ.get("DATA_DIR", "data"))
DB_PATH = DATA_DIR / "inventory.sqlite3"
PAGE_SIZE = 50
LOW_STOCK = 5

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False
app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024


@dataclass
class Item:
    sku: str
    name: str
    quantity: int
    location: str
    updated: str


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(DB_PATH)
    connection.row_factory = sqlite3.Row
    return connection


def migrate() -> None:
    with closing(connect()) as connection:
        connection.executescript(
            """
            CREATE TABLE IF NOT EXISTS items (
                sku TEXT PRIMARY KEY,
                name TEXT NOT NULL,
                quantity INTEGER NOT NULL,
                location TEXT NOT NULL,
                updated TEXT NOT NULL
            );
            CREATE INDEX IF NOT EXISTS items_location ON items (location);
            """
        )
        connection.commit()


@@CONTEXT@@


def import_csv(path: Path) -> int:
    """Load a stock file and return how many rows it had."""
    count = 0
    now = datetime.now(timezone.utc).isoformat()
    with closing(connect()) as connection, path.open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            connection.execute(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)",
                (row["sku"], row["name"], int(row["quantity"]), row["location"], now),
            )
            count += 1
        connection.commit()
    log.info("imported %d rows from %s", count, path)
    return count


def find_items(location: str | None, page: int) -> list[Item]:
    query = "SELECT * FROM items"
    values: list[object] = []
    if location:
        query += " WHERE location = ?"
        values.append(location)
    query += " ORDER BY sku LIMIT ? OFFSET ?"
    values.extend([PAGE_SIZE, page * PAGE_SIZE])
    with closing(connect()) as connection:
        return [Item(**dict(row)) for row in connection.execute(query, values)]


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.get("/items")
def items():
    page = request.args.get("page", default=0, type=int)
    found = find_items(request.args.get("location"), page)
    return jsonify([asdict(item) for item in found])


@app.get("/items/low")
def low():
    with closing(connect()) as connection:
        rows = connection.execute("SELECT * FROM items WHERE quantity < ?", (LOW_STOCK,)).fetchall()
    return jsonify([dict(row) for row in rows])


@app.post("/import")
def import_upload():
    upload = request.files.get("file")
    if upload is None:
        abort(400, "no file")
    target = DATA_DIR / "upload.csv"
    upload.save(target)
    return jsonify(imported=import_csv(target))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    migrate()
    print(json.dumps({"listening": 8080}))
    app.run(port=8080)
