//! Source maps (ECMA-426): the sources that a bundle was made of, by their names, where
//! the map has them within.

use leeward_model::Content;

use super::{begins_with, each};
use crate::{Format, Limits, Members, Problem, Reads};

/// Names of sources that are held; those behind are called by their number.
const NAMES: usize = 200_000;

/// A longer name is cut: a source may be named by all of itself.
const NAME: usize = 1024;

pub(crate) struct SourceMap;

impl Format for SourceMap {
    fn name(&self) -> &'static str {
        "source-map"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        let is_named = name.is_some_and(|name| name.ends_with(b".map"));
        let has = |word: &[u8]| head.windows(word.len()).any(|here| here == word);
        begins_with(
            head,
            &["version", "file", "sources", "mappings", "names", "sourceRoot", "sourcesContent"],
        ) && (is_named || has(b"\"sources\""))
            && (has(b"\"version\"") || has(b"\"mappings\"") || has(b"\"sourcesContent\""))
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
            return Err(Problem::corrupt("a map that cannot be read in any order"));
        };
        for path in [&["sources"][..], &["sections", "map", "sources"]] {
            let mut names: Vec<String> = Vec::new();
            file.rewind().map_err(Problem::from)?;
            each(Content::Seekable(file), path, |_, name: Option<String>| {
                if names.len() < NAMES {
                    let name = name.unwrap_or_default();
                    names.push(name.chars().take(NAME).collect());
                }
                Ok(())
            })?;
            let contents: &'static [&'static str] = match path.len() {
                1 => &["sourcesContent"],
                _ => &["sections", "map", "sourcesContent"],
            };
            file.rewind().map_err(Problem::from)?;
            each(Content::Seekable(file), contents, |number, source: Option<String>| {
                let Some(source) = source.filter(|source| !source.is_empty()) else {
                    return Ok(());
                };
                let name = names.get(number - 1).filter(|name| !name.is_empty());
                let name = name.cloned().unwrap_or_else(|| format!("source {number}"));
                into.member(name.as_bytes(), &mut source.as_bytes())
            })?;
        }
        Ok(())
    }
}
