//! Reading request bodies: never more than is allowed, never forever.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::header,
};
use berth_domain::task::ErrorType;
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The largest body that is accepted, in bytes.
const LARGEST: usize = 64 * 1024;
/// How much is read of a body that is too large: a client that is still sending when the connection closes
/// sees a broken connection and not the 413.
const DRAINED: usize = 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request's whole body, at most 64 KiB. Its `Content-Type` does not matter.
pub(crate) struct WholeBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for WholeBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced: usize = announced.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
        if announced > DRAINED {
            return Err(too_large());
        }
        let reading = read(request.into_body(), announced.min(LARGEST));
        tokio::time::timeout(PATIENCE, reading)
            .await
            .unwrap_or_else(|_| Err(Failure::body_timeout()))
            .map(Self)
    }
}

impl WholeBody {
    /// The body as a JSON object. The failure repeats nothing of it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Failure> {
        let message = match serde_json::from_slice(&self.0) {
            Ok(Value::Object(fields)) => return Ok(fields),
            Ok(_) => "The body must be a JSON object.".to_owned(),
            Err(_) if self.0.iter().all(u8::is_ascii_whitespace) => {
                "The body is empty: it must be a JSON object.".to_owned()
            }
            Err(error) => format!(
                "The body is not valid JSON: {} at line {}, column {}.",
                if error.is_eof() { "it ends too early" } else { "something is wrong" },
                error.line(),
                error.column()
            ),
        };
        Err(Failure::new(ErrorType::BadRequest, message))
    }
}

async fn read(mut body: Body, expected: usize) -> Result<Bytes, Failure> {
    let mut bytes = Vec::with_capacity(expected);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Failure::new(ErrorType::BadRequest, "The request's body ended before it was complete.")
        })?;
        // What is not data is trailers.
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= LARGEST {
            bytes.extend_from_slice(&data);
        } else if length > DRAINED {
            break;
        }
    }
    if length > LARGEST { Err(too_large()) } else { Ok(bytes.into()) }
}

fn too_large() -> Failure {
    Failure::new(ErrorType::PayloadTooLarge, "The request's body is larger than 64 KiB.")
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use futures::stream;
    use rstest::rstest;

    use super::*;

    async fn status_of(body: Body) -> u16 {
        match WholeBody::from_request(Request::new(body), &()).await {
            Ok(_) => 200,
            Err(failure) => failure.into_response().status().as_u16(),
        }
    }

    #[rstest]
    #[case(0, 200)]
    #[case(LARGEST, 200)]
    #[case(LARGEST + 1, 413)]
    #[case(DRAINED + 1, 413)]
    #[tokio::test]
    async fn the_largest_body_is_64_kib(#[case] length: usize, #[case] status: u16) {
        let announced = Body::from(vec![b' '; length]);
        let chunks =
            vec![b' '; length].chunks(1_000).map(|c| Ok::<_, String>(c.to_vec())).collect::<Vec<_>>();
        let unannounced = Body::from_stream(stream::iter(chunks));

        assert_eq!(status_of(announced).await, status);
        assert_eq!(status_of(unannounced).await, status);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_a_408() {
        let stuck = Body::from_stream(stream::pending::<Result<Vec<u8>, String>>());

        assert_eq!(status_of(stuck).await, 408);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_a_400() {
        let broken = Body::from_stream(stream::iter([Ok("{".to_owned()), Err("gone".to_owned())]));

        assert_eq!(status_of(broken).await, 400);
    }
}
