//! Before and after, language by language.

use super::*;

const VAULT: &str = "vault:secret/app#MISTRAL_API_KEY";

#[track_caller]
fn becomes(file: &str, before: &str, after: &str) {
    assert_eq!(changed(file, before, VAULT), after, "{file}");
}

#[test]
fn python() {
    becomes(
        "app.py",
        "#!/usr/bin/env python3\n\"\"\"Says\nthings.\"\"\"\nfrom __future__ import annotations\n\nimport sys\n\nKEY = \"@@\"\n",
        "#!/usr/bin/env python3\n\"\"\"Says\nthings.\"\"\"\nfrom __future__ import annotations\n\nimport os\nimport sys\n\nKEY = os.environ[\"MISTRAL_API_KEY\"]\n",
    );
    becomes(
        "a.py",
        "import sys, os\nf(k='@@')\n",
        "import sys, os\nf(k=os.environ[\"MISTRAL_API_KEY\"])\n",
    );
    becomes(
        "a.py",
        "import os\nh = {'Authorization': f'Bearer @@'}\n",
        "import os\nh = {'Authorization': (f'Bearer ' + os.environ[\"MISTRAL_API_KEY\"])}\n",
    );
    becomes(
        "a.py",
        "import os\nk = b\"@@\"\n",
        "import os\nk = os.environ[\"MISTRAL_API_KEY\"].encode()\n",
    );
    becomes(
        "a.py",
        "k = \"\"\"@@\"\"\"\r\n",
        "import os\r\n\r\nk = os.environ[\"MISTRAL_API_KEY\"]\r\n",
    );
    becomes("a.py", "# k = \"@@\"\n", "# k = \"<MISTRAL_API_KEY>\"\n");
    assert!(cannot("a.py", "k = @@\n").contains("no literal"));
}

#[test]
fn javascript_and_typescript() {
    becomes("a.js", "const k = '@@';\n", "const k = process.env.MISTRAL_API_KEY;\n");
    becomes(
        "a.ts",
        "const k: string = \"@@\"\n",
        "const k: string = process.env.MISTRAL_API_KEY!\n",
    );
    becomes("a.mjs", "h = `Bearer @@`;\n", "h = (`Bearer ` + process.env.MISTRAL_API_KEY);\n");
}

#[test]
fn go() {
    becomes(
        "a.go",
        "package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nconst key = \"@@\"\n",
        "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"strings\"\n)\n\nvar key = os.Getenv(\"MISTRAL_API_KEY\")\n",
    );
    becomes(
        "a.go",
        "package main\n\nvar key = `@@`\n",
        "package main\n\nimport \"os\"\n\nvar key = os.Getenv(\"MISTRAL_API_KEY\")\n",
    );
    becomes(
        "a.go",
        "package a\nimport \"os\"\nvar h = \"Bearer @@\"\n",
        "package a\nimport \"os\"\nvar h = (\"Bearer \" + os.Getenv(\"MISTRAL_API_KEY\"))\n",
    );
}

#[test]
fn rust() {
    let read =
        ["std::env", "::var(\"MISTRAL_API_KEY\").expect(\"MISTRAL_API_KEY is not set\")"].concat();
    becomes("a.rs", "let k = \"@@\".to_owned();\n", &format!("let k = {read}.to_owned();\n"));
    becomes("a.rs", "f(\"@@\");\n", &format!("f(&{read});\n"));
    becomes(
        "a.rs",
        "let k = String::from(r#\"@@\"#);\n",
        &format!("let k = String::from({read});\n"),
    );
    becomes("a.rs", "f(\"{} @@\");\n", &format!("f(&format!(\"{{{{}}}} {{}}\", {read}));\n"));
    assert!(cannot("a.rs", "const K: &str = \"@@\";\n").contains("LazyLock"));
}

#[test]
fn java_kotlin_and_c_sharp() {
    becomes(
        "A.java",
        "  String k = \"@@\";\n",
        "  String k = System.getenv(\"MISTRAL_API_KEY\");\n",
    );
    becomes("A.java", "  @Value(\"@@\")\n", "  @Value(\"${MISTRAL_API_KEY}\")\n");
    becomes(
        "a.kt",
        "private const val K = \"@@\"\n",
        "private val K = System.getenv(\"MISTRAL_API_KEY\")\n",
    );
    becomes(
        "A.cs",
        "  private const string K = \"@@\";\n",
        "  private static readonly string K = System.Environment.GetEnvironmentVariable(\"MISTRAL_API_KEY\");\n",
    );
    becomes(
        "A.cs",
        "var h = $@\"Bearer @@\";\n",
        "var h = ($@\"Bearer \" + System.Environment.GetEnvironmentVariable(\"MISTRAL_API_KEY\"));\n",
    );
}

