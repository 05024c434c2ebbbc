//! Notebooks (nbformat 3 and 4): each cell, and each of its outputs, as the text it is.

use leeward_model::Content;
use serde_json::Value;

use super::{begins_with, each, lines};
use crate::{Format, Limits, Members, Problem, Reads};

pub(crate) struct Notebook;

impl Format for Notebook {
    fn name(&self) -> &'static str {
        "notebook"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        let is_named = name.is_some_and(|name| name.ends_with(b".ipynb"));
        begins_with(head, &["cells"])
            || is_named
                && begins_with(head, &["metadata", "nbformat", "nbformat_minor", "worksheets"])
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let Content::Seekable(file) = content else {
            return Err(Problem::corrupt("a notebook that cannot be read in any order"));
        };
        let mut number = 0;
        each(Content::Seekable(file), &["cells"], |_, it: Value| {
            number += 1;
            cell(number, &it, into)
        })?;
        // Those of before 2015 have their cells one list deeper.
        if number == 0 {
            let rewound = file.rewind();
            rewound.map_err(Problem::from)?;
            each(Content::Seekable(file), &["worksheets", "cells"], |_, it: Value| {
                number += 1;
                cell(number, &it, into)
            })?;
        }
        Ok(())
    }
}

fn cell(number: usize, cell: &Value, into: &mut dyn Members) -> Result<(), Problem> {
    let source = cell.get("source").or_else(|| cell.get("input")).and_then(lines);
    if let Some(source) = source.filter(|source| !source.is_empty()) {
        into.member(format!("cell {number}").as_bytes(), &mut source.as_bytes())?;
    }
    let outputs = cell.get("outputs").and_then(Value::as_array);
    for (at, output) in outputs.into_iter().flatten().enumerate() {
        let name = format!("cell {number} output {}", at + 1);
        let mut text = String::new();
        for key in ["text", "ename", "evalue"] {
            if let Some(said) = output.get(key).and_then(lines) {
                text.push_str(&said);
                text.push('\n');
            }
        }
        let trace = output.get("traceback").and_then(Value::as_array);
        for line in trace.into_iter().flatten().filter_map(Value::as_str) {
            text.push_str(line);
            text.push('\n');
        }
        if !text.is_empty() {
            into.member(name.as_bytes(), &mut plain(&text).as_bytes())?;
        }
        let data = output.get("data").and_then(Value::as_object);
        for (kind, value) in data.into_iter().flatten().filter(|(kind, _)| is_text(kind)) {
            let text = lines(value).unwrap_or_else(|| value.to_string());
            let name = format!("{name} {kind}");
            into.member(name.as_bytes(), &mut plain(&text).as_bytes())?;
        }
    }
    Ok(())
}

/// Pictures are for eyes.
fn is_text(kind: &str) -> bool {
    kind == "image/svg+xml" || !["image/", "audio/", "video/"].iter().any(|it| kind.starts_with(it))
}

/// Without what colours a text on a terminal, which stands in the middle of words.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let end = behind.find(|letter: char| ('@'..='~').contains(&letter));
        rest = end.map_or("", |end| &behind[end + 1..]);
    }
    out.push_str(rest);
    out
}
