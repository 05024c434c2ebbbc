//! The file that says how a cluster is reached, as far as it is understood
//! here: server, its issuer, and a token. Programs that such a file names are
//! not run: whoever writes the file would choose what runs here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use leeward_model::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Access, Trouble};

/// How a cluster is reached.
pub(super) struct Cluster {
    pub(super) server: String,
    pub(super) issuer: Option<Vec<u8>>,
    pub(super) proxy: Option<String>,
    pub(super) token: Secret,
    pub(super) namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct File {
    current_context: Option<String>,
    contexts: Vec<NamedContext>,
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Deserialize)]
struct Context {
    cluster: String,
    user: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: ClusterEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterEntry {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct User {
    token: Option<Token>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    exec: Option<Ignored>,
    auth_provider: Option<Ignored>,
    client_certificate: Option<Ignored>,
    client_certificate_data: Option<Ignored>,
    username: Option<Ignored>,
}

/// A token, wiped when it is no longer needed.
struct Token(Secret);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text.into_bytes())))
    }
}

/// Something whose being there is enough to know.
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The cluster of the current context.
pub(super) fn read(access: &Access) -> Result<Cluster, Trouble> {
    let files = files(access)?;
    let context = files
        .iter()
        .find_map(|(_, file)| file.current_context.as_deref().filter(|name| !name.is_empty()))
        .ok_or_else(|| {
            Trouble::Missing(
                "the kubeconfig has no current context: choose one with `kubectl config \
                 use-context NAME`"
                    .to_owned(),
            )
        })?;
    // Of two entries with one name the first counts, in whatever file.
    let named = |what: &str, name: &str| {
        Trouble::Missing(format!("the kubeconfig has no {what} `{name}`, which it refers to"))
    };
    let NamedContext { context, .. } = files
        .iter()
        .flat_map(|(_, file)| &file.contexts)
        .find(|entry| entry.name == context)
        .ok_or_else(|| named("context", context))?;
    let (path, NamedCluster { cluster, .. }) = files
        .iter()
        .flat_map(|(path, file)| file.clusters.iter().map(move |entry| (path, entry)))
        .find(|(_, entry)| entry.name == context.cluster)
        .ok_or_else(|| named("cluster", &context.cluster))?;
    if cluster.insecure_skip_tls_verify {
        return Err(Trouble::Refused(
            "the kubeconfig says not to check the cluster's certificate, and a value is not sent \
             to just anybody: name the issuer under `certificate-authority`"
                .to_owned(),
        ));
    }
    if cluster.tls_server_name.is_some() {
        return Err(Trouble::Refused(
            "the kubeconfig names another `tls-server-name`, which is not understood here: name \
             the server by the name in its certificate"
                .to_owned(),
        ));
    }
    let issuer = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => Some(STANDARD.decode(data.trim()).map_err(|_| {
            Trouble::Missing(
                "`certificate-authority-data` in the kubeconfig is not base64".to_owned(),
            )
        })?),
        (None, Some(file)) => Some(beside(path, file)?),
        (None, None) => None,
    };
    let (path, NamedUser { user, .. }) = files
        .iter()
        .flat_map(|(path, file)| file.users.iter().map(move |entry| (path, entry)))
        .find(|(_, entry)| entry.name == context.user)
        .ok_or_else(|| named("user", &context.user))?;
    Ok(Cluster {
        server: cluster.server.clone(),
        issuer,
        proxy: cluster.proxy_url.clone(),
        token: token(path, user)?,
        namespace: context.namespace.clone().filter(|name| !name.is_empty()),
    })
}

fn token(path: &Path, user: &User) -> Result<Secret, Trouble> {
    // As kubectl does: the file counts before the text.
    if let Some(file) = &user.token_file {
        return Ok(Secret::new(beside(path, file)?.trim_ascii()));
    }
    if let Some(Token(token)) = user.token.as_ref().filter(|token| !token.0.is_empty()) {
        return Ok(token.duplicate());
    }
    const HOW: &str = "make a token with `kubectl create token SERVICE-ACCOUNT` and name it under \
                       `users`, `token` of a kubeconfig of its own, which KUBECONFIG names";
    let how = if user.exec.is_some() || user.auth_provider.is_some() {
        "gets its token from a program, which is not run here"
    } else if user.client_certificate.is_some() || user.client_certificate_data.is_some() {
        "shows a certificate, which is not done here"
    } else if user.username.is_some() {
        "has a password, which no cluster takes any more"
    } else {
        "has no token"
    };
    Err(Trouble::Missing(format!("the kubeconfig's user {how}: {HOW}")))
}

/// A file that a kubeconfig names, from where that lies.
fn beside(kubeconfig: &Path, file: &Path) -> Result<Vec<u8>, Trouble> {
    let path = kubeconfig.parent().unwrap_or(Path::new(".")).join(file);
    fs::read(&path).map_err(|error| {
        Trouble::Missing(format!(
            "`{}`, which the kubeconfig names, cannot be read ({})",
            path.display(),
            error.kind()
        ))
    })
}

/// All files that KUBECONFIG names, or the usual one. As with kubectl, one of
/// several may be absent.
fn files(access: &Access) -> Result<Vec<(PathBuf, File)>, Trouble> {
    let paths: Vec<PathBuf> = match (access.text("KUBECONFIG"), access.text("HOME")) {
        (Some(list), _) => list
            .split(if cfg!(windows) { ';' } else { ':' })
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect(),
        (None, Some(home)) => vec![Path::new(home).join(".kube/config")],
        (None, None) => Vec::new(),
    };
    let mut files = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Trouble::Missing(format!(
                    "the kubeconfig `{shown}` cannot be read ({}): check KUBECONFIG",
                    error.kind()
                )));
            }
        };
        // What is wrong is not quoted: the file holds a token.
        let file = serde_saphyr::from_str(&text).map_err(|_| {
            Trouble::Missing(format!("`{shown}` is no kubeconfig: `kubectl config view` says why"))
        })?;
        files.push((path, file));
    }
    if files.is_empty() {
        return Err(Trouble::Missing(
            "no kubeconfig was found: set KUBECONFIG to the file that says how the cluster is \
             reached"
                .to_owned(),
        ));
    }
    Ok(files)
}
