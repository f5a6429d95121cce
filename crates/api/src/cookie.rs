//! The cookie that holds a session's token, and whether a request comes from the console's own pages.

use axum::http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use berth_domain::{secret::Secret, task::ErrorType};

use crate::failure::Failure;

/// The header that only the console's own program can send along: a page of another origin would need leave
/// for it, and gets none.
pub(crate) const CONSOLE_HEADER: &str = "x-berth-console";

/// The cookie that holds a session's token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    /// Whether browsers reach Berth by https.
    secure: bool,
}

impl SessionCookie {
    /// For a Berth that is reached at `public_base_url`; by http where none is set.
    pub(crate) fn new(public_base_url: Option<&str>) -> Self {
        Self { secure: public_base_url.is_some_and(|url| url.starts_with("https://")) }
    }

    /// `__Host-` makes browsers refuse a cookie that came without TLS or from another host of the domain.
    fn name(self) -> &'static str {
        if self.secure { "__Host-berth_session" } else { "berth_session" }
    }

    /// The token in a request's cookies. Two are as good as none: nobody knows whose the second one is.
    pub(crate) fn token(self, headers: &HeaderMap) -> Option<&str> {
        let mut tokens = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, token)| token);
        tokens.next().filter(|_| tokens.next().is_none())
    }

    /// The `Set-Cookie` header that keeps `token` until the browser is closed.
    pub(crate) fn keep(self, token: &Secret) -> HeaderValue {
        let text = format!("{}={}; {}", self.name(), token.expose(), self.attributes());
        let mut value = HeaderValue::from_str(&text).expect("tokens are letters and digits");
        value.set_sensitive(true);
        value
    }

    /// The `Set-Cookie` header that makes the browser forget the token.
    pub(crate) fn forget(self) -> HeaderValue {
        let text = format!("{}=; Max-Age=0; {}", self.name(), self.attributes());
        HeaderValue::from_str(&text).expect("it is all ASCII")
    }

    fn attributes(self) -> &'static str {
        if self.secure {
            "Path=/; HttpOnly; SameSite=Strict; Secure"
        } else {
            "Path=/; HttpOnly; SameSite=Strict"
        }
    }
}

/// Refuses a request that changes something and comes with a cookie, which browsers send along with requests
/// of any page, unless the console itself made it.
pub(crate) fn refuse_forged(parts: &Parts, public_base_url: Option<&str>) -> Result<(), Failure> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let marked = parts.headers.get(CONSOLE_HEADER).is_some_and(|value| value == "1");
    if marked && origin(parts, public_base_url) == RequestOrigin::Own {
        return Ok(());
    }
    Err(Failure::new(
        ErrorType::Forbidden,
        "A request that changes something with a session's cookie must come from the console's own pages: \
         it needs the header x-berth-console: 1 and this server's own Origin.",
    ))
}

/// Refuses a request that says it was made by a page of another origin.
pub(crate) fn refuse_foreign(parts: &Parts, public_base_url: Option<&str>) -> Result<(), Failure> {
    if origin(parts, public_base_url) != RequestOrigin::Foreign {
        return Ok(());
    }
    Err(Failure::new(ErrorType::Forbidden, "Pages of other origins cannot sign in here."))
}

/// Whose page made a request, as far as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestOrigin {
    Own,
    Foreign,
    Unsaid,
}

fn origin(parts: &Parts, public_base_url: Option<&str>) -> RequestOrigin {
    let text = |name| parts.headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or(""));
    let own = |own: bool| if own { RequestOrigin::Own } else { RequestOrigin::Foreign };
    // Pages cannot set either header: what is there was written by the browser.
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return own(site == "same-origin");
    }
    let Some(origin) = text(header::ORIGIN) else { return RequestOrigin::Unsaid };
    match public_base_url.and_then(origin_of) {
        Some(public) => own(origin.eq_ignore_ascii_case(public)),
        // A proxy may speak TLS, so that the scheme says nothing.
        None => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let asked = text(header::HOST).or_else(|| parts.uri.authority().map(|host| host.as_str()));
            own(host.is_some() && host == asked)
        }
    }
}

/// The part of a URL that browsers compare: scheme, host and port.
fn origin_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use rstest::rstest;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Parts {
        let builder = headers.iter().fold(Request::builder().method(method), |builder, (name, value)| {
            builder.header(*name, *value)
        });
        builder.body(()).unwrap().into_parts().0
    }

    const MARK: (&str, &str) = (CONSOLE_HEADER, "1");
    const HOST: (&str, &str) = ("host", "127.0.0.1:8080");

    #[rstest]
    #[case::own_origin(&[MARK, HOST, ("origin", "http://127.0.0.1:8080")], None, true)]
    #[case::behind_tls(&[MARK, HOST, ("origin", "https://127.0.0.1:8080")], None, true)]
    #[case::by_fetch_metadata(&[MARK, HOST, ("sec-fetch-site", "same-origin")], None, true)]
    #[case::unmarked(&[HOST, ("origin", "http://127.0.0.1:8080")], None, false)]
    #[case::wrongly_marked(&[(CONSOLE_HEADER, "true"), ("sec-fetch-site", "same-origin")], None, false)]
    #[case::no_origin(&[MARK, HOST], None, false)]
    #[case::null_origin(&[MARK, HOST, ("origin", "null")], None, false)]
    #[case::other_port(&[MARK, HOST, ("origin", "http://127.0.0.1:8081")], None, false)]
    #[case::other_site(&[MARK, HOST, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-site")], None, false)]
    #[case::public(&[MARK, HOST, ("origin", "https://b.example")], Some("https://b.example/berth"), true)]
    #[case::not_public(&[MARK, HOST, ("origin", "http://127.0.0.1:8080")], Some("https://b.example"), false)]
    fn only_the_consoles_own_pages_change_something(
        #[case] headers: &[(&str, &str)],
        #[case] public: Option<&str>,
        #[case] accepted: bool,
    ) {
        assert_eq!(refuse_forged(&request("POST", headers), public).is_ok(), accepted);
        assert!(refuse_forged(&request("GET", headers), public).is_ok(), "reading is free");
    }

    #[test]
    fn the_cookie_is_bound_to_the_host_behind_tls() {
        let secret = Secret::new("abc".to_owned());

        let cookie = SessionCookie::new(Some("https://b.example")).keep(&secret);
        assert_eq!(cookie, "__Host-berth_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(
            SessionCookie::new(None).keep(&secret),
            "berth_session=abc; Path=/; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            SessionCookie::new(Some("http://localhost:1")).forget(),
            "berth_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
        );
    }

    #[rstest]
    #[case("berth_session=abc", Some("abc"))]
    #[case("a=b; berth_session=abc;c=d", Some("abc"))]
    #[case("__Host-berth_session=abc", None)]
    #[case("berth_session=abc; berth_session=def", None)]
    #[case("berth_session", None)]
    fn the_token_is_found_among_other_cookies(#[case] cookies: &str, #[case] token: Option<&str>) {
        let parts = request("GET", &[("cookie", cookies)]);
        assert_eq!(SessionCookie::new(None).token(&parts.headers), token);
    }
}
