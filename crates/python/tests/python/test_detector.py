"""The module as it is installed: texts and columns in, findings out, never a value."""

import json
import os
import pickle
import threading
import time

import leeward
import pyarrow as pa
import pytest
from keys import key, line

DETECTOR = leeward.Detector()


def places(findings):
    return [(it.row, it.start, it.end, it.line, it.column, it.fingerprint) for it in findings]


def texts(rows=200):
    """Texts of which each seventh has a key, and which."""
    keys = {row: key() for row in range(3, rows, 7)}
    nothing = "ein Satz über nichts\n" * 5
    return [nothing + line(keys[row]) + "\n" if row in keys else nothing for row in range(rows)], keys


def test_spans_are_in_the_bytes_of_each_text():
    all, keys = texts()
    findings = DETECTOR.scan_batch(all)
    assert [it.row for it in findings] == list(keys)
    for it in findings:
        assert all[it.row].encode()[it.start : it.end].decode() == keys[it.row]
        assert (it.line, it.column) == (6, 18)
        assert it.dossier == "mistral-api-key" and it.title and it.severity
        assert it.confidence == "high" and 0.9 <= it.score <= 1
        assert it.fingerprint.startswith("lw1_") and it.hint.startswith("aB3")
    assert places(DETECTOR.scan_batch([it.encode() for it in all])) == places(findings)
    assert places(DETECTOR.scan_batch(all, threads=3)) == places(findings)
    assert places(DETECTOR.scan_batch(iter(all))) == places(findings)
    assert findings[-1].row == max(keys) and len(DETECTOR.scan_batch([])) == 0
    with pytest.raises(IndexError):
        findings[len(findings)]


def test_columns_say_what_lists_say():
    all, _ = texts()
    all[5] = None
    expected = places(DETECTOR.scan_batch(all))
    kinds = [pa.string(), pa.large_string(), pa.string_view()]
    kinds += [pa.binary(), pa.large_binary(), pa.binary_view(), pa.dictionary(pa.int32(), pa.string())]
    for kind in kinds:
        if pa.types.is_dictionary(kind):
            array = pa.array(all, pa.string()).dictionary_encode()
        elif "binary" in str(kind):
            array = pa.array([it and it.encode() for it in all], kind)
        else:
            array = pa.array(all, kind)
        assert places(DETECTOR.scan_batch(array)) == expected, kind
        assert places(DETECTOR.scan_batch(array, threads=2)) == expected, kind
        # A part of an array lies somewhere in its buffers.
        later = [(row - 50, *rest) for row, *rest in expected if row >= 50]
        assert places(DETECTOR.scan_batch(array[50:])) == later, kind
    batch = pa.record_batch({"id": range(len(all)), "text": all})
    assert places(DETECTOR.scan_batch(batch)) == expected
    table = pa.Table.from_batches([batch[:90], batch[90:]])
    assert places(DETECTOR.scan_batch(table, column="text")) == expected
    assert places(DETECTOR.scan_batch(table.to_reader(), column="text")) == expected
    made = pa.RecordBatchReader.from_batches(table.schema, (it for it in table.to_batches()))
    assert places(DETECTOR.scan_batch(made, column="text", threads=2)) == expected


def test_findings_are_a_record_batch():
    all, _ = texts()
    findings = DETECTOR.scan_batch(pa.array(all))
    batch = findings.to_arrow()
    assert isinstance(batch, pa.RecordBatch) and batch.num_rows == len(findings)
    for got, wanted in zip(batch.to_pylist(), findings.to_dicts(), strict=True):
        assert got.pop("score") == pytest.approx(wanted.pop("score"))
        assert got == wanted
    nothing = DETECTOR.scan_batch([]).to_arrow()
    assert nothing.schema == batch.schema and nothing.num_rows == 0
    assert pa.schema(findings) == batch.schema


def test_a_stream_of_record_batches_keeps_what_tells_rows_apart():
    all, keys = texts(300)
    batch = pa.record_batch({"id": [f"id-{row}" for row in range(300)], "text": all})
    parts = [batch[:100], batch[100:103], batch[103:]]
    found = list(leeward.scan_record_batches(iter(parts), "text", keep=["id"]))
    assert all_of(found, "id") == [f"id-{row}" for row in keys]
    # The one in the middle has none.
    assert len(found) == 3 - (not any(100 <= row < 103 for row in keys))
    assert all_of(found, "fingerprint") == [it.fingerprint for it in DETECTOR.scan_batch(all)]
    with pytest.raises(ValueError, match="`keep` names other columns"):
        leeward.scan_record_batches(parts, "text", keep=["text"])


def all_of(batches, column):
    return [value for batch in batches for value in batch.column(column).to_pylist()]


