//! The texts of a workbook, which cells name by number.

use std::io::BufRead;

use quick_xml::{Reader, events::Event};

use super::text::{lenient, resolve};

/// The texts, and which of them a cell has named.
#[derive(Default)]
pub(super) struct Strings {
    texts: Vec<String>,
    used: Vec<bool>,
    /// Whether all of them could be held.
    pub(super) is_whole: bool,
}

impl Strings {
    /// Reads them, as long as they fit into `most` bytes.
    pub(super) fn read(reader: impl BufRead, most: u64) -> Self {
        let mut reader = Reader::from_reader(reader);
        lenient(&mut reader);
        let (mut strings, mut buffer) = (Self::default(), Vec::new());
        let (mut text, mut in_text, mut in_item, mut held) = (String::new(), false, false, 0);
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Start(start)) => match start.local_name().as_ref() {
                    b"si" => in_item = true,
                    b"t" => in_text = in_item,
                    // How a text is said aloud.
                    b"rPh" => in_item = false,
                    _ => {}
                },
                Ok(Event::End(end)) => match end.local_name().as_ref() {
                    b"si" => {
                        in_item = false;
                        held += (text.len() + size_of::<String>()) as u64;
                        strings.texts.push(std::mem::take(&mut text));
                    }
                    b"t" => in_text = false,
                    b"rPh" => in_item = true,
                    _ => {}
                },
                Ok(Event::Empty(start)) if start.local_name().as_ref() == b"si" => {
                    strings.texts.push(String::new());
                }
                Ok(Event::Text(part)) if in_text => text.push_str(&String::from_utf8_lossy(&part)),
                Ok(Event::CData(part)) if in_text => text.push_str(&String::from_utf8_lossy(&part)),
                Ok(Event::GeneralRef(name)) if in_text => resolve(&name, &mut text),
                Ok(Event::Eof) => {
                    strings.is_whole = true;
                    break;
                }
                // What was read stands; the rest is handed out as text.
                Err(_) => break,
                Ok(_) => {}
            }
            if held + text.len() as u64 > most {
                break;
            }
        }
        strings.used = vec![false; strings.texts.len()];
        strings
    }

    /// A text by its number.
    pub(super) fn get(&mut self, number: usize) -> Option<&str> {
        *self.used.get_mut(number)? = true;
        self.texts.get(number).map(String::as_str)
    }

    /// The texts that no cell has named, a line each.
    pub(super) fn unused(&self) -> String {
        let left = self.texts.iter().zip(&self.used).filter(|(_, used)| !**used);
        left.map(|(text, _)| format!("{text}\n")).collect()
    }
}
