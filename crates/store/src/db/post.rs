//! PostgreSQL: over TLS unless the server is on this machine or the address says
//! otherwise, with certificates checked against the system's issuers or the one
//! that the address names.

use std::{collections::HashMap, fs, net::IpAddr, str::FromStr as _, sync::Arc, time::Duration};

use bytes::BytesMut;
use postgres::{
    Client, Config, NoTls, Statement,
    config::{Host, SslMode},
    fallible_iterator::FallibleIterator as _,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Row, Value};
use crate::{
    place::Url,
    trouble::{Trouble, chain},
};

/// A server.
pub(crate) struct Post {
    client: Client,
    statements: HashMap<String, Statement>,
    address: Address,
    /// Whether a transaction has begun.
    is_open: bool,
}

/// An address, taken apart.
struct Address {
    config: Config,
    is_plain: bool,
    issuers: Option<String>,
}

impl Post {
    pub(super) fn connect(url: &Url) -> Result<Self, Trouble> {
        let address = Address::parse(url)?;
        let client = address.connect()?;
        Ok(Self { client, statements: HashMap::new(), address, is_open: false })
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Trouble> {
        Ok(self.client.batch_execute(sql)?)
    }

    pub(super) fn execute(&mut self, sql: &str, bound: &[Value<'_>]) -> Result<u64, Trouble> {
        let statement = self.statement(sql)?;
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as _).collect();
        Ok(self.client.execute(&statement, &bound)?)
    }

    pub(super) fn each(
        &mut self,
        sql: &str,
        bound: &[Value<'_>],
        show: &mut dyn FnMut(&Row<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut count = 0;
        let mut counted = |row: &Row<'_>| {
            count += 1;
            show(row)
        };
        match self.each_once(sql, bound, &mut counted) {
            // A server that was started anew has forgotten this client. Outside a
            // transaction nothing but reading is done, and reading can begin anew.
            Err(Trouble::Connect(_)) if !self.is_open && count == 0 => {
                self.reconnect()?;
                self.each_once(sql, bound, show)
            }
            done => done,
        }
    }

    fn each_once(
        &mut self,
        sql: &str,
        bound: &[Value<'_>],
        show: &mut dyn FnMut(&Row<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let statement = self.statement(sql)?;
        let mut rows = self.client.query_raw(&statement, bound)?;
        while let Some(row) = rows.next()? {
            show(&Row::Post(&row))?;
        }
        Ok(())
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Trouble> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn reconnect(&mut self) -> Result<(), Trouble> {
        self.statements.clear();
        self.client = self.address.connect()?;
        Ok(())
    }

    pub(super) fn begin(&mut self, how: &str) -> Result<(), Trouble> {
        if self.is_open {
            // Left open by a caller that panicked.
            self.rollback();
        }
        match self.batch(how) {
            Err(Trouble::Connect(_)) => {
                self.reconnect()?;
                self.batch(how)?;
            }
            Err(trouble) => {
                // It may have begun, and then have waited in vain.
                self.rollback();
                return Err(trouble);
            }
            Ok(()) => {}
        }
        self.is_open = true;
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), Trouble> {
        self.is_open = false;
        self.client.batch_execute("COMMIT").map_err(|error| match Trouble::from(error) {
            Trouble::Connect(why) => Trouble::Unsure(why),
            trouble => trouble,
        })
    }

    pub(super) fn rollback(&mut self) {
        self.is_open = false;
        // If the connection is gone the server rolls back by itself.
        let _ = self.client.batch_execute("ROLLBACK");
    }
}

impl Address {
    fn parse(url: &Url) -> Result<Self, Trouble> {
        let trouble = |what: &str| Trouble::Connect(what.to_owned());
        let (base, query) = url.text().split_once('?').unwrap_or((url.text(), ""));
        // What the client does not know, or knows otherwise, is read here.
        let mut rest = Vec::new();
        let mut mode = None;
        let mut issuers = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) if value != "system" => {
                    issuers =
                        Some(decoded(value).ok_or_else(|| {
                            trouble("`sslrootcert` in its address is not a path")
                        })?);
                }
                Some(("sslrootcert", _)) => {}
                _ => rest.push(pair),
            }
        }
        let text = zeroize::Zeroizing::new(format!("{base}?{}", rest.join("&")));
        let mut config = Config::from_str(&text).map_err(|_| {
            trouble(
                "its address is not understood: write `postgres://user:password@host:5432/database` \
                 and encode what is special in the password, such as `%40` for `@`",
            )
        })?;
        let is_here = !config.get_hosts().is_empty()
            && config.get_hosts().iter().all(is_here)
            && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        let is_plain = match mode {
            Some("disable") => true,
            None => is_here,
            // Whether it is encrypted is not left to the server.
            Some("allow" | "prefer" | "require" | "verify-ca" | "verify-full") => false,
            Some(_) => return Err(trouble("`sslmode` in its address is not one there is")),
        };
        config.ssl_mode(if is_plain { SslMode::Disable } else { SslMode::Require });
        if config.get_application_name().is_none() {
            config.application_name("leeward");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        Ok(Self { config, is_plain, issuers })
    }

    fn connect(&self) -> Result<Client, Trouble> {
        let connected = if self.is_plain {
            self.config.connect(NoTls)
        } else {
            self.config.connect(MakeRustlsConnect::new(self.tls()?))
        };
        let mut client = connected.map_err(|error| {
            let text =
                error.as_db_error().map_or_else(|| chain(&error), |said| said.message().into());
            Trouble::Connect(self.discreet(text))
        })?;
        let settings = client.query_one(
            "SELECT current_setting('server_encoding'), current_setting('synchronous_commit')",
            &[],
        )?;
        if settings.try_get::<_, &str>(0)? != "UTF8" {
            return Err(Trouble::Connect(
                "the database is not in UTF-8: make one with `ENCODING 'UTF8'`".to_owned(),
            ));
        }
        if settings.try_get::<_, &str>(1)? == "off" {
            // What is acknowledged must be there after a power cut.
            client.batch_execute("SET synchronous_commit = on")?;
        }
        // Tables that are read as a whole have no index to be read by; all else is looked
        // up by one, also while the server takes a table that is being filled for empty.
        client.batch_execute("SET lock_timeout = '10s'; SET enable_seqscan = off")?;
        Ok(client)
    }

    fn tls(&self) -> Result<ClientConfig, Trouble> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.issuers {
            let pem = fs::read(path)
                .map_err(|error| Trouble::Connect(format!("`{path}` cannot be read: {error}")))?;
            let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
            roots.add_parsable_certificates(certificates);
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if roots.is_empty() {
            return Err(Trouble::Connect(
                "no certificate of an issuer is there to check the server's by: name a file of \
                 them as `sslrootcert` in its address"
                    .to_owned(),
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Trouble::Connect(error.to_string()))?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }

    /// A message without the password, should one quote it.
    fn discreet(&self, text: String) -> String {
        let password = self.config.get_password().and_then(|word| std::str::from_utf8(word).ok());
        match password.filter(|word| word.len() > 2) {
            Some(password) => text.replace(password, "…"),
            None => text,
        }
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A part of an address without its percent encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        if *first == b'%' {
            let pair = std::str::from_utf8(others.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
            rest = &others[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.as_ref().to_sql(kind, out),
            Self::Bytes(bytes) => bytes.as_ref().to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT4, Type::INT8, Type::TEXT, Type::VARCHAR, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_plain(text: &str) -> bool {
        Address::parse(&Url::new(text)).unwrap().is_plain
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        for plain in [
            "postgres://u:p@localhost/d",
            "postgres://u@127.0.0.1:5433/d",
            "postgres://u@%2Frun%2Fpostgresql/d",
            "postgres://u@db.example/d?sslmode=disable",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for encrypted in [
            "postgres://u@db.example/d",
            "postgres://u@db.example/d?sslmode=prefer",
            "postgres://u@localhost,db.example/d",
            "postgres://u@localhost/d?hostaddr=192.0.2.1",
            "postgres://u@localhost/d?sslmode=verify-full&application_name=x",
        ] {
            assert!(!is_plain(encrypted), "{encrypted}");
        }
    }

    #[test]
    fn an_address_that_is_not_understood_is_not_quoted() {
        for text in ["postgres://u:hush@h:port/d", "postgres://u:hush@h/d?nonsense=1&password=hush"]
        {
            let Err(trouble) = Address::parse(&Url::new(text)) else { panic!("{text}") };
            let said = format!("{trouble} {trouble:?}");
            assert!(!said.contains("hush"), "{said}");
        }
    }
}
