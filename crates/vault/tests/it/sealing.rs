//! What is sealed opens where it belongs, and nowhere else.

use berth_vault::{Error, Location, Vault};
use proptest::prelude::*;
use tempfile::TempDir;

const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn vault() -> (TempDir, Vault) {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let vault = Vault::create(dir.path().join("master.key")).expect("a new key ring");
    (dir, vault)
}

fn secret_of(row: i32) -> Location {
    Location::new("cloud_account", row, "secret_key")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sealed_opens_again(plain in proptest::collection::vec(any::<u8>(), 0..2000), row: i32) {
        let (_dir, vault) = vault();
        let sealed = vault.seal(&secret_of(row), &plain).unwrap();
        let opened = vault.unseal(&secret_of(row), &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
    }
}

#[test]
fn sealing_twice_gives_different_ciphertexts_and_neither_holds_the_secret() {
    let (_dir, vault) = vault();

    let one = vault.seal(&secret_of(1), SECRET).unwrap();
    let two = vault.seal(&secret_of(1), SECRET).unwrap();

    assert_ne!(one, two);
    assert!(!one.windows(8).any(|window| SECRET.windows(8).any(|part| part == window)));
}

#[test]
fn a_ciphertext_moved_to_another_place_does_not_open() {
    let (_dir, vault) = vault();
    let sealed = vault.seal(&secret_of(101), SECRET).unwrap();

    for elsewhere in [
        secret_of(102),
        Location::new("cloud_account", 101, "console_password"),
        Location::new("task", 101, "secret_key"),
    ] {
        let error = vault.unseal(&elsewhere, &sealed).unwrap_err();
        assert!(matches!(error, Error::DoesNotOpen { .. }), "{error}");
        assert!(error.to_string().contains(&elsewhere.to_string()), "{error}");
    }
}

#[test]
fn a_change_of_any_bit_is_noticed() {
    let (_dir, vault) = vault();
    let sealed = vault.seal(&secret_of(1), SECRET).unwrap();

    for at in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[at / 8] ^= 1 << (at % 8);
        assert!(vault.unseal(&secret_of(1), &changed).is_err(), "bit {at}");
    }
}

#[test]
fn a_cut_off_value_is_refused() {
    let (_dir, vault) = vault();
    let sealed = vault.seal(&secret_of(1), SECRET).unwrap();

    for length in 0..sealed.len() {
        assert!(vault.unseal(&secret_of(1), &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_value_of_another_key_ring_names_the_missing_key_and_the_file() {
    let (_dir, ours) = vault();
    let (dir, theirs) = vault();
    let sealed = theirs.seal(&secret_of(1), SECRET).unwrap();

    let error = ours.unseal(&secret_of(1), &sealed).unwrap_err().to_string();

    assert!(error.contains(&theirs.active_key_id().unwrap()), "{error}");
    assert!(error.contains("master.key"), "{error}");
    assert!(!error.contains(dir.path().to_str().unwrap()), "{error}");
}

#[test]
fn something_that_was_never_sealed_is_told_apart() {
    let (_dir, vault) = vault();
    let error = vault.unseal(&secret_of(1), b"plain text from somewhere").unwrap_err();
    assert!(matches!(error, Error::NotSealed { .. }), "{error}");
    assert_eq!(Vault::key_id_of(b"plain text from somewhere"), None);
}
