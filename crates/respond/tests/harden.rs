//! Weaknesses in real little trees, and above all none in ordinary code.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{fs, path::Path};

use leeward_dossier::Library;
use leeward_model::Provenance;
use leeward_respond::harden::{self, Hardening};
use leeward_source::{Progress, files};

fn inspect(root: &Path) -> Hardening {
    let library = Library::builtin();
    let dossier = library.get("mistral-api-key").unwrap();
    let options = files::Options { threads: 1, ..files::Options::default() };
    harden::inspect(&[root.to_owned()], dossier, &options, None, &Progress::default())
}

/// What is found in one file.
fn found(name: &str, text: &str) -> Vec<(&'static str, String)> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), text).unwrap();
    let found = inspect(dir.path());
    found.weaknesses.into_iter().map(|one| (one.id, one.title)).collect()
}

fn ids(name: &str, text: &str) -> Vec<&'static str> {
    found(name, text).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn plain_http() {
    assert_eq!(ids("a.py", "url = 'http://api.mistral.ai/v1/models'"), ["plain-http"]);
    assert_eq!(ids("a.js", "fetch(`HTTP://api.eu.mistral.ai/v1/chat`)"), ["plain-http"]);
    for text in [
        "https://api.mistral.ai/v1/models",
        "# see http://api.mistral.ai/v1",
        "http://mistral.ai",
        "http://www.mistral.ai/news",
        "http://localhost:8080/api.mistral.ai",
        "http://api.mistral.ai.example.com/v1",
        "xhttp://api.mistral.aix/",
    ] {
        assert!(ids("a.py", text).is_empty(), "{text}");
    }
    assert!(ids("README.md", "http://api.mistral.ai/v1").is_empty());
}

#[test]
fn certificate_checks() {
    for (name, text) in [
        ("a.py", "r = requests.post('https://api.mistral.ai/v1/x', headers=h, verify=False)"),
        ("a.py", "client = httpx.Client(verify = False)\nm = Mistral(client=client)"),
        (
            "a.py",
            "import ssl\nssl._create_default_https_context = ssl._create_unverified_context\nfrom mistralai import Mistral",
        ),
        ("a.js", "new Agent({ rejectUnauthorized: false }); new Mistral({})"),
        ("a.env", "NODE_TLS_REJECT_UNAUTHORIZED=0\nMISTRAL_API_KEY=x"),
        (
            "a.js",
            "process.env[\"NODE_TLS_REJECT_UNAUTHORIZED\"] = \"0\"; import '@mistralai/mistralai'",
        ),
        ("a.go", "tls.Config{InsecureSkipVerify: true} // for mistral"),
        ("a.sh", "curl -k https://api.mistral.ai/v1/models"),
        ("a.sh", "curl -sSk -H \"Authorization: Bearer $K\" https://api.mistral.ai/v1/models"),
        ("a.sh", "curl https://api.mistral.ai/v1/models --insecure"),
        ("a.php", "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false); // mistral\n"),
        ("a.rs", "Client::builder().danger_accept_invalid_certs(true); // mistral"),
        ("a.rb", "http.verify_mode = OpenSSL::SSL::VERIFY_NONE\nhost = 'api.mistral.ai'"),
        ("litellm.yaml", "model: mistral/x\nssl_verify: false\n"),
        ("a.cs", "h.ServerCertificateCustomValidationCallback = (a, b, c, d) => true; // Mistral"),
    ] {
        assert_eq!(ids(name, text), ["certificate-checks-off"], "{text}");
    }
}

#[test]
fn ordinary_code_is_left_alone() {
    let far = format!("verify=False\n{}\nmistral", "x = 1\n".repeat(1000));
    for (name, text) in [
        ("a.py", "r = requests.get(url, verify=False)"),
        ("a.py", far.as_str()),
        ("a.py", "from mistralai import Mistral\njwt.decode(token, key, verify=False)"),
        ("a.py", "import mistralai\ndef ask(url, verify=False): pass"),
        ("a.py", "import mistralai\n# never use verify=False\n"),
        ("a.py", "import mistralai\nverify = True\nrequests.get(u, verify='/ca.pem')"),
        ("a.js", "new Agent({ rejectUnauthorized: true }); new Mistral({})"),
        ("a.env", "NODE_TLS_REJECT_UNAUTHORIZED=1\nMISTRAL_API_KEY=x"),
        ("a.sh", "curl -s https://api.mistral.ai/v1/models -H 'k: v' | grep -k x"),
        ("a.sh", "curl --key-type PEM -X POST https://api.mistral.ai/v1"),
        ("a.rs", "builder.danger_accept_invalid_certs(false); // mistral"),
        ("a.go", "InsecureSkipVerify: insecure, // mistral"),
        ("docs.md", "curl -k https://api.mistral.ai/v1"),
        ("a.ts", "const k = process.env.MISTRAL_API_KEY"),
        ("a.ts", "const m = import.meta.env.VITE_MISTRAL_MODEL"),
        ("a.ts", "const k = import.meta.env.VITE_MAPS_API_KEY // mistral"),
        ("a.env", "MY_PUBLIC_MISTRAL_API_KEY_NAME_X=\nNEXT_PUBLIC_MISTRAL_URL=https://x\n"),
        ("a.ts", "// VITE_MISTRAL_API_KEY must never be used"),
    ] {
        assert_eq!(found(name, text), [], "{text}");
    }
}