#[test]
fn ruby_and_php() {
    becomes("a.rb", "k = '@@'\n", "k = ENV.fetch(\"MISTRAL_API_KEY\")\n");
    becomes("a.php", "<?php\n$k = '@@';\n", "<?php\n$k = getenv('MISTRAL_API_KEY');\n");
    becomes(
        "a.php",
        "<?php\n$h = \"Bearer @@ x\";\n",
        "<?php\n$h = (\"Bearer \" . getenv('MISTRAL_API_KEY') . \" x\");\n",
    );
    assert!(cannot("a.php", "<?php\nclass A {\n  private $k = '@@';\n}\n").contains("constructor"));
}

#[test]
fn shell() {
    becomes("a.sh", "export K=@@\n", "export K=\"${MISTRAL_API_KEY:?}\"\n");
    becomes("run", "#!/bin/sh\nK=\"@@\"\n", "#!/bin/sh\nK=\"${MISTRAL_API_KEY:?}\"\n");
    becomes(
        "a.sh",
        "curl -H 'Authorization: Bearer @@' x\n",
        "curl -H 'Authorization: Bearer '\"${MISTRAL_API_KEY:?}\"'' x\n",
    );
    becomes("a.sh", "K='@@'\n", "K=\"${MISTRAL_API_KEY:?}\"\n");
}

#[test]
fn dockerfiles() {
    becomes("Dockerfile", "FROM a\nENV K=@@\nRUN b\n", "FROM a\nRUN b\n");
    becomes("Dockerfile", "FROM a\r\nENV K=\"@@\"\r\nRUN b\r\n", "FROM a\r\nRUN b\r\n");
    becomes("Dockerfile", "ARG K=@@\n", "ARG K\n");
    becomes(
        "app.dockerfile",
        "RUN a && \\\n  curl -H \"x: @@\" y\n",
        "RUN --mount=type=secret,id=MISTRAL_API_KEY,env=MISTRAL_API_KEY a && \\\n  curl -H \"x: ${MISTRAL_API_KEY:?}\" y\n",
    );
    // Another instruction has a secret already.
    becomes(
        "Dockerfile",
        "RUN a @@\nRUN --mount=type=secret,id=b b\n",
        "RUN --mount=type=secret,id=MISTRAL_API_KEY,env=MISTRAL_API_KEY a \"${MISTRAL_API_KEY:?}\"\nRUN --mount=type=secret,id=b b\n",
    );
    assert!(cannot("Dockerfile", "ENV A=1 K=@@\n").contains("`ENV` cannot refer"));
    assert!(cannot("Dockerfile", "CMD [\"a\", \"@@\"]\n").contains("`CMD` cannot refer"));
}

#[test]
fn compose_spring_and_gateways() {
    becomes(
        "docker-compose.yml",
        "services:\n  a:\n    environment:\n      - K=@@\n",
        "services:\n  a:\n    environment:\n      - K=${MISTRAL_API_KEY:?MISTRAL_API_KEY is not set}\n",
    );
    becomes(
        "compose.yaml",
        "services:\n  a:\n    environment:\n      K: '@@'\n",
        "services:\n  a:\n    environment:\n      K: '${MISTRAL_API_KEY:?MISTRAL_API_KEY is not set}'\n",
    );
    becomes(
        "src/main/resources/application-prod.properties",
        "spring.ai.api-key=@@\n",
        "spring.ai.api-key=${MISTRAL_API_KEY}\n",
    );
    becomes("application.yml", "spring:\n  k: @@\n", "spring:\n  k: ${MISTRAL_API_KEY}\n");
    becomes(
        "config.yaml",
        "model_list:\n  - litellm_params:\n      api_key: \"@@\"\n",
        "model_list:\n  - litellm_params:\n      api_key: \"os.environ/MISTRAL_API_KEY\"\n",
    );
}

