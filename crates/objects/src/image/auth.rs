//! Signing in to a registry: it answers a request with where a token is to be had, and
//! for what. A credential goes to the registry itself, and to a place for tokens of the
//! same domain; to no other host, whatever the registry says.

use url::Url;

/// What a registry wants before it answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// User and password.
    Basic,
    /// A token from this address.
    Token(Url),
}

/// Reads `WWW-Authenticate`, for pulling from a repository.
pub(super) fn wanted(header: &str, repository: &str) -> Option<Wanted> {
    let (kind, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if kind.eq_ignore_ascii_case("basic") {
        return Some(Wanted::Basic);
    }
    if !kind.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut url = Url::parse(&parameter(rest, "realm")?).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    // What it is for is ours to say: nothing but reading this repository.
    let scope = format!("repository:{repository}:pull");
    {
        let mut query = url.query_pairs_mut();
        if let Some(service) = parameter(rest, "service") {
            query.append_pair("service", &service);
        }
        query.append_pair("scope", &scope);
    }
    Some(Wanted::Token(url))
}

fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, more) = after.split_once('"')?;
        if before.trim_start_matches([',', ' ']).trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = more;
    }
    None
}

/// Whether a registry's credential may be shown where it says tokens are to be had: at
/// the same host, or over HTTPS at another one of its domain.
pub(super) fn may_know(registry: &Url, realm: &Url) -> bool {
    let (Some(home), Some(host)) = (registry.host_str(), realm.host_str()) else { return false };
    if realm.origin() == registry.origin() {
        return true;
    }
    let domain = |host: &str| -> Option<String> {
        let mut labels = host.rsplit('.');
        let (last, second) = (labels.next()?, labels.next()?);
        // Two labels are no domain of anybody's where the first is as short as in
        // `co.uk`, and addresses have none.
        let is_name = second.len() > 3 || matches!(second, "gcr" | "ecr");
        (is_name && last.bytes().all(|b| b.is_ascii_alphabetic()))
            .then(|| format!("{second}.{last}"))
    };
    realm.scheme() == "https"
        && (home == host || domain(home).is_some_and(|home| domain(host) == Some(home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_reading_alone() {
        let header = r#"Bearer realm="https://auth.example.com/token",service="r",scope="repository:a:pull,push""#;
        let Some(Wanted::Token(url)) = wanted(header, "team/app") else { panic!("a token") };
        assert_eq!(
            url.as_str(),
            "https://auth.example.com/token?service=r&scope=repository%3Ateam%2Fapp%3Apull"
        );
        assert_eq!(wanted("Basic realm=\"r\"", "a"), Some(Wanted::Basic));
        assert_eq!(wanted("Negotiate", "a"), None);
    }

    #[test]
    fn a_credential_stays_in_its_domain() {
        let may = |registry: &str, realm: &str| {
            may_know(&Url::parse(registry).expect("one"), &Url::parse(realm).expect("one"))
        };
        assert!(may("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"));
        assert!(may("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000/token"));
        assert!(!may("https://registry.example.com/", "https://evil.example.net/token"));
        assert!(!may("https://registry.example.com/", "http://auth.example.com/token"));
        assert!(!may("https://r.a.co.uk/", "https://evil.co.uk/token"));
        assert!(!may("https://10.0.0.1/", "https://10.9.0.1/token"));
        assert!(!may("http://127.0.0.1:5000/", "http://127.0.0.1:6000/token"));
    }
}
