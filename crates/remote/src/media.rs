//! Files that show or play something: nothing in them is text, so they are not asked for.
//! What a file is called tells, and the media type where a service says one. It looks at
//! no bytes.

/// Extensions of files that hold nothing but a picture, sound or moving pictures, for
/// those whose media type says nothing.
const PICTURES: &[&str] = &[
    "avif", "bmp", "gif", "heic", "heif", "icns", "ico", "jfif", "jpe", "jpeg", "jpg", "png",
    "psd", "tif", "tiff", "webp",
];
const SOUNDS: &[&str] =
    &["aac", "aif", "aiff", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav", "wma"];
const VIDEOS: &[&str] =
    &["3gp", "avi", "flv", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogv", "webm", "wmv"];

/// Extensions of texts that are taken for pictures or videos: systems call TypeScript
/// `video/mp2t`, and SVG is XML.
const TEXTS: &[&str] = &["cts", "mts", "svg", "svgz", "ts"];

/// Media types that say nothing.
const ANYTHING: &[&str] =
    &["", "application/binary", "application/octet-stream", "binary/octet-stream"];

/// Why a file is not read, by its name and its media type in lower case, which may be
/// empty; `None` for one that is.
pub(crate) fn shows(name: &str, media: &str) -> Option<&'static str> {
    const KINDS: [(&str, &[&str], &str); 3] = [
        ("image/", PICTURES, "a picture is not read"),
        ("audio/", SOUNDS, "a sound is not read"),
        ("video/", VIDEOS, "a video is not read"),
    ];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is = |one: &&str| extension.eq_ignore_ascii_case(one);
    if media.starts_with("image/svg") || TEXTS.iter().any(is) {
        return None;
    }
    let says_nothing = ANYTHING.contains(&media);
    let (_, _, why) = KINDS.iter().find(|(kind, extensions, _)| {
        media.starts_with(kind) || (says_nothing && extensions.iter().any(is))
    })?;
    Some(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_read_is_told_by_its_name_or_type() {
        for (name, media, why) in [
            ("a.png", "image/png", Some("a picture is not read")),
            ("a.JPG", "", Some("a picture is not read")),
            ("a.mp3", "application/octet-stream", Some("a sound is not read")),
            ("a", "video/mp4", Some("a video is not read")),
            ("a.png", "application/zip", None),
            ("a.svg", "image/svg+xml", None),
            ("a", "image/svg+xml", None),
            ("settings.ts", "video/mp2t", None),
            ("a.docx", "application/octet-stream", None),
            ("a.png.txt", "", None),
            ("png", "", None),
        ] {
            assert_eq!(shows(name, media), why, "{name} {media}");
        }
    }
}
