//! The text of one page, put together as it is shown: letters that stand beside one
//! another are one word, however many operations draw them, and a new line on the page
//! is one in the text.

use std::collections::{BTreeMap, HashSet};

use lopdf::{Dictionary, Document, Error, Object, ObjectId, Stream, content::Content};

use super::font::Font;

/// Forms that are drawn within one another.
const DEEPEST: usize = 8;

/// A page's text is cut here; what is drawn over and over was made to be long.
const LONGEST: usize = 32 << 20;

/// How far letters are moved apart, in thousandths of their size, where people see a
/// space.
const GAP: f32 = 180.0;

/// The text of a page; `most` bounds what its streams become.
pub(super) fn text(document: &Document, page: ObjectId, most: usize) -> Result<String, Error> {
    let content = document.get_page_content_with_limit(page, most)?;
    let mut drawing = Drawing {
        document,
        most,
        text: String::new(),
        fonts: BTreeMap::new(),
        inside: HashSet::new(),
        line: None,
    };
    let (own, shared) = document.get_page_resources(page)?;
    let shared = shared.into_iter().filter_map(|id| document.get_dictionary(id).ok());
    let resources: Vec<&Dictionary> = own.into_iter().chain(shared).collect();
    drawing.draw(&content, &resources);
    Ok(drawing.text)
}

struct Drawing<'d> {
    document: &'d Document,
    most: usize,
    text: String,
    /// By where the font is in memory: it is one for each page that uses it.
    fonts: BTreeMap<*const Dictionary, Font<'d>>,
    /// Forms that are being drawn.
    inside: HashSet<ObjectId>,
    /// Where the line that is being written stands on the page.
    line: Option<f32>,
}

/// Where text is drawn, in units of the text.
#[derive(Clone, Copy)]
struct Pen {
    font: Option<*const Dictionary>,
    size: f32,
    /// What a matrix makes of a unit.
    scale: f32,
    /// Of the line that began last.
    across: f32,
    down: f32,
    leading: f32,
    /// What was drawn since then takes up so much.
    drawn: f32,
    /// Whether something moved it since text was drawn last, and how far from the end of
    /// that.
    moved: Option<f32>,
}

impl Pen {
    fn to(&mut self, across: f32, down: f32, scale: f32) {
        // In units of before, which are those of what was drawn.
        let gap = (across - self.across) / self.scale.max(1e-3) - self.drawn;
        self.moved = Some(gap + self.moved.unwrap_or_default());
        (self.across, self.down, self.scale, self.drawn) = (across, down, scale, 0.0);
    }
}

impl<'d> Drawing<'d> {
    fn draw(&mut self, content: &[u8], resources: &[&'d Dictionary]) {
        let mut pen = Pen {
            font: None,
            size: 1.0,
            scale: 1.0,
            across: 0.0,
            down: 0.0,
            leading: 0.0,
            drawn: 0.0,
            moved: Some(f32::MAX),
        };
        for operation in Content::decode_iter(content) {
            // What follows an operation that cannot be read is not text of a page.
            let Ok(operation) = operation else { break };
            if self.text.len() > LONGEST {
                break;
            }
            let operands = operation.operands.as_slice();
            let number = |at: usize| operands.get(at).and_then(|it| it.as_float().ok());
            let (Pen { across, down, scale, leading, .. }, operator) =
                (pen, operation.operator.as_str());
            match operator {
                "BT" => {
                    pen.to(0.0, 0.0, 1.0);
                    pen.moved = Some(f32::MAX);
                }
                "Td" | "TD" => {
                    let [along, up] = [0, 1].map(|at| number(at).unwrap_or_default());
                    pen.to(across + along * scale, down + up * scale, scale);
                    if operator == "TD" {
                        pen.leading = -up;
                    }
                }
                "Tm" => {
                    let matrix = [0, 1, 4, 5].map(|at| number(at).unwrap_or_default());
                    let [a, b, across, down] = matrix;
                    pen.to(across, down, a.abs().max(b.abs()));
                }
                "TL" => pen.leading = number(0).unwrap_or_default(),
                "T*" => pen.to(across, down - leading * scale, scale),
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    pen.font = name.and_then(|name| self.font(name, resources));
                    pen.size = number(1).unwrap_or(1.0).abs();
                }
                "Tj" | "TJ" => self.show(&mut pen, operands),
                "'" | "\"" => {
                    pen.to(across, down - leading * scale, scale);
                    self.end_line();
                    self.show(&mut pen, &operands[operands.len().saturating_sub(1)..]);
                }
                "Do" => {
                    if let Some(name) = operands.first().and_then(|name| name.as_name().ok()) {
                        self.form(name, resources);
                    }
                }
                _ => {}
            }
        }
        self.end_line();
    }

