//! Links between answers, and what they begin with.

use std::{fmt::Display, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{failure::Failure, state::Api};

/// A link to something related.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Link {
    /// What it leads to: `self`, `task`, `resource`.
    #[schema(example = "self")]
    rel: &'static str,
    /// Its address.
    #[schema(format = "uri-reference", example = "http://127.0.0.1:8080/v1/cloud-accounts/101")]
    href: String,
    /// The method to ask it with.
    #[schema(example = "GET")]
    r#type: &'static str,
}

/// What links begin with: scheme and host, no slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct Origin(String);

impl Origin {
    /// A link to `path`, which begins with a slash.
    pub(crate) fn link(&self, rel: &'static str, path: impl Display) -> Link {
        Link { rel, href: format!("{}{path}", self.0), r#type: "GET" }
    }

    /// For examples.
    pub(crate) fn sample() -> Self {
        Self("http://127.0.0.1:8080".to_owned())
    }
}

impl FromRequestParts<Arc<Api>> for Origin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        if let Some(base) = &api.public_base_url {
            return Ok(Self(base.clone()));
        }
        let named = parts.uri.authority().map(|authority| authority.as_str());
        let host = named.or_else(|| parts.headers.get(header::HOST)?.to_str().ok());
        Ok(Self(origin_of(host)))
    }
}

/// `http` and the host, or nothing, which makes links relative, where the host could not stand in a URL.
fn origin_of(host: Option<&str>) -> String {
    let sound = |host: &&str| {
        (1..=255).contains(&host.len())
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
    };
    host.filter(sound).map(|host| format!("http://{host}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("127.0.0.1:8080"), "http://127.0.0.1:8080/v1/tasks")]
    #[case(Some("[::1]:8080"), "http://[::1]:8080/v1/tasks")]
    #[case(Some("evil/\"><script>"), "/v1/tasks")]
    #[case(Some("user@host"), "/v1/tasks")]
    #[case(None, "/v1/tasks")]
    fn links_begin_with_a_sound_host_or_are_relative(#[case] host: Option<&str>, #[case] href: &str) {
        assert_eq!(Origin(origin_of(host)).link("self", "/v1/tasks").href, href);
    }
}
