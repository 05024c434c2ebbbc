//! Which database: a file of one's own, or a server. An address may hold a
//! password, so it is shown without.

use std::{fmt, path::PathBuf};

use zeroize::Zeroizing;

/// Where the state is kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file, made on first use with a directory for it.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Url),
}

impl Place {
    /// What begins with `postgres://` or `postgresql://` is a server, all else a path.
    pub fn parse(text: &str) -> Self {
        let is_server = ["postgres://", "postgresql://"].iter().any(|scheme| {
            text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        });
        if is_server { Self::Server(Url::new(text)) } else { Self::File(PathBuf::from(text)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(url) => url.fmt(f),
        }
    }
}

/// The address of a server, which may hold a password: shown without, and wiped.
#[derive(Clone)]
pub struct Url(Zeroizing<String>);

impl Url {
    /// From its text, which is looked at when it is connected to.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Whether a password stands in it, as far as that can be told.
    pub fn has_password(&self) -> bool {
        let (_, user, _) = self.parts();
        self.0.to_ascii_lowercase().contains("password=")
            || user.map_or(self.0.contains('@'), |user| user.contains(':'))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Scheme, user and password, and the rest up to the question mark.
    fn parts(&self) -> (&str, Option<&str>, &str) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let shown = rest.split(['?', '#']).next().unwrap_or_default();
        if rest[shown.len()..].contains('@') {
            // A password may hold the question mark: then nothing is shown.
            return (scheme, None, "…");
        }
        // An `@` in a password that somebody forgot to encode: the last one counts.
        match shown.rsplit_once('@') {
            Some((user, place)) => (scheme, Some(user), place),
            None => (scheme, None, shown),
        }
    }
}

impl fmt::Display for Url {
    /// Scheme, user, host and database: no password, and nothing of what follows a
    /// question mark, where one may stand too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, user, rest) = self.parts();
        write!(f, "{scheme}://")?;
        if let Some(user) = user {
            let name = user.split(':').next().unwrap_or_default();
            write!(f, "{name}@")?;
        }
        f.write_str(rest)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_the_password() {
        let shown = |text: &str| Url::new(text).to_string();
        assert_eq!(shown("postgres://me:pa@ss@db:5432/x?password=b"), "postgres://me@db:5432/x");
        assert_eq!(shown("postgresql:///x?host=/run&password=b"), "postgresql:///x");
        assert_eq!(shown("postgres://me:pa?ss@db/x"), "postgres://…");
        let debug = format!("{:?}", Place::parse("POSTGRES://me:word@db/x"));
        assert_eq!(debug, "Server(Url(POSTGRES://me@db/x))");
    }

    #[test]
    fn all_else_is_a_path() {
        for path in ["leeward.db", "postgres.db", "./postgres://x", "é"] {
            assert!(matches!(Place::parse(path), Place::File(_)), "{path}");
        }
    }
}
