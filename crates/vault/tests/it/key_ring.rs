//! The key-ring file: made once, kept private, followed as it changes.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    thread,
};

use berth_vault::{Error, Location, Vault};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let path = dir.path().join("master.key");
    (dir, path)
}

fn here() -> Location {
    Location::new("cloud_account", 101, "secret_key")
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).expect("a scratch file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our own file");
}

#[test]
fn a_new_file_is_for_its_owner_only_and_leaves_nothing_beside_it() {
    let (dir, path) = place();
    Vault::create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn creating_keeps_a_file_that_is_there() {
    let (_dir, path) = place();
    Vault::create(&path).unwrap();
    let before = fs::read(&path).unwrap();
    Vault::create(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn creating_never_replaces_a_file_it_cannot_use() {
    let (_dir, path) = place();
    write_private(&path, "{\"active\":");
    let error = Vault::create(&path).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"active\":");
}

#[test]
fn all_that_create_at_once_end_up_with_the_same_key() {
    let (dir, path) = place();
    let ids: BTreeSet<String> = thread::scope(|scope| {
        let racers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| Vault::create(&path).unwrap().active_key_id().unwrap()))
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn all_keys_added_at_once_are_kept() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let first = vault.active_key_id().unwrap();
    let mut expected: BTreeSet<String> = thread::scope(|scope| {
        let racers: Vec<_> = (0..16).map(|_| scope.spawn(|| vault.add_key().unwrap())).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    expected.insert(first);
    let kept: BTreeSet<String> = vault.key_ids().unwrap().into_iter().collect();
    assert_eq!(kept, expected);
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let (_dir, path) = place();
    Vault::create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = Vault::open(&path).unwrap_err();
        assert!(matches!(error, Error::NotPrivate { .. }), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_missing_file_is_told_apart_and_named() {
    let (_dir, path) = place();
    let error = Vault::open(&path).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    assert!(error.to_string().contains("master.key"), "{error}");
}

#[test]
fn a_malformed_file_is_refused_without_quoting_it() {
    let (_dir, path) = place();
    let key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=";
    for text in [
        String::new(),
        "not json".to_owned(),
        format!("{{\"active\":\"a\",\"keys\":\"{key}\"}}"),
        format!("{{\"active\":\"a\",\"keys\":{{}},\"{key}\":1}}"),
        format!("{{\"active\":\"b\",\"keys\":{{\"a\":\"{key}\"}}}}"),
        format!("{{\"active\":\"a\",\"keys\":{{\"a\":\"{}\"}}}}", &key[..40]),
        format!("{{\"active\":\"a b\",\"keys\":{{\"a b\":\"{key}\"}}}}"),
    ] {
        write_private(&path, &text);
        let error = Vault::open(&path).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains(&key[..40]), "{error:?}");
    }
}

#[test]
fn a_key_ring_made_by_hand_works() {
    let (_dir, path) = place();
    let key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=";
    write_private(&path, &format!("{{\"active\":\"2025-01\",\"keys\":{{\"2025-01\":\"{key}\"}}}}"));
    let vault = Vault::open(&path).unwrap();
    let sealed = vault.seal(&here(), b"secret").unwrap();
    assert_eq!(Vault::key_id_of(&sealed), Some("2025-01"));
    assert_eq!(vault.unseal(&here(), &sealed).unwrap().as_slice(), b"secret");
}

#[test]
fn a_running_vault_follows_a_rotation_by_another() {
    let (_dir, path) = place();
    let server = Vault::create(&path).unwrap();
    let old = server.seal(&here(), b"old").unwrap();

    let new_id = Vault::open(&path).unwrap().add_key().unwrap();

    let new = server.seal(&here(), b"new").unwrap();
    assert_eq!(Vault::key_id_of(&new), Some(new_id.as_str()));
    assert_eq!(server.active_key_id().unwrap(), new_id);
    assert_eq!(server.unseal(&here(), &old).unwrap().as_slice(), b"old");
}

#[test]
fn a_vault_opened_before_a_rotation_reads_what_was_sealed_after_it() {
    let (_dir, path) = place();
    let behind = Vault::create(&path).unwrap();
    let ahead = Vault::open(&path).unwrap();
    ahead.add_key().unwrap();

    let sealed = ahead.seal(&here(), b"new").unwrap();

    assert_eq!(behind.unseal(&here(), &sealed).unwrap().as_slice(), b"new");
}

#[test]
fn rewrapping_moves_a_value_to_the_active_key_and_stops_there() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let old = vault.seal(&here(), b"secret").unwrap();
    assert_eq!(vault.rewrap(&here(), &old).unwrap(), None);
    let new_id = vault.add_key().unwrap();

    let new = vault.rewrap(&here(), &old).unwrap().expect("the key has changed");

    assert_eq!(Vault::key_id_of(&new), Some(new_id.as_str()));
    assert_eq!(vault.unseal(&here(), &new).unwrap().as_slice(), b"secret");
    assert_eq!(vault.rewrap(&here(), &new).unwrap(), None);
}

#[test]
fn rewrapping_does_not_move_a_value_to_another_place() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let sealed = vault.seal(&here(), b"secret").unwrap();
    vault.add_key().unwrap();
    let error = vault.rewrap(&Location::new("cloud_account", 102, "secret_key"), &sealed).unwrap_err();
    assert!(matches!(error, Error::DoesNotOpen { .. }), "{error}");
}

#[test]
fn pruning_keeps_the_active_key_and_those_in_use() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let first = vault.active_key_id().unwrap();
    let second = vault.add_key().unwrap();
    let third = vault.add_key().unwrap();

    let removed = vault.prune(&BTreeSet::from([second.clone()])).unwrap();

    assert_eq!(removed, [first]);
    let left: BTreeSet<String> = vault.key_ids().unwrap().into_iter().collect();
    assert_eq!(left, BTreeSet::from([second, third]));
}

#[test]
fn rotating_behind_a_symbolic_link_keeps_the_link() {
    let (dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let link = dir.path().join("link");
    symlink(&path, &link).unwrap();

    let id = Vault::open(&link).unwrap().add_key().unwrap();

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(vault.active_key_id().unwrap(), id);
}

#[test]
fn nothing_is_sealed_while_the_file_is_away_but_what_is_sealed_can_be_read() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let sealed = vault.seal(&here(), b"secret").unwrap();
    fs::remove_file(&path).unwrap();

    assert!(matches!(vault.seal(&here(), b"other"), Err(Error::Missing { .. })));
    assert_eq!(vault.unseal(&here(), &sealed).unwrap().as_slice(), b"secret");
}

#[test]
fn the_check_recognises_its_own_key_ring_also_after_a_rotation() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let check = vault.make_check().unwrap();
    vault.add_key().unwrap();
    Vault::open(&path).unwrap().verify_check(&check).unwrap();
}

#[test]
fn the_check_tells_an_unknown_key_from_a_wrong_one() {
    let (_dir, path) = place();
    let check = Vault::create(&path).unwrap().make_check().unwrap();
    let id = Vault::key_id_of(&check).unwrap().to_owned();
    let (_other_dir, other_path) = place();
    let other = Vault::create(&other_path).unwrap();

    assert!(matches!(other.verify_check(&check), Err(Error::UnknownKey { .. })));

    let imposter = fs::read_to_string(&other_path).unwrap().replace(&other.active_key_id().unwrap(), &id);
    write_private(&other_path, &imposter);
    let error = Vault::open(&other_path).unwrap().verify_check(&check).unwrap_err();
    assert!(matches!(error, Error::WrongKey { .. }), "{error}");
    assert!(error.to_string().contains(&id), "{error}");
}

#[test]
fn no_key_shows_in_debug_output() {
    let (_dir, path) = place();
    let vault = Vault::create(&path).unwrap();
    let shown = format!("{vault:?} {vault:#?}");
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for key in json["keys"].as_object().unwrap().values() {
        assert!(!shown.contains(&key.as_str().unwrap()[..8]), "{shown}");
    }
}
