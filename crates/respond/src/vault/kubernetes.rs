//! A Kubernetes Secret: one key of its data is replaced by a merge patch that
//! holds only if nobody changed the Secret since it was read.

use std::{cell::OnceCell, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use leeward_model::{SafeText, Secret};
use leeward_probe::{Network, Parcel};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble,
    fields::{is_same, key},
    kubeconfig::{self, Cluster},
    line::{Answer, Line, under},
    other_keys,
};

/// How often a write is tried while others write the same Secret.
const TRIES: usize = 4;

pub(super) struct Kubernetes<'a> {
    access: &'a Access,
    line: Line<'a>,
    cluster: OnceCell<Cluster>,
    namespace: Option<String>,
    name: String,
    key: String,
}

#[derive(Deserialize)]
struct Object<'a> {
    kind: String,
    metadata: Metadata,
    /// In base64.
    #[serde(borrow, default)]
    data: Option<BTreeMap<String, &'a str>>,
    #[serde(default)]
    immutable: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
    #[serde(default)]
    owner_references: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
}

/// What a cluster answers in the place of an object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    kind: String,
    reason: String,
    details: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    kind: String,
    #[serde(rename = "retryAfterSeconds")]
    retry_after: u64,
}

impl<'a> Kubernetes<'a> {
    pub(super) fn new(
        access: &'a Access,
        namespace: Option<String>,
        name: String,
        key: String,
    ) -> Self {
        let line = Line::new(access);
        Self { access, line, cluster: OnceCell::new(), namespace, name, key }
    }

