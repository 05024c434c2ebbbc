//! The record of a key as its administration shows it, and whether it is the
//! record of a value that was found.

use leeward_dossier::administer::Record;
use leeward_model::Hint;
use serde_json::Value;

use crate::count::{time, whole};

/// What an administration shows of a key. Texts are the provider's and its
/// users', as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRecord {
    /// The id that it is deleted by; empty if the answer did not name it, as
    /// the answer to making a key may: find it by its name then.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// The value in masked form.
    pub hint: Option<String>,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub created: Option<i64>,
    /// When it ends: seconds since 1970-01-01 UTC, the beginning of the day
    /// where only a day is told.
    pub expires: Option<i64>,
    /// When it was last used, likewise.
    pub last_used: Option<i64>,
    /// The id of the workspace or project that it belongs to.
    pub workspace_id: Option<String>,
    /// The name of that.
    pub workspace: Option<String>,
    /// Who made it.
    pub creator: Option<String>,
    /// What it is for.
    pub product: Option<String>,
    /// Whether this administrator can delete it; `None` if that is not told.
    pub deletable: Option<bool>,
    /// Why it cannot be deleted.
    pub undeletable: Option<String>,
}

impl KeyRecord {
    /// Reads one.
    pub(super) fn read(record: &Record, json: &Value) -> Self {
        let text = |at: &Option<String>| text_at(json, at.as_deref()?);
        let moment = |at: &Option<String>| value_at(json, at.as_deref()?).and_then(time);
        Self {
            id: value_at(json, &record.id).and_then(whole).unwrap_or_default(),
            name: text(&record.name),
            hint: text(&record.hint),
            created: moment(&record.created),
            expires: moment(&record.expires),
            last_used: moment(&record.last_used),
            workspace_id: text(&record.workspace_id),
            workspace: text(&record.workspace),
            creator: text(&record.creator),
            product: text(&record.product),
            deletable: record.deletable.as_ref().and_then(|at| value_at(json, at)?.as_bool()),
            undeletable: text(&record.undeletable),
        }
    }

    /// Whether the end that its masked form shows and some characters agree, as
    /// far as both go.
    pub(super) fn may_end_with(&self, tail: &str) -> bool {
        let shown = self.hint.as_deref().map(|hint| hint.trim().rsplit(is_mask).next());
        let shown = shown.flatten().unwrap_or_default();
        !shown.is_empty() && (shown.ends_with(tail) || tail.ends_with(shown))
    }

    /// Whether its masked form and a hint are of the same value: both ends must
    /// be shown on both sides, and agree as far as both show them. One that
    /// shows the end alone is not enough to delete a key by.
    pub fn matches(&self, hint: &Hint) -> bool {
        let Some((head, tail)) = self.hint.as_deref().and_then(ends) else { return false };
        let Some((known_head, known_tail)) = hint.ends() else { return false };
        let begins = head.starts_with(known_head) || known_head.starts_with(head);
        let ends = tail.ends_with(known_tail) || known_tail.ends_with(tail);
        begins && ends
    }
}

/// Whether a character stands for hidden ones, or is one of several dots.
fn is_mask(c: char) -> bool {
    c == '.' || MASKS.contains(&c)
}

const MASKS: [char; 5] = ['…', '*', '•', '·', '●'];

/// What a masked form shows before and after what it hides; nothing if either
/// is less than two characters, or nothing is hidden.
fn ends(masked: &str) -> Option<(&str, &str)> {
    let masked = masked.trim();
    let from = [masked.find(MASKS), masked.find("..")].into_iter().flatten().min()?;
    let dots = masked.rfind("..").map(|at| at + 2);
    let mask =
        masked.rfind(MASKS).map(|at| at + masked[at..].chars().next().map_or(0, char::len_utf8));
    let to = [dots, mask].into_iter().flatten().max()?;
    let (head, tail) = (&masked[..from], &masked[to..]);
    let is_enough = |end: &str| end.chars().count() >= 2;
    (is_enough(head) && is_enough(tail)).then_some((head, tail))
}

/// What stands at the first of some pointers, parted by `|`, that leads to
/// something.
pub(super) fn value_at<'v>(json: &'v Value, pointers: &str) -> Option<&'v Value> {
    let mut pointers = pointers.split('|').filter_map(|pointer| json.pointer(pointer));
    pointers.find(|value| !value.is_null())
}

/// A text, as it came, unless it is longer than anybody reads.
pub(super) fn text_at(json: &Value, pointers: &str) -> Option<String> {
    const LONGEST: usize = 512;
    let text = match value_at(json, pointers)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let short = text.char_indices().nth(LONGEST).map(|(end, _)| format!("{}…", &text[..end]));
    Some(short.unwrap_or(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(masked: &str) -> KeyRecord {
        KeyRecord { hint: Some(masked.to_owned()), ..KeyRecord::default() }
    }

    #[test]
    fn masks_of_every_sort_are_read() {
        let hint = Hint::from_text("HQSx…Ug6Y");
        for masked in [
            "HQSx...Ug6Y",
            "HQSx…Ug6Y",
            "HQSx********Ug6Y",
            "HQSx••••Ug6Y",
            "HQSx*...*Ug6Y",
            " HQSx..Ug6Y\n",
            "HQSxf...2Ug6Y",
            "HQ...6Y",
        ] {
            assert!(of(masked).matches(&hint), "{masked}");
        }
    }

    #[test]
    fn another_key_does_not_match() {
        let hint = Hint::from_text("HQSx…Ug6Y");
        for masked in [
            "HQSy...Ug6Y",
            "HQSx...Ug6X",
            "hqsx...ug6y",
            "...Ug6Y",
            "HQSx...",
            "****",
            "H...Y",
            "",
            "HQSxUg6Y",
            "Ug6Y...HQSx",
        ] {
            assert!(!of(masked).matches(&hint), "{masked}");
        }
        assert!(!KeyRecord::default().matches(&hint));
        assert!(!KeyRecord::default().may_end_with("Ug6Y"));
        for (masked, may) in [("HQSx...Ug6Y", true), ("sk-...g6Y", true), ("***Y6gU", false)] {
            assert_eq!(of(masked).may_end_with("Ug6Y"), may, "{masked}");
        }
        assert!(!of("HQSx...Ug6Y").matches(&Hint::from_text("…")));
    }
}
