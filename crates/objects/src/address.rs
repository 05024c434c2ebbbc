//! Where objects lie, as it is typed: `s3://bucket/prefix`, `gs://bucket/prefix`,
//! `az://container/prefix`.

use std::fmt;

use leeward_model::SafeText;

/// What kind of store holds a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `s3`: the one that most others speak, too.
    S3,
    /// `gs`
    Gs,
    /// `az`
    Az,
}

impl Scheme {
    /// As it is typed, without `://`.
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gs => "gs",
            Self::Az => "az",
        }
    }
}

/// A bucket, or those of its objects whose keys begin with something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(crate) scheme: Scheme,
    pub(crate) bucket: String,
    /// What the keys begin with; empty for all of them.
    pub(crate) prefix: String,
}

/// An address that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadAddress {
    /// There is no bucket in it, or its name cannot be one. As it was typed.
    Bucket(String),
    /// This program was built without the client of object stores.
    NotBuilt(Scheme),
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(text) => write!(
                f,
                "`{}` names no bucket: write `s3://BUCKET`, or `s3://BUCKET/PREFIX` for the keys \
                 that begin with PREFIX; likewise `gs://` and `az://`",
                SafeText::new(text)
            ),
            Self::NotBuilt(scheme) => write!(
                f,
                "this `leeward` was built without object stores, so `{}://` cannot be scanned: \
                 build it with `cargo build --features buckets`, or copy the objects to a \
                 directory and scan that",
                scheme.name()
            ),
        }
    }
}

impl std::error::Error for BadAddress {}

impl Address {
    /// Whether a text is meant as an address of objects, however wrong.
    pub fn is_meant(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Reads an address as it was typed.
    ///
    /// # Errors
    /// What names no bucket; and every address, if the program was built without the
    /// client of object stores.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress::Bucket(text.to_owned());
        let (scheme, rest) = scheme(text).ok_or_else(bad)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        // Letters, digits and what the stores allow between them: nothing that could be
        // taken for another host.
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name = !bucket.starts_with(['.', '-']) && bucket.bytes().all(is_part);
        if bucket.is_empty() || bucket.len() > 222 || !is_name {
            return Err(bad());
        }
        if cfg!(not(feature = "buckets")) {
            return Err(BadAddress::NotBuilt(scheme));
        }
        Ok(Self { scheme, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// What kind of store it is.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket, as `s3://bucket`: what every path of its objects begins with.
    pub fn root(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.bucket)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.as_str() {
            "" => f.write_str(&self.root()),
            prefix => write!(f, "{}/{prefix}", self.root()),
        }
    }
}

fn scheme(text: &str) -> Option<(Scheme, &str)> {
    [Scheme::S3, Scheme::Gs, Scheme::Az]
        .into_iter()
        .find_map(|scheme| Some((scheme, text.strip_prefix(scheme.name())?.strip_prefix("://")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_name_and_nothing_else() {
        for wrong in ["s3://", "s3:///key", "gs://a@b/c", "az://a:80/c", "s3://.x", "s3://a?b"] {
            assert!(Address::is_meant(wrong));
            assert_eq!(Address::parse(wrong), Err(BadAddress::Bucket(wrong.to_owned())));
        }
        assert!(!Address::is_meant("https://s3.example.com/a"));
    }

    #[test]
    #[cfg(feature = "buckets")]
    fn a_prefix_is_kept_as_it_was_typed() {
        for right in ["s3://logs", "gs://logs/2026/", "az://logs/a//b"] {
            assert_eq!(Address::parse(right).expect("an address").to_string(), right);
        }
    }

    #[test]
    #[cfg(not(feature = "buckets"))]
    fn what_was_not_built_says_how_to_build_it() {
        let refused = Address::parse("s3://logs").expect_err("not built").to_string();
        assert!(refused.contains("--features buckets"), "{refused}");
    }
}
