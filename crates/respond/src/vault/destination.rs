//! Where a new value is to be kept, as the user writes it. It opens nothing
//! and holds no secret: names and paths only.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{Reference, Wanted, access};

/// A place for one secret value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `vault:MOUNT/PATH#KEY`: a key of a secret in a KV engine of version 2,
    /// of HashiCorp Vault or OpenBao.
    Vault {
        /// Mount and path, as `vault kv get` takes them.
        path: String,
        /// The key within the secret.
        key: String,
    },
    /// `aws:[REGION/]NAME[#JSON-KEY]`: AWS Secrets Manager.
    Aws {
        /// The region, if it is not the one of the environment.
        region: Option<String>,
        /// Name or ARN.
        name: String,
        /// The key, if the secret is a JSON object of several.
        key: Option<String>,
    },
    /// `kubernetes:[NAMESPACE/]NAME#KEY`: a Kubernetes Secret.
    Kubernetes {
        /// The namespace, if it is not the one of the context.
        namespace: Option<String>,
        /// The name of the Secret.
        name: String,
        /// The key in its data.
        key: String,
    },
    /// `github:OWNER/REPO[@ENVIRONMENT]#NAME`: a secret of GitHub Actions.
    GitHub {
        /// Who owns the repository.
        owner: String,
        /// The repository.
        repository: String,
        /// The environment, if the secret is of one.
        environment: Option<String>,
        /// The secret's name.
        name: String,
    },
    /// `sops:FILE#KEY`: a value in a SOPS file; steps of a nested key are
    /// separated by `/`.
    Sops {
        /// The file.
        file: PathBuf,
        /// The key's steps.
        key: Vec<String>,
    },
    /// `age:FILE`: a file that holds the value alone, encrypted to recipients.
    Age {
        /// The file.
        file: PathBuf,
    },
    /// `env:FILE#NAME`: a line of a dotenv file that Git ignores.
    Env {
        /// The file.
        file: PathBuf,
        /// The variable.
        name: String,
    },
}

/// Why a text names no destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadDestination {
    /// No kind, or one that is not known.
    Kind,
    /// Of a known kind, but not of its form.
    Form {
        /// How it is written.
        form: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// It holds a control character.
    Control,
}

impl fmt::Display for BadDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => {
                f.write_str("not a place for secrets; write one of")?;
                FORMS.iter().enumerate().try_for_each(|(index, form)| {
                    write!(f, "{}`{form}`", if index == 0 { " " } else { ", " })
                })
            }
            Self::Form { form, why } => write!(f, "{why}; write `{form}`"),
            Self::Control => f.write_str("a place for secrets holds no control characters"),
        }
    }
}

impl std::error::Error for BadDestination {}

const VAULT: &str = "vault:MOUNT/PATH#KEY";
const AWS: &str = "aws:[REGION/]NAME[#JSON-KEY]";
const KUBERNETES: &str = "kubernetes:[NAMESPACE/]NAME#KEY";
const GITHUB: &str = "github:OWNER/REPO[@ENVIRONMENT]#NAME";
const SOPS: &str = "sops:FILE#KEY";
const AGE: &str = "age:FILE";
const ENV: &str = "env:FILE#NAME";
const FORMS: [&str; 7] = [VAULT, AWS, KUBERNETES, GITHUB, SOPS, AGE, ENV];

impl Destination {
    /// Reads what the user wrote.
    ///
    /// # Errors
    /// What names no place, with the form it should have.
    pub fn parse(text: &str) -> Result<Self, BadDestination> {
        if text.chars().any(char::is_control) {
            return Err(BadDestination::Control);
        }
        let (kind, rest) = text.split_once(':').ok_or(BadDestination::Kind)?;
        match kind {
            "vault" => vault(rest),
            "aws" => aws(rest),
            "kubernetes" => kubernetes(rest),
            "github" => github(rest),
            "sops" => sops(rest),
            "age" if rest.is_empty() => Err(bad(AGE, "it names no file")),
            "age" => Ok(Self::Age { file: PathBuf::from(rest) }),
            "env" => env(rest),
            _ => Err(BadDestination::Kind),
        }
    }

