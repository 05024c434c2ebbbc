//! One block that begins a member: ustar, what came before it, GNU's and POSIX's additions.

/// The size of everything in a tar file.
pub(super) const BLOCK: usize = 512;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    pub(super) kind: u8,
    /// Whether blocks with a map of holes follow (GNU).
    pub(super) has_map: bool,
}

/// Whether a block is a header: its checksum says so.
pub(super) fn is(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<BLOCK>() else { return false };
    let Some(said) = octal(&block[148..156]) else { return false };
    let (mut unsigned, mut signed) = (0_u64, 0_i64);
    for (at, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&at) { b' ' } else { *byte };
        unsigned += u64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    // Old programs added bytes up as signed ones.
    said == unsigned || i64::try_from(said) == Ok(signed)
}

impl Header {
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let mut name = text(&block[..100]).to_vec();
        let prefix = text(&block[345..500]);
        let is_gnu = block[257..265] == *b"ustar  \0";
        if block[257..262] == *b"ustar" && !is_gnu && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let kind = block[156];
        Self {
            name,
            size: number(&block[124..136]).unwrap_or(0),
            kind,
            has_map: kind == b'S' && is_gnu && block[482] != 0,
        }
    }

    /// Whether there is no data behind a header of this kind, or should be none: links,
    /// devices and directories.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self.kind, b'1'..=b'6')
    }
}

/// A field up to its end or the first zero.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in bytes if the first says so (GNU).
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 == 0 {
        return octal(field);
    }
    let (high, low) = field.split_at(field.len() - 8);
    // Beyond what fits there are only lies; and a negative size is one.
    if field[0] == 0xff || field[0] & 0x7f != 0 || high[1..].iter().any(|byte| *byte != 0) {
        return None;
    }
    low.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().skip_while(|byte| **byte == b' ');
    let mut number = None;
    for byte in digits {
        match byte {
            b'0'..=b'7' => {
                number = Some(number.unwrap_or(0_u64).checked_mul(8)? + u64::from(byte - b'0'));
            }
            b' ' | 0 => break,
            _ => return None,
        }
    }
    number
}

/// What an extended header (POSIX) says of the next member.
#[derive(Debug, Default)]
pub(super) struct Extended {
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
}

impl Extended {
    /// Reads records `27 path=some/where\n`, as far as they are ones.
    pub(super) fn add(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().take(20).position(|byte| *byte == b' ') {
            let len = std::str::from_utf8(&records[..space]).ok().and_then(|len| len.parse().ok());
            let Some(len) = len.filter(|len| (space + 2..=records.len()).contains(len)) else {
                return;
            };
            let record = &records[space + 1..len];
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            if let Some(equals) = record.iter().position(|byte| *byte == b'=') {
                let value = &record[equals + 1..];
                match &record[..equals] {
                    b"path" | b"GNU.sparse.name" => self.name = Some(text(value).to_vec()),
                    b"size" => {
                        let size = std::str::from_utf8(value).ok();
                        self.size = size.and_then(|size| size.parse().ok());
                    }
                    _ => {}
                }
            }
            records = &records[len..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_bytes() {
        assert_eq!(number(b"00000000644\0"), Some(0o644));
        assert_eq!(number(b"     644 \0\0\0"), Some(0o644));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(2 << 32));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"77777777777777777777777"), None);
        assert_eq!(number(b"            "), None);
    }

    #[test]
    fn records_are_read_as_far_as_they_are_ones() {
        let mut extended = Extended::default();
        extended.add(b"12 path=a/b\n17 size=12345678\n9999999 size=1\n");
        assert_eq!(extended.name.as_deref(), Some(&b"a/b"[..]));
        assert_eq!(extended.size, Some(12_345_678), "a record that is too long is none");
        extended.add(b"11 size=42\n0 x=\n11 size=43\n");
        assert_eq!(extended.size, Some(42));
    }
}
