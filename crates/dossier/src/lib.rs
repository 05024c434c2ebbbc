//! What Leeward knows of each credential type. One TOML file per type under
//! `dossiers/<provider>/<kind>.toml`; its id is `<provider>-<kind>`.
//!
//! Pure: callers read files and hand in their text.

pub mod administer;
mod builtin;
pub mod check;
mod page;
pub mod probe;
pub mod schema;

use leeward_model::DossierId;

pub use check::Problem;
pub use page::page;

/// One credential type whose file was checked.
#[derive(Clone, Debug)]
pub struct Dossier {
    id: DossierId,
    file: schema::DossierFile,
}

impl Dossier {
    /// Reads and checks a dossier's text. `file` is the path to name in
    /// problems; `id` follows from it by the caller's rule.
    ///
    /// # Errors
    /// Every problem there is, each with its place.
    pub fn parse(id: &str, file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self { id: DossierId::new(id), file: check::dossier(file, text)? })
    }

    /// `<provider>-<kind>`.
    pub fn id(&self) -> &DossierId {
        &self.id
    }
}

impl std::ops::Deref for Dossier {
    type Target = schema::DossierFile;

    fn deref(&self) -> &schema::DossierFile {
        &self.file
    }
}

/// All dossiers of a run, sorted by id, and the other vendors known.
#[derive(Clone, Debug)]
pub struct Library {
    dossiers: Vec<Dossier>,
    rivals: schema::RivalsFile,
    advisories: schema::AdvisoriesFile,
}

impl Library {
    /// The dossiers that come with the binary.
    pub fn builtin() -> Self {
        builtin::library()
    }

    fn from_bundle(bundle: schema::Bundle) -> Self {
        let dossiers = bundle
            .dossiers
            .into_iter()
            .map(|(id, file)| Dossier { id: DossierId::new(id), file })
            .collect();
        Self { dossiers, rivals: bundle.rivals, advisories: bundle.advisories }
    }

    /// Adds a dossier, or replaces the one of the same id.
    pub fn add(&mut self, dossier: Dossier) {
        match self.dossiers.binary_search_by(|known| known.id.cmp(&dossier.id)) {
            Ok(at) => self.dossiers[at] = dossier,
            Err(at) => self.dossiers.insert(at, dossier),
        }
    }

    /// Adds advisories that belong to no provider.
    pub fn add_advisories(&mut self, more: schema::AdvisoriesFile) {
        self.advisories.advisories.extend(more.advisories);
    }

    /// All dossiers, sorted by id.
    pub fn dossiers(&self) -> &[Dossier] {
        &self.dossiers
    }

    /// Vendors without a dossier.
    pub fn rivals(&self) -> &[schema::Vendor] {
        &self.rivals.vendors
    }

    /// Packages that stole credentials: those of each dossier, then those that
    /// belong to no provider.
    pub fn advisories(&self) -> impl Iterator<Item = &schema::Advisory> {
        let theirs = self.dossiers.iter().flat_map(|dossier| &dossier.advisories);
        theirs.chain(&self.advisories.advisories)
    }

    /// The dossier of an id.
    pub fn get(&self, id: &str) -> Option<&Dossier> {
        self.dossiers.iter().find(|dossier| dossier.id.as_str() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_dossiers_load_sorted() {
        let library = Library::builtin();
        assert!(library.get("mistral-api-key").is_some());
        assert!(library.dossiers().is_sorted_by(|a, b| a.id < b.id));
        assert!(!library.rivals().is_empty());
    }

    /// What one file cannot say of another.
    #[test]
    fn who_administers_is_known_and_takes_what_is_sent() {
        let library = Library::builtin();
        let all = library.dossiers().iter().filter_map(|it| it.administer.as_ref());
        let all: Vec<_> = all.collect();
        assert!(!all.is_empty());
        for administer in all {
            let admin = library.get(&administer.credential).expect("its credential is known");
            for known in administer.errands() {
                let rest = known.errand.url.strip_prefix("https://").expect("https");
                let (host, path) = rest.split_once('/').expect("a path");
                assert!(admin.verify.hosts.iter().any(|it| it == host), "{}", known.name);
                let request = format!("{} /{path}", known.errand.method.name());
                let never = admin.assess.never.iter();
                let mut never = never.filter(|it| check::is_request(&request, &it.request));
                let is_kept = known.errand.changes() || never.next().is_none();
                assert!(is_kept, "`{request}` only reads, and is never to be made");
            }
        }
    }
}