    /// The variables of the environment that this place is reached with. The
    /// caller reads them and hands them over in [`super::Access`].
    pub fn wants(&self) -> &'static [Wanted] {
        match self {
            Self::Vault { .. } => access::VAULT,
            Self::Aws { .. } => access::AWS,
            Self::Kubernetes { .. } => access::KUBERNETES,
            Self::GitHub { .. } => access::GITHUB,
            Self::Age { .. } => access::AGE,
            Self::Sops { .. } => access::SOPS,
            Self::Env { .. } => &[],
        }
    }

    /// How code and configuration refer to the value there.
    pub fn reference(&self) -> Reference {
        Reference::to(self)
    }

    /// The file, if the place is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sops { file, .. } | Self::Age { file } | Self::Env { file, .. } => Some(file),
            _ => None,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maybe = |text: &Option<String>, before: &str, after: &str| {
            text.as_ref().map(|text| format!("{before}{text}{after}")).unwrap_or_default()
        };
        match self {
            Self::Vault { path, key } => write!(f, "vault:{path}#{key}"),
            Self::Aws { region, name, key } => {
                write!(f, "aws:{}{name}{}", maybe(region, "", "/"), maybe(key, "#", ""))
            }
            Self::Kubernetes { namespace, name, key } => {
                write!(f, "kubernetes:{}{name}#{key}", maybe(namespace, "", "/"))
            }
            Self::GitHub { owner, repository, environment, name } => {
                write!(f, "github:{owner}/{repository}{}#{name}", maybe(environment, "@", ""))
            }
            Self::Sops { file, key } => write!(f, "sops:{}#{}", file.display(), key.join("/")),
            Self::Age { file } => write!(f, "age:{}", file.display()),
            Self::Env { file, name } => write!(f, "env:{}#{name}", file.display()),
        }
    }
}

fn bad(form: &'static str, why: &'static str) -> BadDestination {
    BadDestination::Form { form, why }
}

/// What stands before and after the last `#`, neither of them empty.
fn keyed<'a>(rest: &'a str, form: &'static str) -> Result<(&'a str, &'a str), BadDestination> {
    rest.rsplit_once('#')
        .filter(|(place, key)| !place.is_empty() && !key.is_empty())
        .ok_or(bad(form, "a name stands before `#` and a key after it"))
}

fn vault(rest: &str) -> Result<Destination, BadDestination> {
    let (path, key) = keyed(rest, VAULT)?;
    let steps: Vec<&str> = path.split('/').collect();
    if steps.len() < 2 || steps.iter().any(|step| matches!(*step, "" | "." | "..")) {
        return Err(bad(VAULT, "mount and path are steps separated by one `/`"));
    }
    Ok(Destination::Vault { path: path.to_owned(), key: key.to_owned() })
}

fn aws(rest: &str) -> Result<Destination, BadDestination> {
    let (place, key) = match rest.split_once('#') {
        Some((_, "")) => return Err(bad(AWS, "no key stands after `#`")),
        Some((place, key)) => (place, Some(key.to_owned())),
        None => (rest, None),
    };
    // A secret's name may hold `/` too.
    let (region, name) = match place.split_once('/') {
        Some((first, name)) if is_region(first) => (Some(first.to_owned()), name),
        _ => (None, place),
    };
    let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-:".contains(c);
    if name.is_empty() || name.len() > 2048 || !name.chars().all(known) {
        return Err(bad(AWS, "a secret's name is made of letters, digits and `/_+=.@-`"));
    }
    Ok(Destination::Aws { region, name: name.to_owned(), key })
}

/// Such as `eu-west-1` or `us-gov-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    first.len() == 2
        && !middle.is_empty()
        && std::iter::once(first)
            .chain(middle)
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// The region that an ARN names.
pub(super) fn arn_region(name: &str) -> Option<String> {
    let region = name.strip_prefix("arn:")?.split(':').nth(2)?;
    is_region(region).then(|| region.to_owned())
}

fn kubernetes(rest: &str) -> Result<Destination, BadDestination> {
    let (place, key) = keyed(rest, KUBERNETES)?;
    let (namespace, name) = match place.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, place),
    };
    let is_name = |text: &str, dots: bool| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ends = text.bytes().next().is_some_and(inner) && text.bytes().last().is_some_and(inner);
        let known = |b: u8| inner(b) || b == b'-' || dots && b == b'.';
        ends && text.len() <= 253 && text.bytes().all(known)
    };
    if !is_name(name, true) || namespace.is_some_and(|namespace| !is_name(namespace, false)) {
        return Err(bad(KUBERNETES, "names are made of small letters, digits and `-`"));
    }
    let is_key = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    if key.len() > 253 || !key.bytes().all(is_key) || matches!(key, "." | "..") {
        return Err(bad(KUBERNETES, "a key is made of letters, digits and `-._`"));
    }
    Ok(Destination::Kubernetes {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        key: key.to_owned(),
    })
}

