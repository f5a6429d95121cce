//! An endpoint for webhooks: takes requests down and answers as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, time::Instant};

use crate::app::SOON;

/// How an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With this status.
    Status(u16),
    /// With 301, and its own path `/elsewhere` as the place to go.
    Moved,
    /// With this JSON.
    Json(&'static str),
    /// Never.
    Silence,
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path.
    pub path: String,
    /// The query, as it was sent.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header, as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("it is ASCII")
    }
}

/// An endpoint on the loopback address.
#[derive(Clone)]
pub struct Receiver {
    /// Where it is.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    received: Vec<Received>,
    first: VecDeque<Manner>,
    then: Manner,
}

impl Receiver {
    /// Answers like these, in this order, and from then on like the last.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(manners: &[Manner]) -> Self {
        let (then, first) = manners.split_last().expect("a way to answer");
        let shared = Shared { received: Vec::new(), first: first.iter().copied().collect(), then: *then };
        let shared = Arc::new(Mutex::new(shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("bound"));
        let router = Router::new().fallback(receive).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// What came in so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared).received.clone()
    }

    /// Waits until this many requests came in.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + SOON;
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(Instant::now() < deadline, "{} of {count} requests came in", received.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn receive(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let manner = {
        let mut shared = lock(&shared);
        let body = String::from_utf8_lossy(&body).into_owned();
        let request = Received {
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers,
            body,
        };
        shared.received.push(request);
        shared.first.pop_front().unwrap_or(shared.then)
    };
    match manner {
        Manner::Status(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, "as you wish").into_response()
        }
        Manner::Moved => {
            (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "/elsewhere")]).into_response()
        }
        Manner::Json(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Manner::Silence => std::future::pending().await,
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
