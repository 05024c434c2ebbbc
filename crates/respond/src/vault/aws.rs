//! AWS Secrets Manager: JSON 1.1 requests with Signature Version 4. A write
//! makes a new version, which the service labels AWSCURRENT, and leaves the one
//! before under AWSPREVIOUS.
//!
//! The service knows no condition on a write. So after one it is asked which
//! version is the one before: if that is not the one that was read, somebody
//! else wrote in between, and is not overlooked.

use std::collections::BTreeMap;

use crypto_box::aead::{OsRng, rand_core::RngCore as _};
use jiff::Timestamp;
use leeward_model::Secret;
use leeward_probe::{Parcel, Signer};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble, access,
    aws_trouble::{Refusal, not_understood},
    destination::{arn_region, is_region},
    fields::{Field, Fields, is_same, key, quoted},
    line::Line,
    other_keys,
};

pub(super) struct Aws<'a> {
    access: &'a Access,
    line: Line<'a>,
    region: Option<String>,
    name: String,
    key: Option<String>,
}

/// The secret as it stands.
struct Current {
    /// Its text; `None` if it holds bytes.
    text: Option<Secret>,
    version: String,
}

/// What it is to hold.
struct Wanted {
    text: Zeroizing<Vec<u8>>,
    /// How many keys besides the value's.
    others: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got<'a> {
    version_id: String,
    #[serde(borrow)]
    secret_string: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    #[serde(rename = "ARN")]
    arn: String,
    version_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    version_ids_to_stages: Option<BTreeMap<String, Vec<String>>>,
}

impl<'a> Aws<'a> {
    pub(super) fn new(
        access: &'a Access,
        region: Option<String>,
        name: String,
        key: Option<String>,
    ) -> Self {
        Self { access, line: Line::new(access), region, name, key }
    }

    fn region(&self) -> Result<String, Trouble> {
        let named = self.region.clone().or_else(|| arn_region(&self.name));
        let region = named.or_else(|| self.access.text("AWS_REGION").map(str::to_owned));
        region.filter(|region| is_region(region)).ok_or_else(|| {
            Trouble::Missing(format!(
                "no region is known for `{}`: set AWS_REGION, or write `aws:REGION/{}`",
                self.name, self.name
            ))
        })
    }

    fn address(&self, region: &str) -> String {
        if let Some(address) = self.access.text("AWS_ENDPOINT_URL_SECRETS_MANAGER") {
            return address.to_owned();
        }
        let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://secretsmanager.{region}.{end}/")
    }

