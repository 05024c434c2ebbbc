//! Searches real little trees, made at run time, for whatever still uses a key.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use leeward_counterpart::random_value;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{Fingerprint, Provenance, SafeText, Secret};
use leeward_respond::dependents::{By, Consumer, ConsumerKind, Dependents, Search, Uses};
use leeward_source::{Progress, files};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

struct Tree {
    dir: TempDir,
    value: String,
}

impl Tree {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), value: random_value() }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes a file in which `{key}` stands for the value.
    fn put(&self, name: &str, text: &str) -> &Self {
        self.write(name, text.replace("{key}", &self.value))
    }

    fn with<T>(&self, has_value: bool, then: impl FnOnce(&Search<'_>) -> T) -> T {
        let library = Library::builtin();
        let detector = Detector::new(&library, leeward_detect::Options::default());
        let dossier = library.get("mistral-api-key").unwrap();
        let secret = Secret::new(self.value.as_bytes());
        let home = self.dir.path().join("home");
        let options = files::Options { threads: 2, ..files::Options::default() };
        then(&Search {
            roots: &[self.dir.path().join("work")],
            home: Some(&home),
            old: Fingerprint::new(&dossier.family, &secret),
            secret: has_value.then_some(&secret),
            new: None,
            names: &[],
            dossier,
            detector: &detector,
            files: &options,
            user_rules: None,
        })
    }

    fn search(&self) -> Dependents {
        self.with(true, |search| search.run(&Progress::default()))
    }

    fn path(&self, consumer: &Consumer) -> String {
        let Provenance::File(place) = &*consumer.place.provenance else { panic!("no file") };
        let root = format!("{}/", self.dir.path().display());
        SafeText::new(&place.path).to_string().replace(&root, "")
    }

    /// Places as text, `path kind how name`, sorted.
    fn shown(&self, found: &Dependents) -> Vec<String> {
        let mut shown: Vec<String> = found
            .consumers
            .iter()
            .map(|one| {
                let name = one.name.as_deref().unwrap_or("-");
                format!("{} | {} | {:?} | {name}", self.path(one), one.kind.title(), one.how)
            })
            .collect();
        shown.sort();
        shown
    }
}

fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = digits[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[test]
fn holders_and_readers_of_a_project() {
    let tree = Tree::new();
    tree.put("work/.env", "MISTRAL_API_KEY={key}\n")
        .put("work/app.py", "import os\nkey = os.environ['MISTRAL_API_KEY']\n")
        .put("work/web/src/api.ts", "const k = process.env.MISTRAL_API_KEY;\n")
        .put(
            "work/.github/workflows/ci.yml",
            "jobs:\n  t:\n    env:\n      MISTRAL_API_KEY: ${{ secrets.MISTRAL_API_KEY }}\n",
        )
        .put(
            "work/docker-compose.yml",
            "services:\n  a:\n    environment:\n      - MISTRAL_API_KEY\n",
        )
        .put("work/Dockerfile", "FROM x\nENV MISTRAL_API_KEY {key}\n")
        .put("work/litellm_config.yaml", "model_list:\n  - api_key: os.environ/MISTRAL_API_KEY\n")
        .put("work/README.md", "Set `MISTRAL_API_KEY` first, or $MISTRAL_API_KEY.\n")
        .put("work/.env.example", "MISTRAL_API_KEY=\n")
        .put("work/unrelated.py", "key = os.environ['OTHER_API_KEY']\n")
        .put("home/.vibe/.env", "MISTRAL_API_KEY={key}\n")
        .put("home/.mistralcode/config.json", "{\"mistralCodeUserAPIKey\": \"{key}\"}\n");
    let found = tree.search();
    assert_eq!(
        tree.shown(&found),
        [
            "home/.mistralcode/config.json | Mistral Code | Value | mistralCodeUserAPIKey",
            "home/.vibe/.env | Mistral Vibe | Value | MISTRAL_API_KEY",
            "work/.env | dotenv file | Value | MISTRAL_API_KEY",
            "work/.github/workflows/ci.yml | GitHub Actions | Secret | MISTRAL_API_KEY",
            "work/Dockerfile | Dockerfile | Value | MISTRAL_API_KEY",
            "work/app.py | Python | Variable | MISTRAL_API_KEY",
            "work/docker-compose.yml | compose file | Variable | MISTRAL_API_KEY",
            "work/litellm_config.yaml | LiteLLM | Variable | MISTRAL_API_KEY",
            "work/web/src/api.ts | TypeScript | Variable | MISTRAL_API_KEY",
        ]
    );
    assert!(found.coverage.is_complete());
    let workflow = found.consumers.iter().find(|one| one.how == By::Secret).unwrap();
    assert!(workflow.note.contains("in its own settings"), "{}", workflow.note);
    assert!(found.unseen.iter().any(|unseen| unseen.place.contains("keyring")));
    let text = format!("{found:?}");
    assert!(!text.contains(&tree.value), "no value leaves");
}

#[test]
fn kubernetes_by_fingerprint_alone_and_under_other_names() {
    let tree = Tree::new();
    let data = base64(tree.value.as_bytes());
    tree.write(
        "work/secret.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: llm\ndata:\n  token: {data}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata:\n  name: other\ndata:\n  token: AAAA\n"
        ),
    )
    .put(
        "work/deploy.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  env:\n  - name: LLM_MISTRAL_KEY\n    \
         valueFrom:\n      secretKeyRef:\n        name: llm\n        key: token\n",
    )
    .put(
        "work/theirs.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  env:\n  - name: A\n    valueFrom:\n      \
         secretKeyRef:\n        name: other\n        key: token\n",
    )
    .put("work/job.yaml", "apiVersion: v1\nkind: Pod\nenvFrom:\n- secretRef:\n    name: llm\n")
    .put("work/main.go", "key := os.Getenv(\"LLM_MISTRAL_KEY\")\n");
    let found = tree.with(false, |search| search.run(&Progress::default()));
    assert_eq!(
        tree.shown(&found),
        [
            "work/deploy.yaml | Kubernetes manifest | ManifestKey | token",
            "work/job.yaml | Kubernetes manifest | ManifestSecret | llm",
            "work/main.go | Go | Variable | LLM_MISTRAL_KEY",
            "work/secret.yaml | Kubernetes manifest | Value | token",
        ]
    );
}