    /// Begins a new line of text where the pen is on another line of the page, and
    /// parts words where it left a gap.
    fn turn(&mut self, pen: &mut Pen) {
        let Some(gap) = pen.moved.take() else { return };
        let (line, size) = (self.line.replace(pen.down), pen.size * pen.scale);
        match line {
            Some(line) if (line - pen.down).abs() <= size * 0.3 => {
                // A word that is drawn where another stands is one of its own.
                let is_apart = gap > pen.size * GAP / 1000.0 || gap < -pen.size;
                if is_apart && !self.text.ends_with([' ', '\n']) {
                    self.text.push(' ');
                }
            }
            Some(_) => self.end_line(),
            None => {}
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn show(&mut self, pen: &mut Pen, operands: &[Object]) {
        self.turn(pen);
        for operand in operands {
            match operand {
                Object::String(bytes, _) => {
                    let font = pen.font.and_then(|font| self.fonts.get(&font));
                    let (text, width) = match font {
                        Some(font) => (font.text(bytes), font.width(bytes)),
                        None => (String::from_utf8_lossy(bytes).into_owned(), 0.0),
                    };
                    self.text.push_str(&text);
                    pen.drawn += width / 1000.0 * pen.size;
                }
                Object::Array(parts) => {
                    for part in parts {
                        match (part, part.as_float()) {
                            (Object::String(..), _) => self.show(pen, std::slice::from_ref(part)),
                            (_, Ok(back)) => {
                                pen.drawn -= back / 1000.0 * pen.size;
                                if back < -GAP && !self.text.ends_with([' ', '\n']) {
                                    self.text.push(' ');
                                }
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A font by its name, with how its codes become letters.
    fn font(&mut self, name: &[u8], resources: &[&'d Dictionary]) -> Option<*const Dictionary> {
        let font = resources.iter().find_map(|it| {
            let fonts = it.get_deref(b"Font", self.document).and_then(Object::as_dict).ok()?;
            fonts.get_deref(name, self.document).and_then(Object::as_dict).ok()
        })?;
        let key: *const Dictionary = font;
        let (document, most) = (self.document, self.most);
        self.fonts.entry(key).or_insert_with(|| Font::of(document, font, most));
        Some(key)
    }

    /// A form, which is a page within the page.
    fn form(&mut self, name: &[u8], resources: &[&'d Dictionary]) {
        let found = resources.iter().find_map(|it| {
            let forms = it.get_deref(b"XObject", self.document).and_then(Object::as_dict).ok()?;
            let id = forms.get(name).and_then(Object::as_reference).ok()?;
            Some((id, self.document.get_object(id).and_then(Object::as_stream).ok()?))
        });
        let Some((id, form)) = found else { return };
        if !is_form(form) || self.inside.len() >= DEEPEST || !self.inside.insert(id) {
            return;
        }
        let own = form.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict);
        let resources: Vec<&Dictionary> =
            own.into_iter().chain(resources.iter().copied()).collect();
        if let Ok(content) = form.get_plain_content_with_limit(self.most) {
            self.draw(&content, &resources);
        }
        self.inside.remove(&id);
    }
}

fn is_form(stream: &Stream) -> bool {
    stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form")
}
