//! Rows of tables as JSON, for forms that have tables.

/// Longer bytes of a column are cut where they are written as base64: what they hold is
/// in the bytes of the container.
const BLOB: usize = 1 << 20;

/// Writes a string with its quotation marks.
pub(super) fn string(text: &str, line: &mut Vec<u8>) {
    line.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => line.extend(b"\\\""),
            b'\\' => line.extend(b"\\\\"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            0..0x20 => line.extend(format!("\\u{byte:04x}").bytes()),
            _ => line.push(byte),
        }
    }
    line.push(b'"');
}

/// Writes bytes: as the text they are, or else in base64.
pub(super) fn blob(bytes: &[u8], line: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if let Ok(text) = std::str::from_utf8(bytes) {
        return string(text, line);
    }
    line.push(b'"');
    for three in bytes[..bytes.len().min(BLOB)].chunks(3) {
        let all = three.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let all = all << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(all >> (18 - 6 * at)) as usize & 63];
            line.push(if at > three.len() { b'=' } else { digit });
        }
    }
    line.push(b'"');
}
