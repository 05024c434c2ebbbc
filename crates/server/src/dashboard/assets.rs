//! What a page loads beside itself: style, scripts and an icon, in the binary. The path
//! of each holds a hash of what it is, so that a browser may keep it for good and never
//! has an old one.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

/// A year, in seconds, and the promise that it does not change.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// One thing that pages load.
struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    path: String,
}

/// The dashboard's style, and that of the pictures that `report` draws.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    let own = [
        include_str!("assets/tokens.css"),
        include_str!("assets/shell.css"),
        include_str!("assets/parts.css"),
        include_str!("assets/pages.css"),
    ];
    [&own.concat(), leeward_report::PICTURES, include_str!("assets/narrow.css")].concat()
});

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let script = "text/javascript; charset=utf-8";
    let style = "text/css; charset=utf-8";
    [
        ("app.css", style, STYLE.as_bytes()),
        ("theme.js", script, include_bytes!("assets/theme.js")),
        ("app.js", script, include_bytes!("assets/app.js")),
        ("charts.js", script, include_bytes!("assets/charts.js")),
        ("uplot.js", script, include_bytes!("assets/uplot-1.6.32.min.js")),
        ("uplot.css", style, include_bytes!("assets/uplot-1.6.32.min.css")),
        ("uplot-license.txt", "text/plain; charset=utf-8", include_bytes!("assets/uplot-LICENSE")),
        ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
    ]
    .map(|(name, media, bytes): (_, _, &[u8])| {
        let mut hash = String::new();
        for byte in &Sha256::digest(bytes)[..8] {
            // Writing into a text cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Asset { name, media, bytes, path: format!("/assets/{hash}/{name}") }
    })
    .into()
});

/// Where a page finds one of them.
pub(super) fn path(name: &str) -> &'static str {
    ALL.iter().find(|asset| asset.name == name).map_or("/assets/none", |asset| &asset.path)
}

/// Answers with one of them. One that was asked for by an old hash is sent too, but not
/// to be kept.
pub(super) async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ALL.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_it = asset.path.split('/').nth(2) == Some(hash.as_str());
    let keep = if is_it { FOR_GOOD } else { HeaderValue::from_static("no-cache") };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media)),
        (header::CACHE_CONTROL, keep),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, asset.bytes).into_response()
}
