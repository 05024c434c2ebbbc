//! PDF: the text of each page, notes on it, what is said of the document, and whatever
//! other streams it has with a text or a file in them. One that is encrypted without a
//! password is read; one with a password is told of.
//!
//! Facts: ISO 32000-1. `page` puts the text of a page together; `font` says what the
//! codes of letters are, and how wide.

mod font;
mod page;

use std::{
    collections::{BTreeSet, HashSet},
    io::Read as _,
};

use leeward_model::{Content, Reason};
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream, decode_text_string};

use memchr::memmem;

use crate::{Format, Limits, Members, Problem, Reads, format::encrypted};

/// Bytes that one stream may become; the parser holds them.
const STREAM: usize = 48 << 20;

/// Objects of one document that are looked through for texts.
const OBJECTS: usize = 500_000;

pub(super) struct Pdf;

impl Format for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    /// The mark may stand a little behind the beginning.
    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(b"%PDF-")
            || memmem::find(&head[..head.len().min(1024)], b"%PDF-").is_some()
                && memmem::find(head, b" obj").is_some()
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        mut content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        // The library holds the document and its objects.
        let most = limits.memory / 3;
        let mut bytes = Vec::new();
        let read = (&mut content).take(most + 1).read_to_end(&mut bytes);
        read.map_err(Problem::from)?;
        if bytes.len() as u64 > most {
            return Err(Problem::Because(Reason::Limit("size of a PDF document".into())));
        }
        let options = LoadOptions::with_max_decompressed_size(STREAM);
        let document = Document::load_mem_with_options(&bytes, options)
            .map_err(|error| Problem::Because(told(&error)))?;
        drop(bytes);
        if document.is_encrypted() {
            return Err(Problem::Because(encrypted()));
        }
        let mut reading = Reading { document: &document, into, texts: HashSet::new() };
        reading.pages()?;
        reading.about()?;
        reading.streams()
    }
}

struct Reading<'r> {
    document: &'r Document,
    into: &'r mut dyn Members,
    /// Streams that were handed out as text of a page.
    texts: HashSet<ObjectId>,
}

impl Reading<'_> {
    /// The text of each page, and of the notes on it.
    fn pages(&mut self) -> Result<(), Problem> {
        for (at, id) in self.document.page_iter().enumerate() {
            let name = format!("page {}", at + 1);
            self.texts.extend(self.document.get_page_contents(id));
            match page::text(self.document, id, STREAM) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => self.into.member(name.as_bytes(), &mut text.as_bytes())?,
                Err(error) => {
                    let reason = told(&error);
                    self.into.left_out(name.as_bytes(), reason, None);
                }
            }
            let notes = self.document.get_page_annotations(id).unwrap_or_default();
            let notes: Vec<String> = notes.into_iter().flat_map(|note| self.said(note)).collect();
            if !notes.is_empty() {
                let name = format!("page {} notes", at + 1);
                self.into.member(name.as_bytes(), &mut notes.join("\n").as_bytes())?;
            }
        }
        Ok(())
    }

    /// What a note says, where it leads, and what was typed into a field.
    fn said(&self, note: &Dictionary) -> Vec<String> {
        let mut said = Vec::new();
        let action = note.get_deref(b"A", self.document).and_then(Object::as_dict).ok();
        let texts = [(note, &b"T"[..]), (note, b"Contents"), (note, b"V"), (note, b"DV")];
        let leads = action.into_iter().flat_map(|it| [(it, &b"URI"[..]), (it, b"JS")]);
        for (from, key) in texts.into_iter().chain(leads) {
            let value = from.get_deref(key, self.document);
            said.extend(value.and_then(decode_text_string).ok());
        }
        said
    }

    /// Title, author and the like.
    fn about(&mut self) -> Result<(), Problem> {
        let about = self.document.trailer.get_deref(b"Info", self.document);
        let Ok(about) = about.and_then(Object::as_dict) else { return Ok(()) };
        let mut text = String::new();
        for (name, value) in about {
            if let Ok(value) = decode_text_string(value) {
                text.push_str(&String::from_utf8_lossy(name));
                text.push_str(": ");
                text.push_str(&value);
                text.push('\n');
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        self.into.member(b"about", &mut text.as_bytes())
    }

    /// Embedded files by their names, and streams that are no picture, font or page.
    fn streams(&mut self) -> Result<(), Problem> {
        let names = self.file_names();
        let fonts = self.of_fonts();
        for (id, object) in self.document.objects.iter().take(OBJECTS) {
            let Object::Stream(stream) = object else { continue };
            if self.texts.contains(id) || fonts.contains(id) || is_for_eyes(stream) {
                continue;
            }
            let name = names.iter().find(|(of, _)| of == id).map(|(_, name)| name.clone());
            let name = name.unwrap_or_else(|| format!("object {}", id.0));
            match stream.get_plain_content_with_limit(STREAM) {
                Ok(bytes) => self.into.member(name.as_bytes(), &mut bytes.as_slice())?,
                Err(error) => {
                    let reason = told(&error);
                    self.into.left_out(name.as_bytes(), reason, None);
                }
            }
        }
        Ok(())
    }

    /// The streams of embedded files, with their names.
    fn file_names(&self) -> Vec<(ObjectId, String)> {
        let mut names = Vec::new();
        for object in self.document.objects.values().take(OBJECTS) {
            let Ok(file) = object.as_dict() else { continue };
            let Ok(embedded) = file.get_deref(b"EF", self.document).and_then(Object::as_dict)
            else {
                continue;
            };
            let name = file.get(b"UF").or_else(|_| file.get(b"F")).and_then(decode_text_string);
            for key in [&b"UF"[..], b"F"] {
                let id = embedded.get(key).and_then(Object::as_reference);
                if let (Ok(id), Ok(name)) = (id, &name) {
                    names.push((id, name.clone()));
                }
            }
        }
        names
    }

    /// What fonts consist of: how they are drawn and what their codes mean.
    fn of_fonts(&self) -> BTreeSet<ObjectId> {
        let mut ids = BTreeSet::new();
        for object in self.document.objects.values().take(OBJECTS) {
            let Ok(font) = object.as_dict() else { continue };
            for key in [
                &b"FontFile"[..],
                b"FontFile2",
                b"FontFile3",
                b"ToUnicode",
                b"CIDToGIDMap",
                b"CIDSet",
            ] {
                ids.extend(font.get(key).and_then(Object::as_reference).ok());
            }
        }
        ids
    }
}

/// Whether a stream is a picture, or a part of the document's own order, which was read.
fn is_for_eyes(stream: &Stream) -> bool {
    let of = |key: &[u8]| stream.dict.get(key).and_then(Object::as_name).unwrap_or_default();
    of(b"Subtype") == b"Image"
        || of(b"Type") == b"XRef"
        || of(b"Type") == b"ObjStm"
        || stream.dict.has(b"FunctionType")
        || stream.dict.has(b"ShadingType")
}

/// An error of the library in short: some of its words quote the document.
fn told(error: &lopdf::Error) -> Reason {
    use lopdf::Error;

    let what = match error {
        Error::Decryption(_) | Error::InvalidPassword => return encrypted(),
        Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => {
            "a stream that unpacks to very much"
        }
        Error::Decompress(_) => "a stream that cannot be unpacked",
        _ => "not what a PDF document is",
    };
    Reason::Corrupt(what.to_owned())
}
