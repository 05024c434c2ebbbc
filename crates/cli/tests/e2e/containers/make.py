"""Makes a file in every form of container, with the libraries that people use for
them, and says what is to be found where.

    python make.py FOLDER

writes the files and `expected.json`: a list of {"file", "key", "inside", "line"},
where `inside` is the way in and `line` is null where a form has no lines. Each file
holds one random key of its own, which the report masks; it is known by its first and
last four characters. Each form has the key at its start, in its middle and at its end;
each container holds each other one, two deep.
"""

import bz2
import gzip
import io
import json
import lzma
import mailbox
import os
import random
import sqlite3
import string
import sys
import tarfile
import tempfile
import zipfile
from email.message import EmailMessage

FOLDER = sys.argv[1]
EXPECTED = []
RANDOM = random.Random()
LETTERS = string.ascii_letters + string.digits


def key():
    while True:
        value = "".join(RANDOM.choices(LETTERS, k=32))
        kinds = [any(c in kind for c in value) for kind in
                 (string.ascii_lowercase, string.ascii_uppercase, string.digits)]
        if all(kinds):
            return value


def filler(n):
    return [f"{i:04} nothing to see in line {RANDOM.randrange(10**9)}" for i in range(n)]


def text(value, position, lines=300):
    """A text with a key in it, and the line the key is on."""
    before, after = {"start": (0, lines), "middle": (lines // 2, lines // 2), "end": (lines, 0)}[position]
    all_lines = filler(before) + [f"MISTRAL_API_KEY={value}"] + filler(after)
    return ("\n".join(all_lines) + "\n").encode(), before + 1


def write(name, data, value, inside, line):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    EXPECTED.append({"file": name, "key": value[:4] + "…" + value[-4:], "inside": inside, "line": line})


# Containers of files: from a name and bytes to the container's bytes, and whether the
# way in has the name of the member.

def as_zip(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("empty.txt", "")
        archive.writestr(name, data)
        archive.writestr("after.txt", "nothing\n" * 100)
    return out.getvalue()


def as_stored_zip(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def as_tar(name, data, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
        other = tarfile.TarInfo("after.txt")
        other.size = 8
        archive.addfile(other, io.BytesIO(b"nothing\n"))
    return out.getvalue()


def as_gnu_tar(name, data):
    return as_tar(name, data, tarfile.GNU_FORMAT)


def as_ar(name, data):
    def member(member_name, content):
        head = f"{member_name + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        return head + content + (b"\n" if len(content) % 2 else b"")
    return b"!<arch>\n" + member("debian-binary", b"2.0\n") + member(name, data)


def as_7z(name, data):
    import py7zr
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writef(io.BytesIO(data), name)
    return out.getvalue()


def as_zstd(_, data):
    import zstandard
    return zstandard.compress(data)


def as_lz4(_, data):
    import lz4.frame
    return lz4.frame.compress(data)


def as_mail(name, data):
    message = EmailMessage()
    message["From"] = "ada@example.com"
    message["Subject"] = "the files"
    message.set_content("See what is attached.")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


ARCHIVES = {
    "zip": as_zip, "jar": as_stored_zip, "tar": as_tar, "gnu.tar": as_gnu_tar, "deb": as_ar,
    "7z": as_7z, "eml": as_mail,
}
STREAMS = {
    "gz": lambda _, data: gzip.compress(data),
    "bz2": lambda _, data: bz2.compress(data),
    "xz": lambda _, data: lzma.compress(data),
    "zst": as_zstd,
    "lz4": as_lz4,
}
# Forms that are read front to back: compressed, they are one thing to people.
FORWARD = {"tar", "gnu.tar", "deb", *STREAMS}


def pack(form, name, data, holds=None):
    """The container, its name, and the way in."""
    if form in STREAMS:
        return STREAMS[form](name, data), f"{name}.{form}", [] if holds in FORWARD else [name]
    return ARCHIVES[form](name, data), f"inner.{form}", [name]


def archives():
    for form in [*ARCHIVES, *STREAMS]:
        for position in ("start", "middle", "end"):
            value = key()
            data, line = text(value, position)
            packed, name, inside = pack(form, "app.conf", data)
            write(f"{form}-{position}/{name}", packed, value, inside, line)
    for outer in [*ARCHIVES, *STREAMS]:
        for inner in [*ARCHIVES, *STREAMS]:
            value = key()
            data, line = text(value, "middle", 20)
            first, first_name, way = pack(inner, "app.conf", data)
            both, name, outer_way = pack(outer, first_name, first, inner)
            write(f"{inner}-in-{outer}/{name}", both, value, outer_way + way, line)
    # A wheel, a crate, a gem: archives by another name.
    value = key()
    data, line = text(value, "end", 10)
    write("app-1.0-py3-none-any.whl", as_zip("app/settings.py", data), value, ["app/settings.py"], line)
    value = key()
    data, line = text(value, "end", 10)
    write("app-1.0.crate", gzip.compress(as_tar("app-1.0/.env", data)), value, ["app-1.0/.env"], line)
    value = key()
    data, line = text(value, "end", 10)
    inner = gzip.compress(as_tar("lib/config.rb", data))
    write("app-1.0.gem", as_tar("data.tar.gz", inner), value, ["data.tar.gz", "lib/config.rb"], line)


def docx(paragraphs):
    import docx as library
    document = library.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(rows):
    import openpyxl
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Keys"
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def odt(paragraphs):
    from odf.opendocument import OpenDocumentText
    from odf.text import P
    document = OpenDocumentText()
    for paragraph in paragraphs:
        document.text.addElement(P(text=paragraph))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(lines):
    from fpdf import FPDF
    document = FPDF()
    document.set_font("Helvetica", size=9)
    for start in range(0, len(lines), 50):
        document.add_page()
        for line in lines[start:start + 50]:
            document.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


def sqlite(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.db")
        base = sqlite3.connect(path)
        base.execute("CREATE TABLE settings (name TEXT, value TEXT)")
        base.executemany("INSERT INTO settings VALUES (?, ?)", rows)
        base.commit()
        base.close()
        with open(path, "rb") as file:
            return file.read()


def mbox(bodies):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.mbox")
        box = mailbox.mbox(path)
        for body in bodies:
            message = EmailMessage()
            message["From"] = "ada@example.com"
            message.set_content(body, cte="base64")
            box.add(message)
        box.close()
        with open(path, "rb") as file:
            return file.read()


def warc(bodies, compressed):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=compressed)
    for number, body in enumerate(bodies):
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/plain")], protocol="HTTP/1.1")
        record = writer.create_warc_record(
            f"https://example.com/{number}", "response", payload=io.BytesIO(body), http_headers=head)
        writer.write_record(record)
    return out.getvalue()


def notebook(cells):
    return json.dumps({
        "cells": [
            {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["print(1)\n"],
             "outputs": [{"name": "stdout", "output_type": "stream", "text": [line + "\n"]}]}
            for line in cells
        ],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    }, indent=1).encode()


def har(bodies):
    import base64
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [
        {"request": {"method": "GET", "url": "https://example.com/"},
         "response": {"status": 200, "content": {"mimeType": "application/gzip", "encoding": "base64",
                      "text": base64.b64encode(gzip.compress(body)).decode()}}}
        for body in bodies
    ]}}).encode()


def source_map(sources):
    return json.dumps({
        "version": 3, "file": "app.js", "mappings": "AAAA", "names": [],
        "sources": [f"src/part{n}.ts" for n in range(len(sources))],
        "sourcesContent": sources,
    }).encode()


def image(layers, compress):
    """An OCI layout in a tar: what `skopeo copy … oci-archive:` writes."""
    import hashlib
    blobs = {}

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    described = [{**blob(compress(layer)), "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
                 for layer in layers]
    config = {**blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {"Env": []},
                                 "rootfs": {"type": "layers", "diff_ids": []}}).encode()),
              "mediaType": "application/vnd.oci.image.config.v1+json"}
    manifest = {**blob(json.dumps({"schemaVersion": 2, "config": config, "layers": described}).encode()),
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "annotations": {"org.opencontainers.image.ref.name": "app:1.2"}}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        add("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
        for digest, data in blobs.items():
            add(f"blobs/sha256/{digest}", data)
    return out.getvalue()


def documents():
    for position, at in (("start", 0), ("middle", 60), ("end", 119)):
        def lines(value, n=120):
            rows = filler(n)
            rows[at * n // 120] = f"MISTRAL_API_KEY={value}"
            return rows

        def pairs(value):
            rows = [(f"name{n}", f"value {n}") for n in range(120)]
            rows[at] = ("MISTRAL_API_KEY", value)
            return rows

        value = key()
        write(f"{position}.docx", docx(lines(value)), value, None, None)
        value = key()
        write(f"{position}.odt", odt(lines(value)), value, None, None)
        value = key()
        write(f"{position}.pdf", pdf(lines(value)), value, [f"page {at // 50 + 1}"], None)
        value = key()
        write(f"{position}.xlsx", xlsx([("name", "value"), *pairs(value)]), value, None, at + 2)
        value = key()
        write(f"{position}.sqlite", sqlite(pairs(value)), value, ["settings", "value"], at + 1)
        value = key()
        write(f"{position}.mbox", mbox(lines(value, 12)), value, None, None)
        for compressed in (False, True):
            value = key()
            bodies = [line.encode() for line in lines(value, 12)]
            ending = "warc.gz" if compressed else "warc"
            write(f"{position}.{ending}", warc(bodies, compressed), value, None, None)
        value = key()
        write(f"{position}.ipynb", notebook(lines(value, 12)), value, None, None)
        value = key()
        write(f"{position}.har", har([line.encode() for line in lines(value, 12)]), value, None, None)
        value = key()
        write(f"{position}.js.map", source_map([f"// {line}\n" for line in lines(value, 12)]), value, None, None)
        value = key()
        layers = [as_tar("app/.env", line.encode()) for line in lines(value, 3)]
        write(f"{position}-image.tar", image(layers, gzip.compress), value, None, 1)
        value = key()
        jsonl = "".join(json.dumps({"id": n, "mistral_api_key" if n == at else "note": line}) + "\n"
                        for n, line in enumerate(value if n == at else "nothing" for n in range(120)))
        write(f"{position}.jsonl", jsonl.encode(), value, [], at + 1)
        value = key()
        binary = os.urandom(5000) + b"\0MISTRAL_API_KEY\0" + value.encode() + b"\0" + os.urandom(5000)
        write(f"{position}.so", b"\x7fELF\2\1\1\0" + binary, value, None, None)


os.makedirs(FOLDER, exist_ok=True)
archives()
documents()
with open(os.path.join(FOLDER, "..", "expected.json"), "w") as file:
    json.dump(EXPECTED, file, indent=1)
print(len(EXPECTED), "files")
