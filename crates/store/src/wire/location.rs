//! The shape of a place.

use std::sync::Arc;

use leeward_model::{
    Commit, Encoding, Excerpt, FilePlace, GitObjectKind, GitPlace, History, Location, ObjectId,
    Position, Provenance, RemotePlace, Signature, Span, Tracking, Way,
};
use serde::{Deserialize, Serialize};

use super::{from_text, names, read, to_text, write};
use crate::trouble::Trouble;

#[derive(Serialize, Deserialize)]
struct WireLocation {
    from: WireProvenance,
    span: (u64, u64),
    start: (u64, u64),
    end: (u64, u64),
    /// Names on the way in; absent for what lies in the open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inside: Vec<String>,
    /// Absent for what no later layer of an image deletes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    decoded: Vec<String>,
    excerpt: String,
    mark: (usize, usize),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireProvenance {
    Stdin,
    File { path: String, tracking: String },
    Git { repository: String, kind: String, object: String, history: Option<WireHistory> },
    Remote(WireRemote),
}

#[derive(Serialize, Deserialize)]
struct WireRemote {
    source: String,
    service: String,
    item: String,
    url: String,
    path: Option<String>,
    author: Option<String>,
    at: Option<i64>,
    is_public: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct WireHistory {
    paths: Vec<String>,
    introduced: Option<WireCommit>,
    in_head: bool,
    reachable: bool,
    refs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireCommit {
    id: String,
    name: String,
    email: String,
    at: i64,
    committed_at: i64,
    summary: String,
}

names!(tracking_name, tracking_named, Tracking,
    Tracking::NoRepository => "no-repository",
    Tracking::Tracked => "tracked",
    Tracking::Untracked => "untracked",
    Tracking::Ignored => "ignored",
);

names!(kind_name, kind_named, GitObjectKind,
    GitObjectKind::Blob => "blob",
    GitObjectKind::Staged => "staged",
    GitObjectKind::Commit => "commit",
    GitObjectKind::Tag => "tag",
);

names!(encoding_name, encoding_named, Encoding,
    Encoding::Base64 => "base64",
    Encoding::Hex => "hex",
    Encoding::Percent => "percent",
    Encoding::Escape => "escape",
    Encoding::Utf16Le => "utf-16le",
    Encoding::Utf16Be => "utf-16be",
    Encoding::Concatenation => "concatenation",
);

/// A place as text.
///
/// # Errors
/// If it cannot be written.
pub fn write_location(location: &Location) -> Result<String, Trouble> {
    let from = match &*location.provenance {
        Provenance::Stdin => WireProvenance::Stdin,
        Provenance::File(place) => WireProvenance::File {
            path: to_text(&place.path),
            tracking: tracking_name(place.tracking).to_owned(),
        },
        Provenance::Git(place) => WireProvenance::Git {
            repository: place.repository.clone(),
            kind: kind_name(place.kind).to_owned(),
            object: place.object.to_string(),
            history: place.history.as_deref().map(history),
        },
        Provenance::Remote(place) => WireProvenance::Remote(remote(place)),
    };
    let pair = |position: Position| (position.line, position.column);
    write(WireLocation {
        from,
        inside: location.inside.names().iter().map(|name| to_text(name)).collect(),
        deleted_by: location.deleted_by.clone(),
        span: (location.span.start, location.span.end),
        start: pair(location.start),
        end: pair(location.end),
        decoded: location.decoded.iter().map(|layer| encoding_name(*layer).to_owned()).collect(),
        excerpt: location.excerpt.text.clone(),
        mark: (location.excerpt.mark.start, location.excerpt.mark.end),
    })
}

fn history(history: &History) -> WireHistory {
    WireHistory {
        paths: history.paths.iter().map(|path| to_text(path)).collect(),
        introduced: history.introduced.as_ref().map(|commit| WireCommit {
            id: commit.id.to_string(),
            name: commit.author.name.clone(),
            email: commit.author.email.clone(),
            at: commit.author.at,
            committed_at: commit.committed_at,
            summary: commit.summary.clone(),
        }),
        in_head: history.in_head,
        reachable: history.reachable,
        refs: history.refs.clone(),
    }
}

/// The place that a text says.
///
/// # Errors
/// If it says none.
pub fn read_location(text: &str) -> Result<Location, Trouble> {
    let wire: WireLocation = read(text)?;
    let provenance = match wire.from {
        WireProvenance::Stdin => Provenance::Stdin,
        WireProvenance::File { path, tracking } => Provenance::File(FilePlace {
            path: from_text(&path)?,
            tracking: tracking_named(&tracking)?,
        }),
        WireProvenance::Git { repository, kind, object, history } => Provenance::Git(GitPlace {
            repository,
            kind: kind_named(&kind)?,
            object: object_id(&object)?,
            history: history.map(read_history).transpose()?.map(Box::new),
        }),
        WireProvenance::Remote(wire) => Provenance::Remote(Box::new(read_remote(wire)?)),
    };
    let position = |(line, column): (u64, u64)| Position { line, column };
    let (from, to) = wire.mark;
    // Whoever shows the line cuts it there.
    if from > to || wire.excerpt.get(from..to).is_none() {
        return Err(Trouble::Corrupt("a mark lies outside its line".to_owned()));
    }
    Ok(Location {
        provenance: Arc::new(provenance),
        inside: Way::of(
            wire.inside.iter().map(|name| from_text(name)).collect::<Result<Vec<_>, _>>()?,
        ),
        deleted_by: wire.deleted_by,
        span: Span { start: wire.span.0, end: wire.span.1 },
        start: position(wire.start),
        end: position(wire.end),
        decoded: wire.decoded.iter().map(|name| encoding_named(name)).collect::<Result<_, _>>()?,
        excerpt: Excerpt { text: wire.excerpt, mark: from..to },
    })
}

fn remote(place: &RemotePlace) -> WireRemote {
    WireRemote {
        source: place.source.clone(),
        service: place.service.clone(),
        item: place.item.clone(),
        url: place.url.clone(),
        path: place.path.as_deref().map(to_text),
        author: place.author.clone(),
        at: place.at,
        is_public: place.is_public,
    }
}

fn read_remote(wire: WireRemote) -> Result<RemotePlace, Trouble> {
    Ok(RemotePlace {
        source: wire.source,
        service: wire.service,
        item: wire.item,
        url: wire.url,
        path: wire.path.as_deref().map(from_text).transpose()?,
        author: wire.author,
        at: wire.at,
        is_public: wire.is_public,
    })
}

fn read_history(wire: WireHistory) -> Result<History, Trouble> {
    let commit = |wire: WireCommit| {
        Ok::<_, Trouble>(Commit {
            id: object_id(&wire.id)?,
            author: Signature { name: wire.name, email: wire.email, at: wire.at },
            committed_at: wire.committed_at,
            summary: wire.summary,
        })
    };
    Ok(History {
        paths: wire.paths.iter().map(|path| from_text(path)).collect::<Result<_, _>>()?,
        introduced: wire.introduced.map(commit).transpose()?,
        in_head: wire.in_head,
        reachable: wire.reachable,
        refs: wire.refs,
    })
}

fn object_id(digits: &str) -> Result<ObjectId, Trouble> {
    ObjectId::from_hex(digits)
        .ok_or_else(|| Trouble::Corrupt("an object has a name that cannot be".to_owned()))
}
