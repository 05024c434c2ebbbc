//! Secrets of GitHub Actions, of a repository or of one of its environments.
//! A value is sealed for GitHub's key before it is sent, and nobody can read
//! it back: so it is written each time, and whether it is the old one cannot
//! be asked, only when it was last written.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{PublicKey, aead::OsRng};
use leeward_model::Secret;
use leeward_probe::Parcel;
use serde::Deserialize;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble, access,
    line::{Answer, Line, step, under},
};

/// GitHub's limit for a secret.
const LARGEST: usize = 48 << 10;

pub(super) struct GitHub<'a> {
    access: &'a Access,
    line: Line<'a>,
    destination: Destination,
    /// `OWNER/REPO`.
    repository: String,
    environment: Option<String>,
    name: String,
}

#[derive(Deserialize)]
struct Key {
    key_id: String,
    key: String,
}

#[derive(Deserialize)]
struct Known {
    updated_at: String,
}

impl<'a> GitHub<'a> {
    pub(super) fn new(
        access: &'a Access,
        owner: &str,
        repository: &str,
        environment: Option<String>,
        name: String,
    ) -> Self {
        let destination = Destination::GitHub {
            owner: owner.to_owned(),
            repository: repository.to_owned(),
            environment: environment.clone(),
            name: name.clone(),
        };
        let repository = format!("{owner}/{repository}");
        Self { access, line: Line::new(access), destination, repository, environment, name }
    }

    fn base(&self) -> &str {
        self.access.text("GITHUB_API_URL").unwrap_or("https://api.github.com")
    }

    /// The path of a secret, or of the key they are sealed for.
    fn path(&self, last: &str) -> String {
        let repository = &self.repository;
        match &self.environment {
            None => format!("/repos/{repository}/actions/secrets/{last}"),
            Some(environment) => {
                format!("/repos/{repository}/environments/{}/secrets/{last}", step(environment))
            }
        }
    }

    fn ask(&self, method: &str, last: &str, body: Option<String>) -> Result<Answer, Trouble> {
        let token = self.access.needed(access::GITHUB, "GITHUB_TOKEN")?;
        let mut parcel = Parcel::new(method, &under(self.base(), &self.path(last)))?
            .secret_header("authorization", "Bearer ", token)?
            .header("accept", "application/vnd.github+json")?
            .header("x-github-api-version", "2022-11-28")?;
        if let Some(body) = body {
            parcel = parcel.header("content-type", "application/json")?.body(body);
        }
        self.line.send(parcel, |_| Ok(()))
    }

