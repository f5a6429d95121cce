//! The console's own files: pages, program, images. Everything they show they get from the API. Whoever builds the
//! router hands them over ([`crate::ApiConfig::console`]): this crate is not built anew when one of them changes.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{failure::Failure, routes, state::Api};

/// The page that loads the console, whatever the address: the console itself knows what to show there.
const PAGE: &str = "index.html";

/// What is below these is never the console's.
const OTHERS: [&str; 5] = ["/api", "/v1", "/healthz", "/readyz", "/metrics"];

/// Nothing but what this server serves, and no script inside a page; styles may be inline, as components that
/// compute positions make some.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Told where the console was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Berth</title>
<h1>Berth is running</h1>
<p>This binary was built without the console. To build it, with Node 20 or later, in a checkout of Berth:</p>
<pre>npm --prefix console ci
npm --prefix console run build
cargo build --release --package berth</pre>
<p>The API does not need it: <a href=\"/api/openapi.json\">its description</a>.</p>
</html>
";

/// A file of the console.
pub struct ConsoleFile {
    /// What is in it.
    pub data: Cow<'static, [u8]>,
    /// Such as `text/css`, without a character set.
    pub media_type: String,
}

/// The answer where there is no route: a file of the console, its page, or nothing.
pub(crate) async fn serve(
    State(api): State<Arc<Api>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    match answer(&method, uri.path(), &headers, api.console) {
        Some(response) => response,
        None => routes::not_found().await.into_response(),
    }
}

fn answer(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    find: impl Fn(&str) -> Option<ConsoleFile>,
) -> Option<Response> {
    if !matches!(*method, Method::GET | Method::HEAD) || belongs_to_others(path) {
        return None;
    }
    let name = path.trim_start_matches('/');
    if !name.is_empty()
        && name != PAGE
        && let Some(file) = find(name)
    {
        // Their names change with their contents.
        let kept =
            if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        return Some(respond(StatusCode::OK, file, kept));
    }
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_page && !name.is_empty() && name != PAGE {
        return None;
    }
    let page = find(PAGE).unwrap_or_else(|| ConsoleFile {
        data: Cow::Borrowed(NOT_BUILT.as_bytes()),
        media_type: "text/html".to_owned(),
    });
    Some(respond(StatusCode::OK, page, "no-cache"))
}

fn belongs_to_others(path: &str) -> bool {
    OTHERS
        .iter()
        .any(|other| path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn respond(status: StatusCode, file: ConsoleFile, kept: &'static str) -> Response {
    let text = file.media_type.starts_with("text/") || file.media_type == "application/javascript";
    let charset = if text { "; charset=utf-8" } else { "" };
    let Ok(media_type) = HeaderValue::try_from(format!("{}{charset}", file.media_type)) else {
        return Failure::internal().into_response();
    };
    let fixed = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let headers = [
        (header::CONTENT_TYPE, media_type),
        fixed(header::CACHE_CONTROL, kept),
        fixed(header::CONTENT_SECURITY_POLICY, POLICY),
        fixed(header::REFERRER_POLICY, "no-referrer"),
        fixed(header::X_FRAME_OPTIONS, "DENY"),
        fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        fixed(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    (status, headers, Body::from(file.data)).into_response()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn built(path: &str) -> Option<ConsoleFile> {
        let (data, media_type) = match path {
            "index.html" => ("<p>the page</p>", "text/html"),
            "assets/main-abc.js" => ("run()", "text/javascript"),
            "logo.svg" => ("<svg/>", "image/svg+xml"),
            _ => return None,
        };
        Some(ConsoleFile { data: Cow::Borrowed(data.as_bytes()), media_type: media_type.to_owned() })
    }

    fn ask(method: Method, path: &str, accept: &str) -> Option<Response> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
        answer(&method, path, &headers, built)
    }

    async fn text_of(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    #[rstest]
    #[case("/", BROWSER, Some("<p>the page</p>"))]
    #[case("/", "*/*", Some("<p>the page</p>"))]
    #[case("/account-settings/cloud-account", BROWSER, Some("<p>the page</p>"))]
    #[case("/account-settings/cloud-account", "*/*", None)]
    #[case("/assets/main-abc.js", "*/*", Some("run()"))]
    #[case("/assets/gone.js", "*/*", None)]
    #[case("/logo.svg", "image/*", Some("<svg/>"))]
    #[case("/v1/nothing", BROWSER, None)]
    #[case("/api/nothing", BROWSER, None)]
    #[case("/v1x", BROWSER, Some("<p>the page</p>"))]
    #[case("/assets/../../Cargo.toml", "*/*", None)]
    #[tokio::test]
    async fn addresses_lead_to_files_or_the_page_or_nowhere(
        #[case] path: &str,
        #[case] accept: &str,
        #[case] expected: Option<&str>,
    ) {
        let text = match ask(Method::GET, path, accept) {
            Some(response) => Some(text_of(response).await),
            None => None,
        };
        assert_eq!(text.as_deref(), expected);
    }

    #[test]
    fn only_what_has_its_contents_in_its_name_is_kept() {
        let kept = |path| ask(Method::GET, path, BROWSER).unwrap().headers()[header::CACHE_CONTROL].clone();

        assert_eq!(kept("/"), "no-cache");
        assert_eq!(kept("/logo.svg"), "no-cache");
        assert_eq!(kept("/assets/main-abc.js"), "public, max-age=31536000, immutable");
    }

    #[test]
    fn no_page_can_be_framed_or_hold_a_script() {
        let response = ask(Method::GET, "/", BROWSER).unwrap();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();

        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[test]
    fn nothing_is_written_to_the_console() {
        assert!(ask(Method::POST, "/", BROWSER).is_none());
    }

    #[tokio::test]
    async fn without_the_console_it_says_how_to_build_it() {
        let headers = HeaderMap::new();
        let response = answer(&Method::GET, "/", &headers, |_| None).unwrap();

        assert!(text_of(response).await.contains("npm --prefix console run build"));
    }
}