    /// One action. The outer error is one of the way, the inner what the
    /// service says.
    fn ask(
        &self,
        action: &str,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Result<Zeroizing<Vec<u8>>, Refusal>, Trouble> {
        let region = self.region()?;
        let signer = Signer {
            id: self.access.needed_text(access::AWS, "AWS_ACCESS_KEY_ID")?,
            secret: self.access.needed(access::AWS, "AWS_SECRET_ACCESS_KEY")?,
            session: self.access.secret("AWS_SESSION_TOKEN"),
            region: &region,
            service: "secretsmanager",
        };
        let parcel = Parcel::new("POST", &self.address(&region))?
            .header("content-type", "application/x-amz-json-1.1")?
            .header("x-amz-target", &format!("secretsmanager.{action}"))?
            .body(body.as_slice())
            .signed(&signer, Timestamp::now())?;
        let answer =
            self.line.send(parcel, |network| self.access.trust(network, "AWS_CA_BUNDLE"))?;
        Ok(if answer.status == 200 { Ok(answer.body) } else { Err(Refusal::of(&answer, action)) })
    }

    /// `{"SecretId":…}` and more fields, which may hold the value.
    fn body(&self, name: &str, more: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
        let size = more.iter().map(|(name, json)| name.len() + json.len() + 4).sum::<usize>();
        let first = format!("{{{}:{}", key(name), key(&self.name));
        let mut body = Zeroizing::new(Vec::with_capacity(first.len() + size + 1));
        body.extend_from_slice(first.as_bytes());
        for (name, json) in more {
            for part in [",\"", name, "\":", json] {
                body.extend_from_slice(part.as_bytes());
            }
        }
        body.push(b'}');
        body
    }

    /// The current version; `None` if there is no secret or it has no value.
    fn current(&self) -> Result<Option<Current>, Trouble> {
        let body = match self.ask("GetSecretValue", self.body("SecretId", &[]))? {
            Ok(body) => body,
            Err(refusal) if refusal.is("ResourceNotFoundException") => return Ok(None),
            Err(refusal) => return Err(refusal.trouble(&self.name)),
        };
        let got: Got<'_> = serde_json::from_slice(&body).map_err(|_| not_understood())?;
        let text = got.secret_string.map(|raw| serde_json::from_str::<String>(raw.get()));
        let text = text.transpose().map_err(|_| not_understood())?;
        let text = text.map(|text| Secret::new(text.into_bytes()));
        Ok(Some(Current { text, version: got.version_id }))
    }

    /// What the secret is to hold now: the value, or an object with it. `None`
    /// if that is what it holds.
    fn wanted(&self, current: Option<&Current>, value: &Secret) -> Result<Option<Wanted>, Trouble> {
        let name = &self.name;
        let empty = Secret::new(*b"{}");
        let text = match current {
            None => &empty,
            Some(Current { text: Some(text), .. }) => text,
            Some(Current { text: None, .. }) => {
                return Err(Trouble::Refused(format!(
                    "the secret `{name}` holds bytes and no text, which are not replaced: name \
                     another"
                )));
            }
        };
        #[expect(clippy::disallowed_methods, reason = "other keys are kept as they are")]
        let fields = Fields::read(text.expose());
        match (&self.key, fields) {
            (Some(key), Some(fields)) => {
                if fields.get(key).is_some_and(|field| field.is(value)) {
                    return Ok(None);
                }
                Ok(Some(Wanted { text: fields.with(key, value)?, others: fields.others(key) }))
            }
            (Some(key), None) => Err(Trouble::Refused(format!(
                "the secret `{name}` is no JSON object, so it has no key `{key}`: leave `#{key}` \
                 away to replace the whole, or name another"
            ))),
            (None, Some(fields)) if current.is_some() => Err(Trouble::Refused(format!(
                "the secret `{name}` is a JSON object with {}, which would be lost: write `#KEY` \
                 after its name",
                match fields.others("") {
                    1 => "1 key".to_owned(),
                    number => format!("{number} keys"),
                }
            ))),
            (None, _) if current.is_some() && is_same(text, value) => Ok(None),
            (None, _) => {
                #[expect(clippy::disallowed_methods, reason = "it is sent to whom the user named")]
                let text = Zeroizing::new(value.expose().to_vec());
                Ok(Some(Wanted { text, others: 0 }))
            }
        }
    }

    /// Writes, making the secret if there is none.
    fn write(&self, text: Zeroizing<Vec<u8>>, make: bool) -> Result<Put, Trouble> {
        let text = quoted(&Secret::new(text.as_slice()))?;
        let token = format!("\"{}\"", random_id());
        let more = [("ClientRequestToken", token.as_str()), ("SecretString", text.as_str())];
        let (action, name) =
            if make { ("CreateSecret", "Name") } else { ("PutSecretValue", "SecretId") };
        match self.ask(action, self.body(name, &more))? {
            Ok(body) => serde_json::from_slice(&body).map_err(|_| not_understood()),
            // There is one, and it has no value.
            Err(refusal) if make && refusal.is("ResourceExistsException") => {
                match self.ask("PutSecretValue", self.body("SecretId", &more))? {
                    Ok(body) => serde_json::from_slice(&body).map_err(|_| not_understood()),
                    Err(refusal) => Err(refusal.trouble(&self.name)),
                }
            }
            Err(refusal) => Err(refusal.trouble(&self.name)),
        }
    }

    /// The version before this one, if the service tells.
    fn previous(&self) -> Option<String> {
        let body = self.ask("DescribeSecret", self.body("SecretId", &[])).ok()?.ok()?;
        let described: Described = serde_json::from_slice(&body).ok()?;
        let stages = described.version_ids_to_stages?;
        let is_previous =
            |(_, stages): &(_, Vec<String>)| stages.iter().any(|stage| stage == "AWSPREVIOUS");
        stages.into_iter().find(is_previous).map(|(version, _)| version)
    }

    fn what(&self) -> String {
        match &self.key {
            Some(key) => format!("key `{key}` of the secret `{}`", self.name),
            None => format!("the secret `{}`", self.name),
        }
    }
}

impl Keeper for Aws<'_> {
    fn plan(&self) -> Vec<String> {
        let region = self.region();
        let address = match &region {
            Ok(region) => self.address(region),
            Err(_) => "the region in AWS_REGION".to_owned(),
        };
        let (name, what) = (&self.name, self.what());
        vec![
            format!("GetSecretValue of `{name}` at {address}"),
            format!(
                "if {what} is not the new value already, PutSecretValue of `{name}` with it{}; \
                 CreateSecret if there is none. The version before stays under AWSPREVIOUS",
                if self.key.is_some() { " and all other keys" } else { "" }
            ),
            format!("DescribeSecret of `{name}`, to see whether somebody else wrote meanwhile"),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let current = self.current()?;
        let read = current.as_ref().map(|current| current.version.clone());
        let mut facts = vec![("name", self.name.clone()), ("region", self.region()?)];
        facts.extend(self.key.clone().map(|key| ("key", key)));
        let Some(Wanted { text, others }) = self.wanted(current.as_ref(), value)? else {
            facts.extend(read.map(|version| ("version", version)));
            let text = format!("{} is the value already: nothing was written", self.what());
            return Ok(Receipt::new(false, text, facts));
        };
        drop(current);
        let put = self.write(text, read.is_none())?;
        let previous = self.previous();
        if let (Some(read), Some(previous)) = (&read, &previous)
            && self.key.is_some()
            && read != previous
            && *previous != put.version_id
        {
            return Err(Trouble::Conflict(format!(
                "the value is in, as version {}, but somebody else wrote version {previous} of \
                 `{}` between reading and writing: it is under AWSPREVIOUS, compare its other keys \
                 and put what is missing in again",
                put.version_id, self.name
            )));
        }
        let text = match read {
            Some(_) if self.key.is_some() => format!(
                "wrote {}, {} kept; the version before is under AWSPREVIOUS",
                self.what(),
                other_keys(others)
            ),
            Some(_) => {
                format!("wrote {}; the version before is under AWSPREVIOUS", self.what())
            }
            None => format!("made {}", self.what()),
        };
        facts.extend([("version", put.version_id), ("arn", put.arn)]);
        facts.extend(previous.map(|version| ("previous_version", version)));
        Ok(Receipt::new(true, text, facts))
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let Some(current) = self.current()? else { return Ok(Held::Absent) };
        let Some(text) = current.text else { return Ok(Held::No) };
        let holds = match &self.key {
            None => is_it(&text),
            Some(key) => {
                #[expect(clippy::disallowed_methods, reason = "one key of it is compared")]
                let fields = Fields::read(text.expose());
                match fields.and_then(|fields| fields.get(key)) {
                    Some(Field::Text(text)) => is_it(&text),
                    Some(Field::Other) => false,
                    None => return Ok(Held::Absent),
                }
            }
        };
        Ok(if holds { Held::Yes } else { Held::No })
    }

    fn reference(&self) -> Reference {
        let (region, name, key) = (self.region.clone(), self.name.clone(), self.key.clone());
        Destination::Aws { region, name, key }.reference()
    }
}

/// An id for one write, so that a repetition of the same request is no second
/// one: a UUID of version 4.
fn random_id() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    let bits = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
