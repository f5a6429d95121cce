//! Who may come in: API keys.

use berth_domain::account::Principal;
use ipnet::IpNet;

use crate::{Control, Error};

/// What a valid pair of API keys opens.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who is asking.
    pub principal: Principal,
    /// From where the key may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
}

impl Control {
    /// Finds out who holds a pair of API keys; `None` when the pair is wrong, revoked or its user disabled.
    pub async fn authenticate(&self, account_key: &str, secret_key: &str) -> Result<Option<Access>, Error> {
        unimplemented!("{account_key}{secret_key}")
    }
}
