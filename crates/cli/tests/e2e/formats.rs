//! Every format of the report parses and holds what is promised, and spans
//! point at the original bytes.

use serde_json::{Value, json};

use crate::fixture::{World, hint, key, line};

/// A repository with a key in a file, a key under base64, and a key that was
/// deleted.
fn world() -> (World, [String; 3]) {
    let (world, keys) = (World::repository(), [key(), key(), key()]);
    world.commit_file("old.env", &line(&keys[0]));
    world.commit_file("old.env", "# gone\n");
    world.write("new.env", line(&keys[1]));
    world.write("secret.yaml", format!("data:\n  MISTRAL_API_KEY: {}\n", base64(&keys[2])));
    (world, keys)
}

pub(crate) fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of_three = |bytes: &[u8]| -> String {
        let byte = |at| usize::from(bytes.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at: usize| char::from(ALPHABET[bits >> (18 - 6 * at) & 63]);
        (0..4).map(|at| if at <= bytes.len() { digit(at) } else { '=' }).collect()
    };
    text.as_bytes().chunks(3).map(of_three).collect()
}

/// Where a part of a text is, as the formats count.
fn span(text: &str, part: &str) -> Value {
    let start = text.find(part).unwrap();
    let place = |at: usize| {
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = 1 + text[..at].matches('\n').count();
        (line, 1 + text[line_start..at].chars().count())
    };
    let ((line, column), (end_line, end_column)) = (place(start), place(start + part.len()));
    json!({
        "line": line, "column": column, "end_line": end_line, "end_column": end_column,
        "byte_start": start, "byte_end": start + part.len(),
    })
}

/// The members of a location that say where it is.
fn span_of(location: &Value) -> Value {
    ["line", "column", "end_line", "end_column", "byte_start", "byte_end"]
        .into_iter()
        .map(|name| (name.to_owned(), location[name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[track_caller]
fn check_span(name: &str, text: impl AsRef<[u8]>, expected: &Value, decoded: &Value) {
    let world = World::new();
    world.write(name, text);
    let place = world.run(["scan", "--format", "json"]).exits(1).location();
    assert_eq!(span_of(&place), *expected, "{place:#}");
    assert_eq!(place["decoded"], *decoded);
}

#[test]
fn spans_are_those_of_the_file() {
    let key = key();
    let text = format!("# Schlüssel — für später 🔑\nänder = 1; MISTRAL_API_KEY = \"{key}\" # ü\n");
    check_span("a.toml", &text, &span(&text, &key), &json!([]));
    let windows = text.replace('\n', "\r\n");
    check_span("a.toml", &windows, &span(&windows, &key), &json!([]));
}

#[test]
fn spans_under_base64_are_those_of_the_base64() {
    let encoded = base64(&key());
    let text = format!("kind: Secret\ndata:\n  # für\n  MISTRAL_API_KEY: {encoded}\n");
    check_span("a.yaml", &text, &span(&text, &encoded), &json!(["base64"]));
}

#[test]
fn spans_under_other_encodings_are_those_of_the_original() {
    let key = key();
    let percent: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let text = format!("next=1\ncurl https://x.example/?mistral_api_key={percent}&n=1\n");
    check_span("a.sh", &text, &span(&text, &percent), &json!(["percent"]));
    let halves = format!("{}\" +\n      \"{}", &key[..12], &key[12..]);
    let text = format!("MISTRAL_API_KEY = \"{halves}\"\n");
    check_span("a.js", &text, &span(&text, &halves), &json!(["concatenation"]));
}

#[test]
fn spans_in_utf_16_are_those_of_the_file() {
    let key = key();
    let text = format!("x = 1\r\nMISTRAL_API_KEY={key}\r\n");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let start = 2 + 2 * text.find(&key).unwrap();
    let world = World::new();
    world.write("a.reg", wide);
    let place = world.run(["scan", "--format", "json"]).exits(1).location();
    assert_eq!((&place["byte_start"], &place["byte_end"]), (&json!(start), &json!(start + 64)));
    assert_eq!((&place["line"], &place["decoded"]), (&json!(2), &json!(["utf-16le"])));
}

#[test]
fn json_has_its_fixed_parts() {
    let (world, keys) = world();
    let run = world.run(["scan", "--format", "json"]).exits(1);
    let document = run.json();
    assert_eq!(document["schema"], "leeward.report/1");
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    let mut hints: Vec<_> = findings.iter().map(|finding| finding["hint"].clone()).collect();
    let mut expected: Vec<_> = keys.iter().map(|key| Value::from(hint(key))).collect();
    hints.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(hints, expected);
    for finding in findings {
        assert_eq!(finding["dossier"], "mistral-api-key");
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        assert!(fingerprint.starts_with("lw1_") && fingerprint.len() == 36, "{fingerprint}");
        let score = finding["confidence"]["score"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&score));
        assert!(["high", "medium", "low"].iter().any(|x| finding["confidence"]["level"] == *x));
        assert!(!finding["confidence"]["why"].as_array().unwrap().is_empty());
        // What is in history is worse than what is in no commit yet.
        let level = if finding["hint"] == hint(&keys[0]) { "high" } else { "medium" };
        assert_eq!(finding["severity"]["level"], level);
        assert!(finding["severity"]["why"].is_string());
        for place in finding["locations"].as_array().unwrap() {
            assert!(place["path"].is_string() && place["decoded"].is_array());
            assert!(place.as_object().unwrap().contains_key("git"));
        }
    }
    let coverage = &document["coverage"];
    for count in ["bytes_scanned", "files_scanned", "objects_scanned"] {
        assert!(coverage[count].as_u64().unwrap() > 0, "{count}");
    }
    assert!(coverage["not_scanned"].is_array());
    assert_eq!(document["suppressed"]["total"], 0);
}

#[test]
fn json_is_the_same_each_time() {
    let (world, _) = world();
    let stable = |threads: &str| {
        let run = world.run(["scan", "--format", "json", "--threads", threads]).exits(1);
        let mut document = run.json();
        document["scan"] = json!(null);
        for finding in document["findings"].as_array_mut().unwrap() {
            finding["exposure"] = json!(null);
        }
        document
    };
    let first = stable("1");
    assert!((0..4).all(|_| stable("4") == first));
}

#[test]
fn jsonl_ends_with_a_summary() {
    let (world, _) = world();
    let run = world.run(["scan", "--format", "jsonl"]).exits(1);
    let lines: Vec<Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["schema"] == "leeward.lines/1"));
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["finding", "finding", "finding", "summary"]);
    assert_eq!(lines[3]["summary"]["findings"], 3);
    assert_eq!(lines[3]["coverage"]["complete"], true);
}

