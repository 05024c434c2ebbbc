//! What the operator may get wrong, and how it is said.

use leeward_remote::{Sends, Setting, kinds, open};

fn why(text: &str) -> String {
    let setting: Setting = toml::from_str(&format!("name = 'mine'\n{text}")).unwrap();
    open(&setting).err().map(|bad| bad.to_string()).unwrap_or_default()
}

#[test]
fn what_is_wrong_is_said_with_what_there_is() {
    for (text, words) in [
        ("service = 'githug'", &["source `mine`", "`githug`", "github", "gitea"][..]),
        ("service = 'github'\norgs = ['a']", &["`orgs`", "`organisations`", "`base_url`"]),
        ("service = 'github'", &["nothing to watch", "`organisations`"]),
        ("service = 'github'\nusers = ['a']\nwhat = ['isues']", &["`isues`", "`issues`"]),
        ("service = 'github'\nusers = 'a'", &["invalid type"]),
        ("service = 'gitlab'\norganisations = ['a']", &["`organisations`", "`groups`"]),
        ("service = 'gitlab'", &["nothing to watch", "`groups`"]),
        ("service = 'bitbucket'", &["nothing to watch", "`workspaces`"]),
        ("service = 'gitea'", &["nothing to watch", "`all = true`"]),
        (
            "service = 'gitea'\nall = true\nbase_url = 'http://git.example'",
            &["`base_url`", "https://"],
        ),
        ("service = 'gitea'\nall = true\nbase_url = 'https://a:b@git.example'", &["`token_env`"]),
        ("service = 'gitea'\nall = true\nbase_url = 'git.example'", &["`base_url`"]),
        (
            "service = 'github'\nusers = ['a']\nrepositories = ['a/[']",
            &["`repositories`", "pattern"],
        ),
    ] {
        let why = why(text);
        for word in words {
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}

#[test]
fn each_service_has_its_host_and_its_way() {
    for (text, home, sends) in [
        (
            "service = 'github'\nusers = ['a']",
            "https://api.github.com/",
            Sends::Header("authorization", "Bearer "),
        ),
        (
            "service = 'github'\nusers = ['a']\nbase_url = 'https://hub.acme.example'",
            "https://hub.acme.example/api/v3/",
            Sends::Header("authorization", "Bearer "),
        ),
        (
            "service = 'github'\nusers = ['a']\nbase_url = 'https://api.acme.ghe.com'",
            "https://api.acme.ghe.com/",
            Sends::Header("authorization", "Bearer "),
        ),
        (
            "service = 'gitlab'\nusers = ['a']",
            "https://gitlab.com/api/v4/",
            Sends::Header("private-token", ""),
        ),
        (
            "service = 'gitlab'\nall = true\nbase_url = 'https://acme.example/lab/api/v4/'",
            "https://acme.example/lab/api/v4/",
            Sends::Header("private-token", ""),
        ),
        (
            "service = 'bitbucket'\nworkspaces = ['a']",
            "https://api.bitbucket.org/2.0/",
            Sends::Header("authorization", "Bearer "),
        ),
        (
            "service = 'bitbucket'\nworkspaces = ['a']\nuser = 'u'",
            "https://api.bitbucket.org/2.0/",
            Sends::Basic("u".to_owned()),
        ),
        (
            "service = 'gitea'\nusers = ['a']",
            "https://gitea.com/api/v1/",
            Sends::Header("authorization", "token "),
        ),
        (
            "service = 'forgejo'\nusers = ['a']",
            "https://codeberg.org/api/v1/",
            Sends::Header("authorization", "token "),
        ),
    ] {
        let setting: Setting = toml::from_str(&format!("name = 'mine'\n{text}")).unwrap();
        let opened = open(&setting).map_err(|bad| bad.to_string()).unwrap();
        assert_eq!(opened.home.as_ref().unwrap().as_str(), home);
        assert_eq!(opened.named, [opened.home.unwrap().host_str().unwrap()]);
        assert_eq!(opened.sends, sends);
    }
    let known: Vec<&str> = kinds().collect();
    assert!(known.is_sorted(), "{known:?}");
}
