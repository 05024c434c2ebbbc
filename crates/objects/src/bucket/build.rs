//! From an address and how it is reached to the client of a store.

use std::sync::Arc;

use leeward_model::Secret;
use object_store::{
    ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    list::PaginatedListStore,
};
use url::Url;

use super::{connect::Connector, trouble::Unopened};
use crate::{Access, Address, Scheme, access};

/// A store, as it is read from and as it is listed.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) listing: Arc<dyn PaginatedListStore>,
}

/// Where a region is asked for that nobody told.
const REGION: &str = "x-amz-bucket-region";

/// The store of a bucket. Asks where the bucket is, if nobody says.
pub(super) async fn store(address: &Address, access: &Access) -> Result<Store, Unopened> {
    match address.scheme {
        Scheme::S3 => s3(address, access).await,
        Scheme::Gs => gs(address, access),
        Scheme::Az => az(address, access),
    }
}

async fn s3(address: &Address, access: &Access) -> Result<Store, Unopened> {
    let halves = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    if let [true, false] | [false, true] = halves.map(|half| access.has(half)) {
        let [id, secret] = halves;
        return Err(Unopened::because(format!("one of {id} and {secret} is set alone: set both")));
    }
    let given = access.setting(&["aws_region", "aws_default_region"]);
    let endpoint = endpoint(access, &["aws_endpoint_url_s3", "aws_endpoint_url", "aws_endpoint"])?;
    let plain = is_set(access, "aws_allow_http");
    let mut named = vec!["s3.amazonaws.com".to_owned()];
    named.push(format!("{}.s3.amazonaws.com", address.bucket));
    named.extend(endpoint.as_ref().and_then(Url::host_str).map(str::to_owned));
    let region = match given {
        Some(region) => Some(region),
        None if endpoint.is_some() => None,
        None => {
            let asking = Connector::new(&access.network(), named.clone(), false)?;
            region(&asking, &address.bucket).await
        }
    };
    let region = region.unwrap_or_else(|| "us-east-1".to_owned());
    for service in ["s3", "sts"] {
        named.push(format!("{service}.{region}.amazonaws.com"));
    }
    named.push(format!("{}.s3.{region}.amazonaws.com", address.bucket));
    let mut builder = AmazonS3Builder::new();
    for (name, value) in &access.settings {
        if let (Ok(key), Some(value)) = (name.parse::<AmazonS3ConfigKey>(), access::text(value)) {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder
        .with_bucket_name(&address.bucket)
        .with_region(region)
        .with_retry(retry(access))
        .with_allow_http(true)
        .with_request_payer(access.requester_pays)
        .with_http_connector(Connector::new(&access.network(), named, plain)?);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    if access.anonymous {
        builder = builder.with_skip_signature(true);
    }
    builder.build().map(Store::of).map_err(unusable)
}

/// Where a bucket is: every answer says so, a refusal among them.
async fn region(asking: &Connector, bucket: &str) -> Option<String> {
    // A certificate for all buckets covers names without dots alone.
    let text = match bucket.contains('.') {
        true => format!("https://s3.amazonaws.com/{bucket}"),
        false => format!("https://{bucket}.s3.amazonaws.com"),
    };
    let region = asking.head(Url::parse(&text).ok()?, REGION).await?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    Some(region).filter(|region| !region.is_empty() && region.bytes().all(is_name))
}

fn gs(address: &Address, access: &Access) -> Result<Store, Unopened> {
    let endpoint = endpoint(access, &["google_base_url", "google_endpoint"])?;
    let mut named = vec!["storage.googleapis.com".to_owned(), "oauth2.googleapis.com".to_owned()];
    named.extend(endpoint.as_ref().and_then(Url::host_str).map(str::to_owned));
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in &access.settings {
        let Ok(key) = name.parse::<GoogleConfigKey>() else { continue };
        // Without a credential none is looked for either.
        if let Some(value) = access::text(value).filter(|_| !access.anonymous) {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder
        .with_bucket_name(&address.bucket)
        .with_retry(retry(access))
        .with_http_connector(Connector::new(&access.network(), named, false)?);
    if let Some(endpoint) = endpoint {
        builder = builder.with_base_url(endpoint.as_str().trim_end_matches('/'));
    }
    if access.anonymous {
        builder = builder.with_skip_signature(true);
    }
    builder.build().map(Store::of).map_err(unusable)
}

fn az(address: &Address, access: &Access) -> Result<Store, Unopened> {
    let names = ["azure_storage_endpoint", "azure_endpoint"];
    let endpoint = endpoint(access, &names)?;
    let account = access.setting(&["azure_storage_account_name", "azure_storage_account"]);
    let Some(account) = account else {
        return Err(Unopened::because(format!(
            "`{address}` does not say in which account: set AZURE_STORAGE_ACCOUNT_NAME"
        )));
    };
    let mut named = vec![format!("{account}.blob.core.windows.net")];
    named.push("login.microsoftonline.com".to_owned());
    named.extend(endpoint.as_ref().and_then(Url::host_str).map(str::to_owned));
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in &access.settings {
        if let (Ok(key), Some(value)) = (name.parse::<AzureConfigKey>(), access::text(value)) {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder
        .with_account(account)
        .with_container_name(&address.bucket)
        .with_retry(retry(access))
        .with_allow_http(true)
        .with_http_connector(Connector::new(&access.network(), named, false)?);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
    }
    if access.anonymous {
        builder = builder.with_skip_signature(true);
    }
    builder.build().map(Store::of).map_err(unusable)
}

impl Store {
    fn of<S: ObjectStore + PaginatedListStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self { objects: Arc::clone(&store) as _, listing: store }
    }
}

fn retry(access: &Access) -> RetryConfig {
    RetryConfig {
        max_retries: access.patience.retries,
        retry_timeout: access.patience.within,
        ..RetryConfig::default()
    }
}

/// The address to ask at, if the operator named one.
fn endpoint(access: &Access, names: &[&str]) -> Result<Option<Url>, Unopened> {
    let Some(text) = access.endpoint.clone().or_else(|| access.setting(names)) else {
        return Ok(None);
    };
    // Not quoted: it may hold a password by mistake.
    let bad = || {
        Unopened::because(
            "the endpoint is not understood: write `https://host`, or `http://127.0.0.1:port` for \
             a store on this machine, without a user and a query",
        )
    };
    let url = Url::parse(&text).map_err(|_| bad())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    if is_plain && is_web { Ok(Some(url)) } else { Err(bad()) }
}

fn is_set(access: &Access, name: &str) -> bool {
    let is_yes = |value: &(String, Secret)| {
        value.0 == name && access::text(&value.1).is_some_and(|text| matches!(&*text, "1" | "true"))
    };
    access.settings.iter().any(is_yes)
}

/// What the client says of settings that make no sense: the names of settings and
/// files, never what they hold.
fn unusable(error: object_store::Error) -> Unopened {
    let object_store::Error::Generic { store, source } = error else {
        return Unopened::because("the settings of the store cannot be used");
    };
    Unopened::because(format!("the settings for {store} cannot be used: {source}"))
}