def test_what_is_found_is_what_the_detector_finds():
    with open(os.environ["LEEWARD_EXPECTED"], encoding="utf-8") as file:
        expected = json.load(file)
    findings = leeward.Detector("low").scan_batch(
        [it.encode("latin-1") for it in expected["texts"]], names=expected["names"]
    )
    found = [[it.row, it.start, it.end, it.line, it.column, it.dossier, it.fingerprint] for it in findings]
    assert found == expected["found"] and len(found) > 20
    array = pa.array([it.encode("latin-1") for it in expected["texts"]], pa.binary())
    nameless = leeward.Detector("low").scan_batch(array)
    found = [[it.row, it.start, it.end, it.line, it.column, it.dossier, it.fingerprint] for it in nameless]
    assert found == expected["nameless"]


def test_no_value_leaves():
    all, keys = texts()
    findings = DETECTOR.scan_batch(all)
    shown = [repr(findings), repr(list(findings)), json.dumps(findings.to_dicts())]
    shown += [str(findings.to_arrow().to_pylist()), repr(DETECTOR), str(dir(findings[0]))]
    shown += [str(getattr(it, name)) for it in findings for name in dir(it) if name[0] != "_"]
    # A hint has four characters of each end.
    for value in keys.values():
        assert not any(value[:9] in text or value[5:-5] in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(findings)


def test_other_threads_run_while_it_scans():
    # No lock is wanted for the time that a scan of this takes.
    big = pa.array([line(key()) + "\n" + "MISTRAL a b c\n" * 10_000] * 30)
    started = time.perf_counter()
    DETECTOR.scan_batch(big)
    alone = time.perf_counter() - started
    spans = []

    def scan():
        begin = time.perf_counter()
        DETECTOR.scan_batch(big)
        spans.append((begin, time.perf_counter()))

    threads = [threading.Thread(target=scan) for _ in range(2)]
    ticks = [time.perf_counter()]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ticks.append(time.perf_counter())
        time.sleep(0.001)
    (one, other) = sorted(spans)
    assert other[0] < one[1], "the second began before the first ended"
    longest = max(later - earlier for earlier, later in zip(ticks, ticks[1:]))
    assert longest < alone / 2, f"this thread waited {longest:.3f} s of {alone:.3f} s"


def test_a_name_speaks_for_a_text():
    value = key()
    plain = f"api_key = {value}\n"
    assert len(DETECTOR.scan_batch([plain])) == 0
    assert len(DETECTOR.scan_batch([plain, plain], names="mistral.env")) == 2
    found = DETECTOR.scan_batch([plain, plain], names=["a.txt", "mistral.env"])
    assert [it.row for it in found] == [1]


def test_what_is_wrong_is_said_with_the_next_step():
    batch = pa.record_batch({"a": ["x"], "b": ["y"], "n": [1]})
    for texts, more, error, message in [
        ("one text", {}, TypeError, "put one text into a list"),
        (7, {}, TypeError, "list of str or bytes"),
        (["a", 7], {}, TypeError, "text 1 is of `int`"),
        (["\ud800"], {}, ValueError, "surrogatepass"),
        (["a"], {"threads": 0}, ValueError, "at least 1"),
        (["a"], {"names": ["a", "b"]}, ValueError, "one for each, or one for all"),
        (["a"], {"column": "a"}, ValueError, "`column` is for Arrow"),
        (pa.table({"a": ["x"]}), {"names": ["b"]}, ValueError, "one name for all"),
        (batch, {}, ValueError, "name one: `a`, `b`"),
        (batch, {"column": "n"}, ValueError, "those with texts: `a`, `b`"),
        (pa.array([1]), {}, TypeError, "holds no texts"),
        (pa.array(["a"]), {"column": "a"}, ValueError, "this is an array"),
        (pa.chunked_array([["a"]]), {}, ValueError, "chunks one by one"),
    ]:
        with pytest.raises(error, match=message):
            DETECTOR.scan_batch(texts, **more)
    with pytest.raises(ValueError, match="high, medium or low"):
        leeward.Detector("certain")
    with pytest.raises(OSError, match="takes files and directories"):
        leeward.Detector(dossiers="nowhere.toml")


def test_dossiers_of_ones_own_are_known_and_checked(tmp_path):
    builtin = os.environ["LEEWARD_DOSSIERS"]
    assert "kinds" in repr(leeward.Detector(dossiers=[builtin]))
    broken = tmp_path / "broken.toml"
    broken.write_text("name = 1\n")
    with pytest.raises(ValueError, match="leeward dossier check"):
        leeward.Detector(dossiers=broken)


def test_a_detector_travels():
    again = pickle.loads(pickle.dumps(leeward.Detector("low")))
    assert repr(again) == repr(leeward.Detector("low"))


def test_a_value_that_a_column_repeats_is_bounded():
    one = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_001, pa.int32()), pa.array([line(key())]))
    with pytest.raises(ValueError, match="hand in fewer texts at once"):
        DETECTOR.scan_batch(one)
    assert len(DETECTOR.scan_batch(one[:1000])) == 1000
