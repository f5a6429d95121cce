//! The OpenAPI document around the endpoints: what it is about, how to authenticate, and what every answer has.
//!
//! Pinned to OpenAPI 3.1.0, which both openapi-typescript and schemathesis read.

use utoipa::openapi::{
    Components, Content, Header, Info, License, OpenApi, OpenApiBuilder, OpenApiVersion, PathItem, Ref,
    RefOr, Response, ResponseBuilder, SecurityRequirement, Tag,
    path::Operation,
    schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type},
    security::{ApiKey, ApiKeyValue, SecurityScheme},
};

/// What endpoints with authentication answer besides their own: status, name, description.
const GATE: [(&str, &str, &str); 3] = [
    ("401", "Unauthorized", "No pair of API keys and no session, or none that is in force."),
    (
        "403",
        "Forbidden",
        "The role or the request's source address does not allow this, the thing cannot be changed, or a request \
         with a session's cookie does not come from the console.",
    ),
    (
        "429",
        "TooManyRequests",
        "The account, or the person at the console, has used up the requests for this minute.",
    ),
];

/// What every endpoint may answer when something is wrong on Berth's side.
const TROUBLE: [(&str, &str, &str); 2] = [
    ("500", "InternalServerError", "Something went wrong inside Berth."),
    ("503", "ServiceUnavailable", "Berth's database cannot be reached, or the request took too long."),
];

/// The document before its endpoints.
pub(crate) fn opening() -> OpenApi {
    let info = Info::builder()
        .title("Berth")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Bring-your-own-cloud Redis on AWS, self-hosted. `/v1` is compatible with the Redis Cloud REST API; \
             `/api` is Berth's own. Every answer that is not a success has the same JSON body, apart from \
             `/readyz`.",
        ))
        .license(Some(License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let tag = |name: &str, description: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    OpenApiBuilder::new()
        .info(info)
        .tags(Some([
            tag("Account", "The account behind the API keys."),
            tag("Session", "Signing in to the console."),
            tag("Subscriptions", "What the account has subscribed to."),
            tag("Access management", "Users and API keys."),
            tag("Cloud accounts", "The AWS accounts that Berth may provision in."),
            tag("Tasks", "What is done in the background."),
            tag("Operations", "For whoever runs Berth."),
        ]))
        .security(Some([
            SecurityRequirement::new("accountKey", [""; 0]).add("secretKey", [""; 0]),
            SecurityRequirement::new("session", [""; 0]),
        ]))
        .build()
}

/// Adds to the endpoints what all of them have.
pub(crate) fn finish(mut document: OpenApi) -> OpenApi {
    document.openapi = OpenApiVersion::Version31;
    let components = document.components.get_or_insert_with(Components::new);
    components
        .add_security_scheme("accountKey", api_key("x-api-key", "Says which account a request is for."));
    components.add_security_scheme(
        "secretKey",
        api_key("x-api-secret-key", "The secret of one of the account's users; has that user's role."),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "berth_session",
            "The console's session, from `POST /api/session`; named `__Host-berth_session` behind TLS. A \
             request that changes something also needs the header `x-berth-console: 1` and this server's own \
             `Origin`.",
        ))),
    );
    for (status, name, description) in GATE.into_iter().chain(TROUBLE) {
        let mut response = error_response(description);
        add_headers(&mut response, status != "401" && status != "403");
        if matches!(status, "429" | "503") {
            response.headers.insert("Retry-After".to_owned(), retry_after());
        }
        components.responses.insert(name.to_owned(), response.into());
    }
    document.paths.paths.values_mut().flat_map(operations).for_each(complete);
    document
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.delete].into_iter().flatten()
}

fn complete(operation: &mut Operation) {
    let authenticated = operation.security.is_none();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_headers(response, authenticated);
        }
    }
    let gate = GATE.into_iter().filter(|_| authenticated);
    for (status, name, _) in gate.chain(TROUBLE) {
        let response = RefOr::Ref(Ref::from_response_name(name));
        operation.responses.responses.entry(status.to_owned()).or_insert(response);
    }
}

fn error_response(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", Content::new(Some(Ref::from_schema_name("Error"))))
        .build()
}

fn add_headers(response: &mut Response, counted: bool) {
    let id = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{16}$")).build();
    response.headers.insert("x-request-id".to_owned(), header(id, "Finds the request in Berth's log."));
    if counted {
        let remaining = integer();
        let description = "How many requests the account has left in this minute.";
        response.headers.insert("X-Rate-Limit-Remaining".to_owned(), header(remaining, description));
    }
}

fn retry_after() -> RefOr<Header> {
    header(integer(), "After how many seconds to try again.")
}

/// A text that is one of these words.
pub(crate) fn words(description: &str, words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words))
        .build()
}

fn integer() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(0))
        .build()
}

fn header(schema: Object, description: &str) -> RefOr<Header> {
    let mut header = Header::new(schema);
    header.description = Some(description.to_owned());
    header.into()
}

fn api_key(header: &str, description: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(header, description)))
}