#[test]
fn kubernetes() {
    let place = "kubernetes:prod/app#key";
    let before = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  env:\n    - name: K\n      value: \"@@\"\n    - value: x\n";
    let after = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  env:\n    - name: K\n      valueFrom:\n        secretKeyRef:\n          name: app\n          key: key\n    - value: x\n";
    assert_eq!(changed("deploy.yaml", before, place), after);
    let first = "apiVersion: v1\nkind: Pod\nenv:\n- value: @@\n  name: K\n";
    let after = "apiVersion: v1\nkind: Pod\nenv:\n- valueFrom:\n    secretKeyRef:\n      name: app\n      key: key\n  name: K\n";
    assert_eq!(changed("pod.yaml", first, place), after);
    assert!(cannot("deploy.yaml", before).contains("kubernetes:NAMESPACE/NAME#KEY"));
    let secret = "apiVersion: v1\nkind: Secret\nstringData:\n  k: @@\n";
    assert!(cannot("secret.yaml", secret).contains("Sealed Secrets"));
    let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  k: @@\n";
    let (edit, ..) = edit("map.yaml", map, place);
    assert!(edit.unwrap_err().to_string().contains("ConfigMap does not"));
}

#[test]
fn workflows() {
    let before = "jobs:\n  a:\n    env:\n      K: @@\n";
    let path = ".github/workflows/ci.yml";
    let after = "jobs:\n  a:\n    env:\n      K: ${{ secrets.AI_KEY }}\n";
    assert_eq!(changed(path, before, "github:acme/app#AI_KEY"), after);
    becomes(path, before, "jobs:\n  a:\n    env:\n      K: ${{ secrets.MISTRAL_API_KEY }}\n");
    let (edit, ..) = edit(path, before, VAULT);
    assert!(edit.unwrap().note.contains("github:OWNER/REPO#MISTRAL_API_KEY"));
}

#[test]
fn terraform() {
    becomes(
        "main.tf",
        "resource \"x\" \"y\" {\n  k = \"@@\"\n}\n",
        "resource \"x\" \"y\" {\n  k = var.mistral_api_key\n}\n\nvariable \"mistral_api_key\" {\n  type      = string\n  sensitive = true\n}\n",
    );
    becomes(
        "main.tf",
        "k = \"Bearer @@\"\nvariable \"mistral_api_key\" {}\n",
        "k = \"Bearer ${var.mistral_api_key}\"\nvariable \"mistral_api_key\" {}\n",
    );
    becomes(
        "vars.tf",
        "variable \"key\" {\n  default = \"@@\"\n}\n",
        "variable \"key\" {\n  sensitive = true\n}\n",
    );
    assert!(cannot("prod.tfvars", "k = \"@@\"\n").contains("TF_VAR_"));
}

#[test]
fn what_cannot_refer_says_so() {
    assert!(cannot("a.json", "{\"k\": \"@@\"}").contains("JSON cannot refer"));
    assert!(cannot("a.yaml", "k: @@\n").contains("YAML cannot refer"));
    assert!(cannot("a.ipynb", "{\"source\": [\"k = \\\"@@\\\"\"]}").contains("notebook"));
    assert!(cannot(".env", "K=@@\n").contains("env:FILE#NAME"));
    assert!(cannot("a.toml", "k = \"@@\"\n").contains("cannot refer"));
}

#[test]
fn where_no_expression_may_stand_nothing_is_proposed() {
    for (file, text) in [
        ("a.py", "k = 'a' '@@'\n"),
        ("a.py", "k = '@@' 'a'\n"),
        ("a.py", "match x:\n    case {'MISTRAL_API_KEY': '@@'}:\n        pass\n"),
        ("A.java", "switch (k) {\n    case \"@@\": break;\n}\n"),
        ("a.cs", "[Key(\"@@\")]\nclass A {}\n"),
        ("a.ts", "const k: \"@@\" = f();\n"),
        ("a.sh", "cat <<'EOF'\nMISTRAL_API_KEY=@@\nEOF\n"),
        ("a.sh", "cat <<-\\END\n\tMISTRAL_API_KEY=@@\n\tEND\n"),
    ] {
        assert!(!cannot(file, text).is_empty(), "{text}");
    }
    becomes(
        "a.sh",
        "cat <<'EOF'\nx\nEOF\nMISTRAL_API_KEY='@@'\n",
        "cat <<'EOF'\nx\nEOF\nMISTRAL_API_KEY=\"${MISTRAL_API_KEY:?}\"\n",
    );
}

#[test]
fn attributes_of_tags_and_marks_of_byte_order() {
    becomes(
        "a.jsx",
        "const a = <B mistralApiKey=\"@@\" />;\n",
        "const a = <B mistralApiKey={process.env.MISTRAL_API_KEY} />;\n",
    );
    becomes("a.js", "if (a < b) k=\"@@\";\n", "if (a < b) k=process.env.MISTRAL_API_KEY;\n");
    becomes(
        "a.py",
        "\u{feff}K = '@@'\n",
        "\u{feff}import os\n\nK = os.environ[\"MISTRAL_API_KEY\"]\n",
    );
}