#[test]
fn keys_for_browsers() {
    for prefix in [
        "VITE_",
        "NEXT_PUBLIC_",
        "REACT_APP_",
        "EXPO_PUBLIC_",
        "NUXT_PUBLIC_",
        "PUBLIC_",
        "GATSBY_",
    ] {
        let text =
            format!("const k = env.{prefix}MISTRAL_API_KEY; use(env.{prefix}MISTRAL_API_KEY)");
        let found = found("a.ts", &text);
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].1.contains(&format!("`{prefix}MISTRAL_API_KEY`")), "{}", found[0].1);
    }
    assert_eq!(ids(".env", "VITE_MISTRAL_TOKEN=x"), ["shipped-to-browsers"]);
    let text = "import M from '@mistralai/mistralai';\nnew M({ dangerouslyAllowBrowser: true })";
    assert_eq!(ids("a.ts", text), ["shipped-to-browsers"]);
}

#[test]
fn compromised_packages() {
    for (name, text) in [
        ("requirements.txt", "requests==2.0\nmistralai[agents]==2.4.6 ; python_version > '3'\n"),
        ("requirements-dev.txt", "MistralAI == 2.4.6 \\\n    --hash=sha256:00\n"),
        ("poetry.lock", "[[package]]\nname = \"mistralai\"\nversion = \"2.4.6\"\n"),
        ("uv.lock", "[[package]]\nname = \"mistralai\"\nversion = \"2.4.6\"\nsource = { }\n"),
        (
            "Pipfile.lock",
            "{\"default\": {\"mistralai\": {\"hashes\": [\"sha256:0\"], \"version\": \"==2.4.6\"}}}",
        ),
        (
            "package-lock.json",
            "{\"packages\": {\"node_modules/@mistralai/mistralai\": {\n \"version\": \"2.2.3\"}}}",
        ),
        (
            "package-lock.json",
            "{\"dependencies\": {\"@mistralai/mistralai-gcp\": {\"version\": \"1.7.2\"}}}",
        ),
        (
            "yarn.lock",
            "\"@mistralai/mistralai@^2.2.0\", \"@mistralai/mistralai@^2.2.1\":\n  version \"2.2.4\"\n",
        ),
        ("yarn.lock", "\"@mistralai/mistralai@npm:^2.2.0\":\n  version: 2.2.4\n"),
        ("pnpm-lock.yaml", "packages:\n  /@mistralai/mistralai/2.2.2:\n    resolution: {}\n"),
        ("pnpm-lock.yaml", "packages:\n  '@mistralai/mistralai@2.2.2(zod@3.0.0)':\n    x: y\n"),
        ("bun.lock", "\"@mistralai/mistralai\": [\"@mistralai/mistralai@2.2.2\", \"\"]"),
    ] {
        let found = found(name, text);
        assert_eq!(found.len(), 1, "{name}: {text}");
        assert!(found[0].1.contains("MAI-2026-002"), "{}", found[0].1);
    }
    for (name, text) in [
        (
            "requirements.txt",
            "mistralai==2.4.60\nmistralai>=2.4.6\nmistralai-x==2.4.6\n# mistralai==2.4.6\n",
        ),
        (
            "poetry.lock",
            "[[package]]\nname = \"other\"\nversion = \"2.4.6\"\n[[package]]\nname = \"mistralai\"\nversion = \"2.5.0\"\n",
        ),
        (
            "package-lock.json",
            "{\"packages\": {\"\": {\"dependencies\": {\"@mistralai/mistralai\": \"2.2.3\"}}}}",
        ),
        ("package-lock.json", "{\"node_modules/@mistralai/mistralai\": {\"version\": \"2.2.5\"}}"),
        (
            "package-lock.json",
            "{\"node_modules/@mistralai/mistralai\": {\"dependencies\": {\"version\": \"2.2.3\"}}}",
        ),
        ("yarn.lock", "\"@mistralai/mistralai@^2.2.2\":\n  version \"2.3.0\"\n"),
        ("pnpm-lock.yaml", "  '@mistralai/mistralai@2.2.22':\n"),
        ("notes.py", "mistralai==2.4.6"),
    ] {
        assert_eq!(found(name, text), [], "{name}: {text}");
    }
}

#[test]
fn controls_are_said_plainly() {
    let dir = tempfile::tempdir().unwrap();
    let controls = inspect(dir.path()).controls;
    let said = |id: &str| controls.iter().find(|control| control.id == id).unwrap().said();
    for missing in ["address-list", "second-factor", "endpoint-permissions"] {
        assert_eq!(said(missing), "It does not exist at this provider.");
    }
    assert!(said("spending-limit").contains("read and set it"));
    assert!(said("maximum-validity").contains("Only a person"));
}

#[test]
fn hostile_files_are_survived() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(dir.path().join(name), text).unwrap();
    write("bad\n.py", b"\xffrequests.post('https://api.mistral.ai', verify=False)\xff\n");
    write("long.js", format!("{}http://api.mistral.ai/v1", "a ".repeat(2 << 20)).as_bytes());
    write("package-lock.json", b"{\"@mistralai/mistralai\": {\"version\"");
    write("poetry.lock", b"\xff\nname = \"mistralai");
    write("pnpm-lock.yaml", b"@mistralai/mistralai");
    let found = inspect(dir.path());
    let ids: Vec<&str> = found.weaknesses.iter().map(|one| one.id).collect();
    assert_eq!(ids, ["certificate-checks-off", "plain-http"]);
    for one in &found.weaknesses {
        assert!(matches!(&*one.place.provenance, Provenance::File(_)));
        assert!(one.place.excerpt.text.len() < 600);
    }
}