#[test]
fn sarif_has_rules_and_results() {
    let (world, _) = world();
    let document = world.run(["scan", "--format", "sarif"]).exits(1).json();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["id"], "mistral-api-key");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        assert_eq!(result["ruleId"], "mistral-api-key");
        let path = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let level = if path == "old.env" { "error" } else { "warning" };
        assert_eq!(result["level"], level, "{path}");
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].is_u64());
    }
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors, 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn csv_has_a_row_for_each_place() {
    let (world, keys) = world();
    world.write("copy.env", line(&keys[1]));
    let run = world.run(["scan", "--format", "csv"]).exits(1);
    let mut rows = run.out.lines();
    assert!(rows.next().unwrap().starts_with("severity,confidence,score,dossier,"));
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.ends_with("leeward.csv/1")), "{rows:?}");
}

#[test]
fn markdown_says_how_many() {
    let (world, _) = world();
    let run = world.run(["scan", "--format", "markdown"]).exits(1);
    assert!(run.out.starts_with("<!-- leeward.markdown/1 -->\n"));
    assert!(run.out.contains("- [ ]"), "a checklist: {}", run.out);
}

#[test]
fn html_is_one_page() {
    let (world, _) = world();
    let run = world.run(["scan", "--format", "html"]).exits(1);
    assert!(run.out.starts_with("<!DOCTYPE html>\n"));
    assert!(run.out.ends_with("</html>\n"));
    assert!(run.out.contains("default-src 'none'"));
    assert_eq!(run.out.matches("<details class=\"finding").count(), 3);
}

#[test]
fn reports_go_to_files() {
    let (world, _) = world();
    for format in
        ["human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"]
    {
        let path = world.beside(format);
        let args = ["scan", "--format", format, "--output", path.to_str().unwrap()];
        let run = world.run(args).exits(1);
        assert_eq!(run.out, "");
        assert!(std::fs::metadata(&path).unwrap().len() > 100, "{format}");
    }
}

#[test]
fn colour_is_for_those_who_want_it() {
    let (world, _) = world();
    assert!(!world.run(["scan"]).exits(1).out.contains('\u{1b}'));
    assert!(world.run(["scan", "--color", "always"]).exits(1).out.contains('\u{1b}'));
    for format in ["json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"]
    {
        let run = world.run(["scan", "--color", "always", "--format", format]).exits(1);
        assert!(!run.out.contains('\u{1b}'), "{format}");
    }
}
