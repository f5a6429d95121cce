//! The binary form of a sealed value, and the two encryptions in it.
//!
//! ```text
//! version (1) | length of key id (1) | key id | nonce (12) | sealed data key (48) | nonce (12) | ciphertext
//! ```
//! The ciphertext ends with its 16-byte tag. Nonces are random; one master key is good for 2³² of them,
//! far more than Berth will ever seal between two rotations.

use std::borrow::Cow;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{
    location::{Location, push_part},
    ring::{KEY_LEN, MasterKey, fill_random, is_sound_id},
};

const VERSION: u8 = 1;
const TAG_LEN: usize = 16;
const WRAPPED_LEN: usize = KEY_LEN + TAG_LEN;

/// Did not open: wrong key, wrong place or changed bytes; GCM can't tell which.
pub(crate) struct DoesNotOpen;

/// The parts of a sealed value.
pub(crate) struct Envelope<'a> {
    /// The master key that sealed the data key.
    pub(crate) key_id: &'a str,
    wrap_nonce: [u8; NONCE_LEN],
    wrapped_key: [u8; WRAPPED_LEN],
    /// Nonce, ciphertext, tag.
    body: Cow<'a, [u8]>,
}

impl<'a> Envelope<'a> {
    /// Encrypts `plain` under a new data key, and that under `master`.
    pub(crate) fn seal(key_id: &'a str, master: &MasterKey, location: &Location, plain: &[u8]) -> Self {
        let data_key = MasterKey::generate();
        let mut body = Vec::with_capacity(NONCE_LEN + plain.len() + TAG_LEN);
        body.extend_from_slice(&new_nonce());
        body.extend_from_slice(plain);
        let nonce = nonce_of(&body);
        let tag = cipher(&data_key)
            .seal_in_place_separate_tag(nonce, Aad::from(value_aad(location)), &mut body[NONCE_LEN..])
            .expect("AES-GCM seals anything under 64 GiB");
        body.extend_from_slice(tag.as_ref());
        let (wrap_nonce, wrapped_key) = wrap(key_id, master, location, &data_key);
        Self { key_id, wrap_nonce, wrapped_key, body: body.into() }
    }

    /// Takes the parts apart; none when they aren't there.
    pub(crate) fn parse(sealed: &'a [u8]) -> Option<Self> {
        let (&version, rest) = sealed.split_first()?;
        let (&id_len, rest) = rest.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(id_len))?;
        let (wrap_nonce, rest) = rest.split_first_chunk()?;
        let (wrapped_key, body) = rest.split_first_chunk()?;
        let key_id = std::str::from_utf8(id).ok().filter(|id| is_sound_id(id))?;
        (version == VERSION && body.len() >= NONCE_LEN + TAG_LEN).then_some(Self {
            key_id,
            wrap_nonce: *wrap_nonce,
            wrapped_key: *wrapped_key,
            body: body.into(),
        })
    }

    /// Puts the parts together.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let id = self.key_id.as_bytes();
        let mut bytes = Vec::with_capacity(2 + id.len() + NONCE_LEN + WRAPPED_LEN + self.body.len());
        bytes.push(VERSION);
        bytes.push(u8::try_from(id.len()).expect("key ids are 64 bytes at most"));
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&self.wrap_nonce);
        bytes.extend_from_slice(&self.wrapped_key);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Decrypts the value.
    pub(crate) fn open(
        &self,
        master: &MasterKey,
        location: &Location,
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let data_key = self.data_key(master, location)?;
        let mut plain = Zeroizing::new(self.body[NONCE_LEN..].to_vec());
        let length = cipher(&data_key)
            .open_in_place(nonce_of(&self.body), Aad::from(value_aad(location)), &mut plain)
            .map_err(|_| DoesNotOpen)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The same value, its data key sealed by `new_master` instead.
    pub(crate) fn rewrap(
        &self,
        old_master: &MasterKey,
        new_id: &str,
        new_master: &MasterKey,
        location: &Location,
    ) -> Result<Vec<u8>, DoesNotOpen> {
        let data_key = self.data_key(old_master, location)?;
        let (wrap_nonce, wrapped_key) = wrap(new_id, new_master, location, &data_key);
        let body = Cow::Borrowed(self.body.as_ref());
        Ok(Envelope { key_id: new_id, wrap_nonce, wrapped_key, body }.to_bytes())
    }

    fn data_key(&self, master: &MasterKey, location: &Location) -> Result<MasterKey, DoesNotOpen> {
        let mut wrapped = Zeroizing::new(self.wrapped_key);
        let aad = Aad::from(wrap_aad(self.key_id, location));
        let nonce = Nonce::assume_unique_for_key(self.wrap_nonce);
        let key =
            cipher(master).open_in_place(nonce, aad, wrapped.as_mut_slice()).map_err(|_| DoesNotOpen)?;
        MasterKey::from_slice(key).ok_or(DoesNotOpen)
    }
}

fn wrap(
    key_id: &str,
    master: &MasterKey,
    location: &Location,
    data_key: &MasterKey,
) -> ([u8; NONCE_LEN], [u8; WRAPPED_LEN]) {
    let nonce = new_nonce();
    let mut wrapped = [0; WRAPPED_LEN];
    let (key, tag) = wrapped.split_at_mut(KEY_LEN);
    key.copy_from_slice(data_key.bytes());
    let made = cipher(master)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(wrap_aad(key_id, location)),
            key,
        )
        .expect("AES-GCM seals 32 bytes");
    tag.copy_from_slice(made.as_ref());
    (nonce, wrapped)
}

fn cipher(key: &MasterKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes()).expect("keys are 32 bytes"))
}

/// The nonce at the front of a body.
fn nonce_of(body: &[u8]) -> Nonce {
    Nonce::try_assume_unique_for_key(&body[..NONCE_LEN]).expect("nonces are 12 bytes")
}

fn new_nonce() -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    fill_random(&mut nonce);
    nonce
}

/// The two encryptions are labelled so that neither can stand in for the other.
fn wrap_aad(key_id: &str, location: &Location) -> Vec<u8> {
    let mut aad = vec![VERSION];
    push_part(&mut aad, b"berth data key");
    push_part(&mut aad, key_id.as_bytes());
    location.encode(&mut aad);
    aad
}

fn value_aad(location: &Location) -> Vec<u8> {
    let mut aad = vec![VERSION];
    push_part(&mut aad, b"berth value");
    location.encode(&mut aad);
    aad
}
