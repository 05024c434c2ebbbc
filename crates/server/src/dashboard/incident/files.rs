//! What of an incident can be taken along: a report in three forms, and the pack of
//! evidence in one archive.

use std::io::{Cursor, Write as _};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use leeward_model::EventKind;
use leeward_report::{self as report, IncidentFormat, PackFile, Style};
use leeward_watch::entry::entry;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{Kept, number};
use crate::{
    Role,
    dashboard::{
        page,
        visit::{Fields, Visit},
    },
};

pub(in crate::dashboard) async fn report(
    visit: Visit,
    Path((id, format)): Path<(String, String)>,
) -> Result<Response, Response> {
    let id = number(&visit, &id)?;
    let (format, ending, media) = match format.as_str() {
        "html" => (IncidentFormat::Html, "html", "text/html; charset=utf-8"),
        "markdown" => (IncidentFormat::Markdown, "md", "text/markdown; charset=utf-8"),
        "json" => (IncidentFormat::Json, "json", "application/json"),
        _ => return Err(page::nothing_here(visit).await),
    };
    let kept = visit.store(move |store| Kept::read(store, id)).await?;
    let mut bytes = Vec::new();
    let written =
        kept.view(&visit, |view| report::write_incident(format, view, Style::PLAIN, &mut bytes));
    if let Err(error) = written {
        return Err(failed(&visit, &error.to_string()));
    }
    Ok(file(&format!("incident-{id}.{ending}"), media, bytes))
}

/// The pack of evidence. That it was written is an entry of the log.
pub(in crate::dashboard) async fn evidence(
    visit: Visit,
    Path(id): Path<String>,
    _fields: Fields,
) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    let id = number(&visit, &id)?;
    let (actor, now) = (visit.who.name.clone(), visit.now);
    let kept = visit
        .store(move |store| {
            Kept::read(store, id)?;
            let text = "a pack of evidence is being written";
            store.append(&[entry(id, now, &actor, EventKind::Exported, text, &[])])?;
            Kept::read(store, id)
        })
        .await?;
    let archive = kept.view(&visit, report::pack).and_then(|files| archive(&files));
    match archive {
        Ok(bytes) => Ok(file(&format!("incident-{id}-evidence.zip"), "application/zip", bytes)),
        Err(error) => Err(failed(&visit, &error.to_string())),
    }
}

/// Without times of this machine, so that the same evidence makes the same archive.
fn archive(files: &[PackFile]) -> std::io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for file in files {
        archive.start_file(file.name, options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn failed(visit: &Visit, why: &str) -> Response {
    page::refusal(visit, StatusCode::INTERNAL_SERVER_ERROR, "This could not be written", why)
}

fn file(name: &str, media: &'static str, bytes: Vec<u8>) -> Response {
    // The name is made of letters, digits and dashes.
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}