    fn cluster(&self) -> Result<&Cluster, Trouble> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let cluster = kubeconfig::read(self.access)?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    fn namespace(&self) -> Result<&str, Trouble> {
        if let Some(namespace) = &self.namespace {
            return Ok(namespace);
        }
        Ok(self.cluster()?.namespace.as_deref().unwrap_or("default"))
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, Trouble> {
        let cluster = self.cluster()?;
        let path = format!("/api/v1/namespaces/{}/secrets{path}", self.namespace()?);
        let mut parcel = Parcel::new(method, &under(&cluster.server, &path))?
            .secret_header("authorization", "Bearer ", &cluster.token)?
            .header("accept", "application/json")?;
        if let Some((kind, body)) = body {
            parcel = parcel.header("content-type", kind)?.body(body);
        }
        self.line.send(parcel, |network: &mut Network| {
            network.issuers.extend(cluster.issuer.clone());
            if cluster.proxy.is_some() {
                network.proxy.clone_from(&cluster.proxy);
            }
            Ok(())
        })
    }

    /// The answer that holds the Secret; `None` if there is none.
    fn current(&self) -> Result<Option<Answer>, Trouble> {
        let answer = self.ask("GET", &format!("/{}", self.name), None)?;
        match answer.status {
            200 => Ok(Some(answer)),
            404 if status(&answer).reason == "NotFound" => Ok(None),
            _ => Err(self.refused(&answer, "get")),
        }
    }

    /// Writes one key on the condition that nobody wrote since; whether it did.
    fn write(&self, version: Option<&str>, value: &Secret) -> Result<Option<Answer>, Trouble> {
        #[expect(clippy::disallowed_methods, reason = "it is sent to whom the user named")]
        let value = Zeroizing::new(STANDARD.encode(value.expose()));
        let data = Zeroizing::new(format!(r#""data":{{{}:"{}"}}}}"#, key(&self.key), *value));
        let (head, method, path, kind, verb) = match version {
            Some(version) => (
                format!(r#"{{"metadata":{{"resourceVersion":{}}},"#, key(version)),
                "PATCH",
                format!("/{}?fieldManager=leeward", self.name),
                "application/merge-patch+json",
                "patch",
            ),
            None => (
                format!(
                    r#"{{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{{"name":{}}},"#,
                    key(&self.name)
                ),
                "POST",
                "?fieldManager=leeward".to_owned(),
                "application/json",
                "create",
            ),
        };
        let body = Zeroizing::new([head.as_bytes(), data.as_bytes()].concat());
        let answer = self.ask(method, &path, Some((kind, &body)))?;
        match answer.status {
            200 | 201 => Ok(Some(answer)),
            409 => Ok(None),
            // It went away between reading and writing.
            404 if version.is_some() && status(&answer).reason == "NotFound" => Ok(None),
            _ => Err(self.refused(&answer, verb)),
        }
    }

    fn refused(&self, answer: &Answer, verb: &str) -> Trouble {
        let Status { kind, reason, details } = status(answer);
        let namespace = self.namespace().unwrap_or("default");
        if kind != "Status" && answer.status < 500 && answer.status != 429 {
            return not_understood();
        }
        match answer.status {
            401 => Trouble::Denied(
                "the cluster does not take the token: it is wrong or has expired; make a new one \
                 with `kubectl create token SERVICE-ACCOUNT`"
                    .to_owned(),
            ),
            403 => Trouble::Denied(format!(
                "the token may not {verb} secrets in namespace `{namespace}`, or the namespace does \
                 not exist: its role must grant `get`, `create` and `patch` on `secrets` there"
            )),
            404 if details.kind == "namespaces" => Trouble::Absent(format!(
                "the cluster has no namespace `{namespace}`: make it with `kubectl create \
                 namespace {namespace}`, or name another"
            )),
            404 => not_understood(),
            413 => Trouble::Refused("the Secret is too large: 1 MiB at most".to_owned()),
            415 | 422 | 400 => Trouble::Refused(format!(
                "the cluster refused the change of Secret `{}` ({}): check its name and key, and \
                 what admission rules the cluster has",
                self.name,
                word(&reason)
            )),
            429 => Trouble::Limited(match details.retry_after {
                0 => "the cluster has too much to do: run the step again later".to_owned(),
                seconds => {
                    format!("the cluster has too much to do: run the step again in {seconds} s")
                }
            }),
            500.. => Trouble::Unreachable {
                why: format!("the cluster answered {}: try again later", answer.status),
                may_have_arrived: verb != "get",
            },
            _ => not_understood(),
        }
    }

    fn receipt(&self, changed: bool, version: &str, text: String) -> Result<Receipt, Trouble> {
        let facts = [
            ("namespace", self.namespace()?.to_owned()),
            ("name", self.name.clone()),
            ("key", self.key.clone()),
            ("resourceVersion", version.to_owned()),
        ];
        Ok(Receipt::new(changed, text, facts))
    }

    /// Refuses to write where it would not last.
    fn refuse_in_vain(&self, object: &Object<'_>) -> Result<(), Trouble> {
        let name = &self.name;
        if object.immutable {
            return Err(Trouble::Refused(format!(
                "Secret `{name}` is immutable: make a new one under another name, and have what \
                 uses it refer to that"
            )));
        }
        match object.metadata.owner_references.first() {
            Some(owner) => Err(Trouble::Refused(format!(
                "Secret `{name}` is made by {} `{}`, which would write over the new value: put it \
                 where that takes it from",
                SafeText::new(&owner.kind),
                SafeText::new(&owner.name)
            ))),
            None => Ok(()),
        }
    }
}

impl Keeper for Kubernetes<'_> {
    fn plan(&self) -> Vec<String> {
        let (name, key) = (&self.name, &self.key);
        let namespace = match &self.namespace {
            Some(namespace) => format!("namespace `{namespace}`"),
            None => "the namespace of the kubeconfig's context".to_owned(),
        };
        vec![
            format!("read Secret `{name}` in {namespace} of the current context's cluster"),
            format!(
                "if its key `{key}` is not the new value already, patch that key on the condition \
                 that nobody changed the Secret meanwhile, or create the Secret if there is none"
            ),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let (name, key) = (&self.name, &self.key);
        for _ in 0..TRIES {
            let current = self.current()?;
            let object = current.as_ref().map(object).transpose()?;
            let version = object.as_ref().map(|object| object.metadata.resource_version.clone());
            let others = object.as_ref().map_or(0, |object| {
                object.data.iter().flatten().filter(|(known, _)| *known != key).count()
            });
            if let (Some(object), Some(version)) = (&object, &version) {
                if held(object, key).is_some_and(|held| is_same(&held, value)) {
                    let text = format!(
                        "Secret `{name}` holds the value under `{key}` already: nothing was written"
                    );
                    return self.receipt(false, version, text);
                }
                self.refuse_in_vain(object)?;
            }
            let Some(answer) = self.write(version.as_deref(), value)? else { continue };
            let now = self::object(&answer)?.metadata.resource_version;
            let text = match version {
                Some(_) => format!(
                    "patched `{key}` of Secret `{name}`, {} kept; pods that have it in their \
                     environment see it after a restart (`kubectl rollout restart`)",
                    other_keys(others)
                ),
                None => format!("made Secret `{name}` with `{key}`"),
            };
            return self.receipt(true, &now, text);
        }
        Err(Trouble::Conflict(format!(
            "others changed Secret `{name}` each time between reading and writing: nothing was \
             written; see who does, then run the step again"
        )))
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let Some(answer) = self.current()? else { return Ok(Held::Absent) };
        Ok(match held(&object(&answer)?, &self.key) {
            Some(held) if is_it(&held) => Held::Yes,
            Some(_) => Held::No,
            None => Held::Absent,
        })
    }

    fn reference(&self) -> Reference {
        let (namespace, name) = (self.namespace.clone(), self.name.clone());
        Destination::Kubernetes { namespace, name, key: self.key.clone() }.reference()
    }
}

fn object(answer: &Answer) -> Result<Object<'_>, Trouble> {
    answer.json::<Object<'_>>().filter(|object| object.kind == "Secret").ok_or_else(not_understood)
}

/// The value under a key.
fn held(object: &Object<'_>, key: &str) -> Option<Secret> {
    let data = object.data.as_ref()?.get(key)?;
    Some(Secret::new(STANDARD.decode(data).ok()?))
}

fn status(answer: &Answer) -> Status {
    answer.json().unwrap_or_default()
}

/// A reason is one word of the API's own; anything else is not shown.
fn word(reason: &str) -> &str {
    if !reason.is_empty() && reason.len() < 40 && reason.bytes().all(|b| b.is_ascii_alphabetic()) {
        reason
    } else {
        "no reason given"
    }
}

fn not_understood() -> Trouble {
    Trouble::NotUnderstood(
        "the answer is not what a Kubernetes API server sends: check the server in the kubeconfig, \
         a proxy or sign-in page may stand between"
            .to_owned(),
    )
}
