//! Office documents, OpenDocument and whatever else is a zip archive with a list of its
//! contents: texts as people read them, sheets as tables, and every other member as the
//! archive has it.
//!
//! A program splits a word over several runs wherever its look changes, and escapes what
//! XML must; so a part that is XML is handed out as its text, a paragraph a line, and
//! behind that what it says in attributes.
//!
//! Facts: ECMA-376, OpenDocument 1.3. `text` is XML as text; `sheet` and `strings` are
//! workbooks, `ods` those of OpenDocument; `legacy` the binary forms.

mod events;
mod ods;
mod sheet;
mod strings;
mod text;

use std::{
    collections::HashSet,
    io::{BufReader, Read as _},
};

use leeward_model::{Content, Seekable};
use quick_xml::Reader;
use zip::{ZipArchive, result::ZipError};

use self::{events::Rows, sheet::Sheet, strings::Strings, text::Text};
use super::{legacy, zip::Zip};
use crate::{Format, Limits, Members, Problem, Reads};

/// Parts that say what is where are read as a whole; a workbook of a thousand sheets has
/// less than a megabyte of them.
const DIRECTORY: u64 = 8 << 20;

/// The archive, which is read in any order.
type Archive<'f> = ZipArchive<&'f mut dyn Seekable>;

pub(super) struct Office;

impl Format for Office {
    fn name(&self) -> &'static str {
        "office"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        const ENDINGS: &[&[u8]] = &[
            b".docx", b".docm", b".dotx", b".xlsx", b".xlsm", b".xltx", b".xlsb", b".pptx",
            b".pptm", b".ppsx", b".odt", b".ods", b".odp", b".odg", b".vsdx",
        ];
        let marks: [&[u8]; 2] =
            [b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument"];
        let has = |mark: &[u8]| head.windows(mark.len()).any(|here| here == mark);
        let ends = |name: &[u8]| {
            ENDINGS.iter().any(|ending| {
                name.len() >= ending.len()
                    && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
            })
        };
        head.starts_with(b"PK\x03\x04") && (name.is_some_and(ends) || marks.into_iter().any(has))
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn otherwise(&self) -> Option<&'static dyn Format> {
        Some(&Zip)
    }

    fn members(
        &self,
        content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let Content::Seekable(file) = content else {
            return Err(Problem::corrupt("a document that cannot be read in any order"));
        };
        let mut archive = ZipArchive::new(file).map_err(|error| problem(&error))?;
        if archive.index_for_name("xl/workbook.bin").is_some() {
            let file = archive.into_inner();
            legacy::binary_workbook(file, into)?;
            archive = ZipArchive::new(file).map_err(|error| problem(&error))?;
        }
        let mut done = HashSet::new();
        workbook(&mut archive, limits, into, &mut done)?;
        let is_sheets = small(&mut archive, "mimetype")
            .is_some_and(|kind| kind.ends_with("opendocument.spreadsheet"));
        for at in 0..archive.len() {
            let name = archive.name_for_index(at).and_then(Result::ok).unwrap_or_default();
            let name = name.as_bytes().to_vec();
            let mut member = match archive.by_index(at) {
                Ok(member) => member,
                Err(error) => {
                    if let Problem::Because(reason) = problem(&error) {
                        into.left_out(&name, reason, None);
                    }
                    continue;
                }
            };
            let name = member.name_raw().to_vec();
            if member.is_dir() || done.contains(&name) {
                continue;
            }
            if is_sheets && name == b"content.xml" {
                ods::tables(BufReader::new(member), into)?;
            } else if name.ends_with(b".xml") && name != b"[Content_Types].xml" {
                into.member(&name, &mut Text::of(BufReader::new(member)))?;
            } else {
                into.member(&name, &mut member)?;
            }
        }
        Ok(())
    }
}

/// Hands out the sheets of a workbook, if it is one.
fn workbook(
    archive: &mut Archive<'_>,
    limits: &Limits,
    into: &mut dyn Members,
    done: &mut HashSet<Vec<u8>>,
) -> Result<(), Problem> {
    let Some(book) = small(archive, "xl/workbook.xml") else { return Ok(()) };
    let leads = small(archive, "xl/_rels/workbook.xml.rels").unwrap_or_default();
    let named = sheet::names(&book, &leads);
    const STRINGS: &str = "xl/sharedStrings.xml";
    let mut strings = match archive.by_name(STRINGS) {
        Ok(part) => Strings::read(BufReader::new(part), limits.memory / 3),
        Err(_) => Strings::default(),
    };
    for (name, part) in named {
        let Ok(member) = archive.by_name(&part) else { continue };
        let mut xml = Reader::from_reader(BufReader::new(member));
        text::lenient(&mut xml);
        let mut rows = Rows::new(&mut xml, Sheet::new(&mut strings));
        into.table(name.as_bytes(), &mut rows)?;
        done.insert(part.into_bytes());
    }
    // The texts of no cell are in no table.
    if strings.is_whole {
        done.insert(STRINGS.as_bytes().to_vec());
        let rest = strings.unused();
        if !rest.is_empty() {
            into.member(STRINGS.as_bytes(), &mut rest.as_bytes())?;
        }
    }
    Ok(())
}

/// A part that is small by its nature, as text.
fn small(archive: &mut Archive<'_>, name: &str) -> Option<String> {
    let mut text = Vec::new();
    archive.by_name(name).ok()?.take(DIRECTORY).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Why an archive, or a member, cannot be read.
fn problem(error: &ZipError) -> Problem {
    match error {
        ZipError::Io(error) => Problem::Because(crate::format::reason(error)),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Problem::Because(crate::format::encrypted())
        }
        error => Problem::corrupt(error),
    }
}
