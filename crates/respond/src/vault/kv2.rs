//! HashiCorp Vault and OpenBao: the KV engine of version 2. A secret there is
//! a set of keys with a version; one key is replaced with check-and-set, so
//! that what others write meanwhile is not lost.
//!
//! It is told mount and path in one, as `vault kv get` is, and asks the server
//! where the mount ends, since mounts may have several steps. Version 1 of the
//! engine takes any path, `data/…` too, and would store the request itself: so
//! nothing is sent before the server said that it is version 2.

use std::cell::OnceCell;

use leeward_model::Secret;
use leeward_probe::Parcel;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble, access,
    fields::{Field, Fields},
    kv2_trouble::{absent, not_understood, refused},
    line::{Answer, Line, steps, under},
    other_keys,
};

/// How often a write is tried while others write the same secret.
const TRIES: usize = 4;

pub(super) struct Kv2<'a> {
    access: &'a Access,
    line: Line<'a>,
    path: String,
    key: String,
    /// Mount and rest of the path, once the server has told them.
    parts: OnceCell<(String, String)>,
}

#[derive(Deserialize)]
struct Mount {
    data: MountData,
}

#[derive(Deserialize)]
struct MountData {
    path: String,
    r#type: String,
    options: Option<MountOptions>,
}

#[derive(Deserialize)]
struct MountOptions {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow)]
    data: ReadData<'a>,
}

#[derive(Deserialize)]
struct ReadData<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Written {
    data: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    version: u64,
    created_time: String,
}

/// The secret as it stands.
struct Current {
    answer: Answer,
    /// The version that check-and-set is held to; 0 if there is none.
    version: u64,
    created: String,
}

impl Current {
    /// Its keys; `None` if there is no secret, or its version was deleted.
    fn fields(&self) -> Result<Option<Fields<'_>>, Trouble> {
        let Some(read) = self.answer.json::<Read<'_>>() else { return Ok(None) };
        let Some(raw) = read.data.data.map(RawValue::get).filter(|raw| *raw != "null") else {
            return Ok(None);
        };
        Fields::read(raw.as_bytes()).map(Some).ok_or_else(not_understood)
    }
}