#[test]
fn hashes_states_and_values_without_a_vendor() {
    let tree = Tree::new();
    let digest = Sha256::digest(tree.value.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    tree.write("work/spend.json", format!("{{\"hashed_token\": \"{hash}\"}}"))
        .put("work/terraform.tfstate", "{\"attributes\": {\"value\": \"{key}\"}}")
        .put("work/keys.json", "{\"m\": \"{key}\"}")
        .put("work/prod.tfvars", "mistral_key = \"{key}\"\n")
        .put("work/main.tf", "variable \"mistral_key\" {}\nlocals { k = var.mistral_key }\n")
        .write(
            "work/wide.ps1",
            tree.value.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        )
        .put("work/nb.ipynb", "{\"cells\": [{\"source\": [\"k = \\\"{key}\\\"\\n\"]}]}");
    assert_eq!(
        tree.shown(&tree.search()),
        [
            "work/keys.json | configuration file | Value | m",
            "work/main.tf | Terraform configuration | TerraformVariable | mistral_key",
            "work/nb.ipynb | notebook | Value | k",
            "work/prod.tfvars | Terraform configuration | Value | mistral_key",
            "work/spend.json | configuration file | Hash | hashed_token",
            "work/terraform.tfstate | Terraform state | Value | attributes",
            "work/wide.ps1 | Windows script | Value | -",
        ]
    );
}

#[test]
fn common_names_are_followed_only_nearby() {
    let tree = Tree::new();
    tree.put("work/a/.env", "API_KEY={key}\nBASE=https://api.mistral.ai/v1\n")
        .put("work/a/app.js", "use(process.env.API_KEY)\n")
        .put("work/b/app.js", "use(process.env.API_KEY)\n");
    let found = tree.search();
    assert_eq!(
        tree.shown(&found),
        [
            "work/a/.env | dotenv file | Value | API_KEY",
            "work/a/app.js | JavaScript | Variable | API_KEY"
        ]
    );
    let reader = found.consumers.iter().find(|one| one.how == By::Variable).unwrap();
    assert!(reader.note.contains("may read another"), "{}", reader.note);
}

#[test]
fn a_place_is_read_again_after_the_switch() {
    let tree = Tree::new();
    tree.put("work/.env", "MISTRAL_API_KEY={key}\n")
        .put("work/app.py", "k = os.environ['MISTRAL_API_KEY']\n");
    let found = tree.search();
    let fresh = random_value();
    let new = Fingerprint::new("mistral", &Secret::new(fresh.as_bytes()));
    let holder = &found.consumers[0];
    let reader = &found.consumers[1];
    tree.with(true, |search| {
        assert_eq!(search.switched(holder, new), Uses::OldValue);
        tree.write("work/.env", format!("MISTRAL_API_KEY={fresh}\n"));
        assert_eq!(search.switched(holder, new), Uses::NewValue);
        tree.write("work/.env", "MISTRAL_API_KEY=\n");
        assert_eq!(search.switched(holder, new), Uses::Neither);
        fs::remove_file(tree.dir.path().join("work/.env")).unwrap();
        assert_eq!(search.switched(holder, new), Uses::Neither);
        fs::create_dir(tree.dir.path().join("work/.env")).unwrap();
        assert!(matches!(search.switched(holder, new), Uses::Unreadable(_)));
        assert_eq!(search.switched(reader, new), Uses::Reference("MISTRAL_API_KEY".into()));
        tree.write("work/app.py", "k = vault.read('llm')\n");
        assert_eq!(search.switched(reader, new), Uses::Neither);
    });
}

/// The value far into a line of many megabytes, in a file that is cut.
#[test]
fn a_large_file_is_searched_to_its_end() {
    let tree = Tree::new();
    let filler = "x ".repeat(3 << 20);
    tree.put("work/big.json", &format!("\n{filler}\n {{\"k\": \"{{key}}\"}}\n"));
    let found = tree.search();
    assert_eq!(found.consumers.len(), 1);
    let place = &found.consumers[0].place;
    assert_eq!((place.start.line, place.start.column), (3, 9));
    assert_eq!(place.span.end - place.span.start, 32);
}

#[cfg(unix)]
#[test]
fn hostile_trees_are_survived() {
    use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
    let tree = Tree::new();
    tree.put("work/a\n\u{1b}[2Jb/.env", "MISTRAL_API_KEY={key}\n");
    tree.put("outside/.env", "MISTRAL_API_KEY={key}\n");
    symlink(tree.dir.path().join("outside"), tree.dir.path().join("work/link")).unwrap();
    symlink("loop", tree.dir.path().join("work/loop")).unwrap();
    let odd = PathBuf::from(std::ffi::OsStr::from_bytes(b"work/\xff\xfe.py"));
    fs::write(tree.dir.path().join(odd), b"\xffos.environ['MISTRAL_API_KEY']\xfe").unwrap();
    tree.write("work/noise.env", [0xff, 0, 0xfe].repeat(5000));
    let found = tree.search();
    assert_eq!(
        tree.shown(&found),
        [
            "work/\\xff\\xfe.py | Python | Variable | MISTRAL_API_KEY",
            "work/a\\n\\u{1b}[2Jb/.env | dotenv file | Value | MISTRAL_API_KEY",
        ]
    );
}

#[test]
fn a_tool_of_the_dossier_is_named_by_what_its_file_says() {
    let tree = Tree::new();
    tree.put(
        "work/config.yaml",
        "model_list:\n- litellm_params:\n    model: mistral/x\n    api_key: {key}\n",
    )
    .put("work/export.json", "{\"type\": \"mistralCloudApi\", \"data\": {\"apiKey\": \"{key}\"}}")
    .put("home/.continue/config.yaml", "models:\n- provider: mistral\n  apiKey: {key}\n");
    let found = tree.search();
    let kinds: Vec<&str> = found.consumers.iter().map(|one| one.kind.title()).collect();
    assert_eq!(kinds, ["Continue", "LiteLLM", "n8n"]);
    assert!(found.consumers.iter().all(|one| matches!(one.kind, ConsumerKind::Tool(_))));
    assert!(found.consumers.iter().all(|one| !one.note.is_empty()));
    assert!(Path::new(&tree.path(&found.consumers[0])).ends_with("config.yaml"));
}
