//! The head of a record or of an answer: lines of names and values up to an empty one.

/// A head as it was written.
pub(super) struct Head(Vec<u8>);

impl Head {
    /// From its bytes, the empty line included.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// All of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// All but its first line: with that, a record's would be a file of records again.
    pub(super) fn fields(&self) -> &[u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        &self.0[end..]
    }

    /// The value of a field, by its name in lower case, without blanks around it.
    pub(super) fn value(&self, name: &str) -> Option<&[u8]> {
        self.0.split(|byte| *byte == b'\n').find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let is_it = line[..colon].trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| line[colon + 1..].trim_ascii())
        })
    }

    /// How many bytes follow, if it says so.
    pub(super) fn length(&self) -> Option<u64> {
        str::from_utf8(self.value("content-length")?).ok()?.parse().ok()
    }

    /// What the record is of: its address, else its id, else its number.
    pub(super) fn name(&self, number: u64) -> Vec<u8> {
        let told = |field| {
            let value = self.value(field)?;
            let value = value.strip_prefix(b"<").unwrap_or(value);
            Some(value.strip_suffix(b">").unwrap_or(value)).filter(|name| !name.is_empty())
        };
        let told = told("warc-target-uri").or_else(|| told("warc-record-id"));
        told.map_or_else(|| format!("record {number}").into_bytes(), <[u8]>::to_vec)
    }
}