impl<'a> Kv2<'a> {
    pub(super) fn new(access: &'a Access, path: String, key: String) -> Self {
        Self { access, line: Line::new(access), path, key, parts: OnceCell::new() }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Answer, Trouble> {
        let address = self.access.needed_text(access::VAULT, "VAULT_ADDR")?;
        let token = self.access.needed(access::VAULT, "VAULT_TOKEN")?;
        let mut parcel = Parcel::new(method, &under(address, &format!("/v1/{path}")))?
            .secret_header("x-vault-token", "", token)?
            // Requests that a program made for itself cannot be forged by a page.
            .header("x-vault-request", "true")?;
        if let Some(namespace) = self.access.text("VAULT_NAMESPACE") {
            parcel = parcel.header("x-vault-namespace", namespace)?;
        }
        if let Some(body) = body {
            parcel = parcel.header("content-type", "application/json")?.body(body);
        }
        let answer =
            self.line.send(parcel, |network| self.access.trust(network, "VAULT_CACERT"))?;
        match answer.status {
            200..300 | 404 => Ok(answer),
            400 if answer.says("check-and-set") => Ok(answer),
            403 => Err(self.denied(path)),
            _ => Err(refused(&answer)),
        }
    }

    /// The server says the same of a token that it does not know, one that has
    /// expired, and one that may not: so it is asked about the token.
    fn denied(&self, path: &str) -> Trouble {
        const SELF: &str = "auth/token/lookup-self";
        if path == SELF {
            return Trouble::Denied(
                "the vault does not take the token: it is wrong, or has expired or been revoked, or \
                 may not even ask about itself; log in again (`vault login`) and set VAULT_TOKEN"
                    .to_owned(),
            );
        }
        if let Err(trouble @ Trouble::Denied(_)) = self.ask("GET", SELF, None) {
            return trouble;
        }
        Trouble::Denied(match path.strip_prefix(MOUNTS) {
            Some(_) => format!(
                "the vault has nothing at `{}` that this token may use: check mount, path and \
                 namespace, and that a policy of the token grants `read`, `create` and `update` \
                 there",
                self.path
            ),
            None => format!(
                "the token may not do this: its policy must grant `read`, `create` and `update` \
                 on `{path}`"
            ),
        })
    }

    /// Where the mount ends, and that it is an engine of version 2.
    fn parts(&self) -> Result<&(String, String), Trouble> {
        if let Some(parts) = self.parts.get() {
            return Ok(parts);
        }
        let answer = self.ask("GET", &format!("{MOUNTS}{}", steps(&self.path)), None)?;
        if answer.status == 404 {
            return Err(absent(&answer, &self.path));
        }
        let mount = answer.json::<Mount>().ok_or_else(not_understood)?.data;
        let name = mount.path.trim_end_matches('/');
        let version = mount.options.and_then(|options| options.version);
        let rest = self.path.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
        match (mount.r#type.as_str(), version.as_deref(), rest) {
            ("kv", Some("2"), Some(rest)) if !rest.is_empty() => {
                Ok(self.parts.get_or_init(|| (name.to_owned(), rest.to_owned())))
            }
            ("kv", Some("2"), _) => Err(Trouble::Absent(format!(
                "`{}` is a mount, and names no secret in it: write `vault:{name}/PATH#KEY`",
                self.path
            ))),
            ("kv" | "generic", _, _) => Err(Trouble::Refused(format!(
                "the engine at `{name}` is KV version 1, which keeps no versions and cannot tell \
                 whether somebody else writes: nothing was sent; `vault kv enable-versioning \
                 {name}` makes it version 2"
            ))),
            _ => Err(Trouble::Refused(format!(
                "the engine at `{name}` is no KV engine: name one, such as `vault:secret/PATH#KEY`"
            ))),
        }
    }

    fn data_path(&self) -> Result<String, Trouble> {
        let (mount, path) = self.parts()?;
        Ok(format!("{}/data/{}", steps(mount), steps(path)))
    }

    fn current(&self) -> Result<Current, Trouble> {
        let answer = self.ask("GET", &self.data_path()?, None)?;
        let metadata = answer.json::<Read<'_>>().map(|read| read.data.metadata);
        match metadata {
            Some(Metadata { version, created_time }) => {
                Ok(Current { answer, version, created: created_time })
            }
            None if answer.status == 404 && !answer.says("no handler") => {
                Ok(Current { answer, version: 0, created: String::new() })
            }
            None if answer.status == 404 => Err(absent(&answer, &self.path)),
            None => Err(not_understood()),
        }
    }

    fn receipt(&self, changed: bool, version: u64, created: String, text: String) -> Receipt {
        let facts = [
            ("path", self.path.clone()),
            ("key", self.key.clone()),
            ("version", version.to_string()),
            ("created_time", created),
        ];
        Receipt::new(changed, text, facts)
    }
}

/// Where the server tells about mounts.
const MOUNTS: &str = "sys/internal/ui/mounts/";

impl Keeper for Kv2<'_> {
    fn plan(&self) -> Vec<String> {
        let address = self.access.text("VAULT_ADDR").unwrap_or("the address in VAULT_ADDR");
        vec![
            format!("ask {address} which mount `{}` is in, and for its version of KV", self.path),
            format!("read the secret `{}`: its version and its keys", self.path),
            format!(
                "if its key `{}` is not the new value already, write a new version with that key \
                 replaced and all others kept, on the condition that nobody wrote meanwhile",
                self.key
            ),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let (path, key) = (&self.path, &self.key);
        for _ in 0..TRIES {
            let current = self.current()?;
            let fields = current.fields()?.unwrap_or_default();
            let version = current.version;
            if fields.get(key).is_some_and(|field| field.is(value)) {
                let text = format!(
                    "version {version} of `{path}` holds the value under `{key}` already: nothing \
                     was written"
                );
                return Ok(self.receipt(false, version, current.created.clone(), text));
            }
            let data = fields.with(key, value)?;
            let head = format!(r#"{{"options":{{"cas":{version}}},"data":"#);
            let mut body = Zeroizing::new(Vec::with_capacity(head.len() + data.len() + 1));
            for part in [head.as_bytes(), &data, b"}"] {
                body.extend_from_slice(part);
            }
            let answer = self.ask("POST", &self.data_path()?, Some(&body))?;
            match answer.status {
                200 => {
                    let written = answer.json::<Written>().ok_or_else(not_understood)?.data;
                    let text = format!(
                        "wrote version {} of `{path}`: `{key}` is new, {} kept",
                        written.version,
                        other_keys(fields.others(key))
                    );
                    return Ok(self.receipt(true, written.version, written.created_time, text));
                }
                400 => {}
                404 => return Err(absent(&answer, path)),
                _ => return Err(not_understood()),
            }
        }
        Err(Trouble::Conflict(format!(
            "others wrote `{path}` each time between reading and writing: nothing was written; \
             see who does, then run the step again"
        )))
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let current = self.current()?;
        let field = current.fields()?.and_then(|fields| fields.get(&self.key));
        Ok(match field {
            Some(Field::Text(text)) if is_it(&text) => Held::Yes,
            Some(_) => Held::No,
            None => Held::Absent,
        })
    }

    fn reference(&self) -> Reference {
        let mut reference =
            Destination::Vault { path: self.path.clone(), key: self.key.clone() }.reference();
        if let Some((mount, path)) = self.parts.get() {
            reference.command = Some(super::reference::vault_command(mount, path, &self.key));
        }
        reference
    }
}