    /// When the secret was last written, if there is one.
    fn updated(&self) -> Result<Option<String>, Trouble> {
        let answer = self.ask("GET", &self.name, None)?;
        match answer.status {
            200 => Ok(Some(answer.json::<Known>().ok_or_else(not_understood)?.updated_at)),
            404 => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        let place = match &self.environment {
            None => format!("`{}`", self.repository),
            Some(environment) => {
                format!("environment `{environment}` of `{}`", self.repository)
            }
        };
        let number = |name: &str| answer.header(name).and_then(|text| text.parse::<i64>().ok());
        let is_limit = number("x-ratelimit-remaining") == Some(0)
            || number("retry-after").is_some()
            || answer.says("secondary rate limit");
        match answer.status {
            403 | 429 if is_limit => {
                let reset = number("x-ratelimit-reset")
                    .and_then(|second| jiff::Timestamp::from_second(second).ok());
                Trouble::Limited(match (number("retry-after"), reset) {
                    (Some(seconds), _) => {
                        format!("GitHub's limit is met: run the step again in {seconds} s")
                    }
                    (None, Some(at)) => {
                        format!("GitHub's limit is met: run the step again after {at}")
                    }
                    (None, None) => "GitHub's limit is met: run the step again later".to_owned(),
                })
            }
            429 => Trouble::Limited("GitHub's limit is met: run the step again later".to_owned()),
            401 => Trouble::Denied(
                "GitHub does not take the token: it is wrong, or has expired or been revoked; set \
                 GITHUB_TOKEN to a good one"
                    .to_owned(),
            ),
            403 if answer.header("x-github-sso").is_some() => Trouble::Denied(format!(
                "the token is not released for the single sign-on of the owner of {place}: release \
                 it under Settings, Developer settings, Personal access tokens, Configure SSO"
            )),
            403 => Trouble::Denied(format!(
                "the token may not write secrets of {place}: a fine-grained token needs {}, a \
                 classic one the scope `repo`",
                match self.environment {
                    None => "the permission Secrets (write)",
                    Some(_) => "the permission Environments (write)",
                }
            )),
            404 => Trouble::Absent(format!(
                "GitHub knows no {place}, or does not show it to this token: check the name, and \
                 that the token covers the repository"
            )),
            409 => Trouble::Conflict(
                "GitHub is changing the same thing just now: run the step again".to_owned(),
            ),
            422 => Trouble::Refused(format!(
                "GitHub refused the secret `{}`: its name or its size is not allowed",
                self.name
            )),
            301 | 302 | 307 | 308 => {
                Trouble::Absent(format!("{place} has another name or owner now: write the new one"))
            }
            500.. => Trouble::Unreachable {
                why: format!("GitHub answered {}: try again later", answer.status),
                may_have_arrived: true,
            },
            _ => not_understood(),
        }
    }

    fn place(&self) -> String {
        match &self.environment {
            None => format!("secret `{}` of `{}`", self.name, self.repository),
            Some(environment) => format!(
                "secret `{}` of environment `{environment}` of `{}`",
                self.name, self.repository
            ),
        }
    }
}

impl Keeper for GitHub<'_> {
    fn plan(&self) -> Vec<String> {
        vec![
            format!(
                "GET {}: the key that values are sealed for",
                under(self.base(), &self.path("public-key"))
            ),
            format!(
                "PUT {}: the new value, sealed; GitHub cannot be asked what it holds, so it is \
                 written in any case",
                under(self.base(), &self.path(&self.name))
            ),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        if value.len() > LARGEST {
            return Err(Trouble::Refused("GitHub takes secrets of 48 kB at most".to_owned()));
        }
        let answer = self.ask("GET", "public-key", None)?;
        if answer.status != 200 {
            return Err(self.refused(&answer));
        }
        let key = answer.json::<Key>().ok_or_else(not_understood)?;
        let sealed = seal(&key, value)?;
        let body = serde_json::json!({ "encrypted_value": sealed, "key_id": key.key_id });
        let answer = self.ask("PUT", &self.name, Some(body.to_string()))?;
        let made = match answer.status {
            201 => "made",
            204 => "replaced",
            _ => return Err(self.refused(&answer)),
        };
        let mut facts = vec![("repository", self.repository.clone()), ("name", self.name.clone())];
        facts.extend(self.environment.clone().map(|environment| ("environment", environment)));
        // It is in already: a failure to ask when is none of putting it there.
        facts.extend(self.updated().ok().flatten().map(|at| ("updated_at", at)));
        Ok(Receipt::new(true, format!("{made} the {}", self.place()), facts))
    }

    fn holds(&self, _: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        if let Some(at) = self.updated()? {
            return Ok(Held::Unreadable {
                why: format!(
                    "GitHub shows nobody what a secret holds; the {} was last written at {at}",
                    self.place()
                ),
                since: Some(at),
            });
        }
        // No such secret, or no such repository for this token.
        let answer = self.ask("GET", "public-key", None)?;
        if answer.status == 200 { Ok(Held::Absent) } else { Err(self.refused(&answer)) }
    }

    fn reference(&self) -> Reference {
        self.destination.reference()
    }
}

/// A value in libsodium's sealed box, in base64.
fn seal(key: &Key, value: &Secret) -> Result<String, Trouble> {
    let bytes = STANDARD.decode(&key.key).map_err(|_| not_understood())?;
    let key = PublicKey::from_slice(&bytes).map_err(|_| not_understood())?;
    #[expect(clippy::disallowed_methods, reason = "it is sealed for whom the user named")]
    let sealed = key.seal(&mut OsRng, value.expose()).map_err(|_| not_understood())?;
    Ok(STANDARD.encode(sealed))
}

fn not_understood() -> Trouble {
    Trouble::NotUnderstood(
        "the answer is not what GitHub's API sends: check GITHUB_API_URL, a proxy or sign-in page \
         may stand between"
            .to_owned(),
    )
}
