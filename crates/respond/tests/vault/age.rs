//! Files of age, with another program's identities, which reads them too.

#[cfg(feature = "age")]
use std::fs;

use super::*;
#[cfg(feature = "age")]
use crate::servers;

#[cfg(not(feature = "age"))]
#[test]
fn a_build_without_it_says_so() {
    let why = trouble(put("age:key.age", &[], &random_value()));
    assert!(why.contains("--features age"), "{why}");
}

#[cfg(feature = "age")]
#[test]
fn a_value_is_encrypted_to_recipients() {
    let dir = tempfile::tempdir().unwrap();
    let (identity, recipient) = servers::age_identity(dir.path());
    let recipients = dir.path().join("recipients").display().to_string();
    fs::write(&recipients, format!("# the team\n{recipient}\n\n")).unwrap();
    let file = dir.path().join("key.age");
    let place = format!("age:{}", file.display());
    let blind = [("LEEWARD_AGE_RECIPIENTS", &*recipients)];
    let seeing = [("LEEWARD_AGE_RECIPIENTS", &*recipients), ("LEEWARD_AGE_IDENTITY", &*identity)];
    let (old, new) = (random_value(), random_value());

    assert_eq!(holds(&place, &blind, &old), Ok(Held::Absent));
    assert!(put(&place, &blind, &old).unwrap().text.contains("is new"));
    assert_eq!(servers::age_decrypted(&file, &identity), old);
    assert!(matches!(holds(&place, &blind, &old), Ok(Held::Unreadable { since: Some(_), .. })));
    assert_eq!(holds(&place, &seeing, &old), Ok(Held::Yes));
    assert!(!put(&place, &seeing, &old).unwrap().changed);
    assert!(put(&place, &seeing, &new).unwrap().changed);
    assert_eq!(holds(&place, &seeing, &old), Ok(Held::No));
    assert_eq!(servers::age_decrypted(&file, &identity), new);

    let why = trouble(put(&place, &[], &old));
    assert!(why.contains("LEEWARD_AGE_RECIPIENTS"), "{why}");
    fs::create_dir(dir.path().join("else")).unwrap();
    let (stranger, _) = servers::age_identity(&dir.path().join("else"));
    let why = trouble(holds(&place, &[("LEEWARD_AGE_IDENTITY", &stranger)], &old));
    assert!(why.contains("is not for the identity"), "{why}");
    fs::write(&file, "plain").unwrap();
    let why = trouble(put(&place, &seeing, &old));
    assert!(why.contains("not encrypted by age"), "{why}");
}