fn github(rest: &str) -> Result<Destination, BadDestination> {
    let (place, name) = keyed(rest, GITHUB)?;
    let (repository, environment) = match place.split_once('@') {
        Some((_, "")) => return Err(bad(GITHUB, "no environment stands after `@`")),
        Some((repository, environment)) => (repository, Some(environment.to_owned())),
        None => (place, None),
    };
    let is_step = |text: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        !text.is_empty() && !matches!(text, "." | "..") && text.bytes().all(known)
    };
    let (owner, repository) = repository
        .split_once('/')
        .filter(|(owner, repository)| is_step(owner) && is_step(repository))
        .ok_or(bad(GITHUB, "a repository is `OWNER/REPO`"))?;
    if !is_variable(name) || name.len() > 200 {
        return Err(bad(GITHUB, "a secret's name is made of letters, digits and `_`"));
    }
    if name.to_ascii_uppercase().starts_with("GITHUB_") {
        return Err(bad(GITHUB, "names that begin with `GITHUB_` are GitHub's own"));
    }
    Ok(Destination::GitHub {
        owner: owner.to_owned(),
        repository: repository.to_owned(),
        environment,
        name: name.to_owned(),
    })
}

fn sops(rest: &str) -> Result<Destination, BadDestination> {
    let (file, key) = keyed(rest, SOPS)?;
    let key: Vec<String> = key.split('/').map(str::to_owned).collect();
    if key.iter().any(String::is_empty) {
        return Err(bad(SOPS, "the steps of a key are separated by one `/`"));
    }
    if key[0] == "sops" {
        return Err(bad(SOPS, "the key `sops` is the file's own account of how it is encrypted"));
    }
    Ok(Destination::Sops { file: PathBuf::from(file), key })
}

fn env(rest: &str) -> Result<Destination, BadDestination> {
    let (file, name) = keyed(rest, ENV)?;
    if !is_variable(name) {
        return Err(bad(ENV, "a variable's name is made of letters, digits and `_`"));
    }
    Ok(Destination::Env { file: PathBuf::from(file), name: name.to_owned() })
}

/// Whether it can be the name of a variable.
pub fn is_variable(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_given_back() {
        for text in [
            "vault:secret/team/app#MISTRAL_API_KEY",
            "aws:prod/app",
            "aws:eu-west-1/prod/app#api_key",
            "aws:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/app-AbCdEf#k",
            "kubernetes:app-secrets#api-key",
            "kubernetes:prod/app-secrets#api-key",
            "github:acme/app#MISTRAL_API_KEY",
            "github:acme/app@prod/eu#MISTRAL_API_KEY",
            "sops:deploy/secrets.yaml#providers/mistral",
            "age:secrets/key.age",
            "env:.env#MISTRAL_API_KEY",
        ] {
            assert_eq!(Destination::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn the_first_step_is_a_region_only_if_it_looks_like_one() {
        let region = |text: &str| match Destination::parse(text) {
            Ok(Destination::Aws { region, .. }) => region,
            other => panic!("{other:?}"),
        };
        assert_eq!(region("aws:us-gov-east-1/a"), Some("us-gov-east-1".to_owned()));
        assert_eq!(region("aws:prod/a"), None);
        assert_eq!(region("aws:my-app-1/a"), Some("my-app-1".to_owned()));
        assert_eq!(region("aws:prod-1/a"), None);
    }

    #[test]
    fn what_names_no_place_says_what_would() {
        let why = |text: &str| Destination::parse(text).expect_err(text).to_string();
        assert!(why("safe").contains("`vault:MOUNT/PATH#KEY`, `aws:"), "{}", why("safe"));
        assert!(why("vault:secret#k").contains("steps"));
        assert!(why("vault:secret/../sys#k").contains("steps"));
        assert!(why("vault:secret/app").contains("after it"));
        assert!(why("github:acme/app#GITHUB_TOKEN").contains("GitHub's own"));
        assert!(why("github:acme#X").contains("OWNER/REPO"));
        assert!(why("kubernetes:Prod/x#k").contains("small letters"));
        assert!(why("env:.env#A-B").contains("`_`"));
        assert!(why("sops:a.yaml#sops/mac").contains("account"));
        assert!(why("env:.env#A\n").contains("control"));
    }
}
