//! SSH key pairs: the private half is for sealing, the public one for AWS.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ssh_key::{
    LineEnding, PrivateKey,
    private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData},
    public::Ed25519PublicKey,
};
use zeroize::Zeroizing;

/// An Ed25519 key pair in OpenSSH's forms.
pub struct SshKeyPair {
    /// The public half: one line, `ssh-ed25519 AAAA…`.
    pub public: String,
    /// The private half, as a file that `ssh -i` reads.
    pub private: Zeroizing<String>,
}

impl SshKeyPair {
    /// The key pair of a seed, which must be random.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("a seed has 32 bytes");
        let public: [u8; 32] =
            pair.public_key().as_ref().try_into().expect("a public key of Ed25519 has 32 bytes");
        let pair = Ed25519Keypair {
            public: Ed25519PublicKey(public),
            private: Ed25519PrivateKey::from_bytes(seed),
        };
        let key = PrivateKey::new(KeypairData::Ed25519(pair), "berth").expect("the halves belong together");
        Self {
            public: key.public_key().to_openssh().expect("a key can be written"),
            private: key.to_openssh(LineEnding::LF).expect("a key can be written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pair_is_written_as_openssh_reads_it() {
        let pair = SshKeyPair::from_seed(&Zeroizing::new([7; 32]));
        assert!(pair.public.starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"), "{}", pair.public);
        assert!(pair.private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        let read: PrivateKey = pair.private.parse().unwrap();
        assert_eq!(read.public_key().to_openssh().unwrap(), pair.public);
    }
}
