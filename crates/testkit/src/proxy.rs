//! A proxy between Berth and a simulator: it slows down, fails, answers and counts requests.
//!
//! Bytes go through unchanged, so what the client signed (the proxy's address as Host) stays
//! valid. It reads only as much HTTP as AWS clients and the simulators speak: bodies with a
//! Content-Length, chunked answers, no upgrades.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A running proxy; it ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: watch::Sender<bool>,
    listens: watch::Receiver<bool>,
    server: JoinHandle<()>,
}

/// How the proxy answers in the simulator's place.
#[derive(Clone, Copy, Debug)]
pub enum Failure {
    /// 400 Throttling.
    Throttling,
    /// 503 ServiceUnavailable.
    Unavailable,
    /// Takes the request and never answers.
    Hang,
}

/// When the proxy stops the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before a request reaches the simulator.
    Before,
    /// When the simulator has done it, before the answer is passed on.
    After,
}

#[derive(Default)]
struct State {
    stop: Option<(usize, Moment)>,
    stopped: bool,
    latency: Duration,
    failing: Option<(Failure, usize)>,
    answering: BTreeMap<String, String>,
    requests: BTreeMap<String, usize>,
    answered: Vec<(String, String)>,
    answers: Vec<(String, String)>,
}

impl Proxy {
    /// Starts in front of an endpoint such as `http://127.0.0.1:5000`.
    pub async fn start(upstream: &str) -> Self {
        let upstream =
            upstream.strip_prefix("http://").expect("an http endpoint").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State::default()));
        let (listening, wanted) = watch::channel(true);
        let (report, listens) = watch::channel(true);
        let server = tokio::spawn(serve(listener, upstream, Arc::clone(&state), wanted, report));
        Self { address, state, listening, listens, server }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request from now on waits that long before it is passed on.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// The next requests fail; after them it is well again.
    pub fn fail_next(&self, times: usize, failure: Failure) {
        self.state().failing = Some((failure, times));
    }

    /// Every request fails until [`Proxy::recover`].
    pub fn fail(&self, failure: Failure) {
        self.fail_next(usize::MAX, failure);
    }

    /// Every request of an AWS action is answered with this body from now on, in the simulator's place.
    pub fn answer(&self, action: &str, body: &str) {
        self.state().answering.insert(action.into(), body.into());
    }

    /// At the `number`th request from now on that changes something, nothing is answered any more until
    /// [`Proxy::recover`].
    pub fn stop_at(&self, number: usize, moment: Moment) {
        let mut state = self.state();
        (state.stop, state.stopped) = (Some((number, moment)), false);
    }

    /// Whether that request has come.
    pub fn has_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Closes all connections and refuses new ones until [`Proxy::recover`].
    pub async fn refuse(&self) {
        self.listen(false).await;
    }

    /// No failures from now on. Requests that hang already stay so.
    pub async fn recover(&self) {
        {
            let mut state = self.state();
            (state.failing, state.stop, state.stopped) = (None, None, false);
        }
        self.listen(true).await;
    }

    /// How many requests came, whatever became of them.
    pub fn requests(&self) -> usize {
        self.state().requests.values().sum()
    }

    /// How many requests came, by AWS action (`GetRole`).
    pub fn requests_by_action(&self) -> BTreeMap<String, usize> {
        self.state().requests.clone()
    }

    /// AWS action and AWS's own id of each request that was answered, in the order of the answers.
    pub fn answered(&self) -> Vec<(String, String)> {
        self.state().answered.clone()
    }

    /// What was answered to an AWS action so far, heads and bodies.
    pub fn answers_to(&self, action: &str) -> Vec<String> {
        let state = self.state();
        state.answers.iter().filter(|(of, _)| of == action).map(|(_, answer)| answer.clone()).collect()
    }

    /// Counts from zero.
    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }

    async fn listen(&self, wanted: bool) {
        self.listening.send_replace(wanted);
        let mut listens = self.listens.clone();
        let done = listens.wait_for(|listens| *listens == wanted).await;
        done.expect("the proxy runs until dropped");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    listener: TcpListener,
    upstream: String,
    state: Arc<Mutex<State>>,
    mut wanted: watch::Receiver<bool>,
    report: watch::Sender<bool>,
) {
    let address = listener.local_addr().expect("bound");
    let mut listener = Some(listener);
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        match &listener {
            Some(open) => tokio::select! {
                accepted = open.accept() => {
                    if let Ok((client, _)) = accepted {
                        connections.spawn(connection(client, upstream.clone(), Arc::clone(&state)));
                    }
                }
                Ok(()) = wanted.changed() => {}
            },
            None if wanted.changed().await.is_err() => return,
            None => {}
        }
        let listen = *wanted.borrow_and_update();
        if !listen && listener.is_some() {
            listener = None;
            connections.shutdown().await;
        } else if listen && listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("its own port again"));
        }
        report.send_replace(listen);
    }
}

/// Serves one client until it or the simulator closes.
async fn connection(mut client: TcpStream, upstream: String, state: Arc<Mutex<State>>) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_message(&mut client, &mut buffer, Body::OfRequest).await? {
        let action = action(&request);
        let (latency, failure, stop, told) = {
            let mut state = lock(&state);
            let stop = state.take_stop(&action);
            *state.requests.entry(action.clone()).or_default() += 1;
            (state.latency, state.take_failure(), stop, state.answering.get(&action).cloned())
        };
        tokio::time::sleep(latency).await;
        let response = match failure {
            None if stop == Some(Moment::Before) => std::future::pending().await,
            None if stop == Some(Moment::After) => {
                forward(&upstream, &request).await?;
                lock(&state).stopped = true;
                std::future::pending().await
            }
            None => match told {
                Some(body) => whole_response("200 OK", &body),
                None => forward(&upstream, &request).await?,
            },
            Some(Failure::Hang) => std::future::pending().await,
            Some(Failure::Throttling) => error_response("400 Bad Request", "Throttling", "Rate exceeded"),
            Some(Failure::Unavailable) => {
                error_response("503 Service Unavailable", "ServiceUnavailable", "Service is unavailable")
            }
        };
        if let Some(id) = request_id(&response) {
            lock(&state).answered.push((action.clone(), id));
        }
        lock(&state).answers.push((action, String::from_utf8_lossy(&response).into_owned()));
        client.write_all(&response).await?;
        // Without a length only the end of the connection ends the body.
        if length(&response[..head_end(&response).unwrap_or(0)]).is_none() {
            break;
        }
    }
    Ok(())
}

impl State {
    /// Whether the world stops here. Everything after it finds nobody either.
    fn take_stop(&mut self, action: &str) -> Option<Moment> {
        const READING: [&str; 5] = ["Describe", "Get", "List", "Lookup", "Simulate"];
        if self.stopped {
            return Some(Moment::Before);
        }
        let (number, moment) = self.stop.as_mut()?;
        if READING.iter().any(|prefix| action.starts_with(prefix)) {
            return None;
        }
        *number = number.saturating_sub(1);
        if *number > 0 {
            return None;
        }
        let moment = *moment;
        self.stop = None;
        self.stopped = moment == Moment::Before;
        Some(moment)
    }

    fn take_failure(&mut self) -> Option<Failure> {
        let (failure, times) = self.failing.as_mut()?;
        *times = times.checked_sub(1)?;
        Some(*failure)
    }
}

async fn forward(upstream: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(request).await?;
    let response = read_message(&mut server, &mut Vec::new(), Body::OfResponse).await?;
    response.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    OfRequest,
    OfResponse,
}

/// One whole message; `None` when the peer closed between messages. What was read beyond it
/// stays in the buffer.
async fn read_message(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    kind: Body,
) -> io::Result<Option<Vec<u8>>> {
    loop {
        if let Some(end) = message_end(buffer, kind) {
            let rest = buffer.split_off(end);
            return Ok(Some(std::mem::replace(buffer, rest)));
        }
        if stream.read_buf(buffer).await? == 0 {
            let closed = std::mem::take(buffer);
            return Ok((!closed.is_empty()).then_some(closed));
        }
    }
}

fn message_end(buffer: &[u8], kind: Body) -> Option<usize> {
    let head = head_end(buffer)?;
    let end = match length(&buffer[..head]) {
        Some(Length::Bytes(bytes)) => head + bytes,
        Some(Length::Chunked) => return buffer.ends_with(b"\r\n0\r\n\r\n").then_some(buffer.len()),
        None if kind == Body::OfRequest => head,
        None => return None,
    };
    (buffer.len() >= end).then_some(end)
}

enum Length {
    Bytes(usize),
    Chunked,
}

fn length(head: &[u8]) -> Option<Length> {
    if header(head, "transfer-encoding").is_some() {
        return Some(Length::Chunked);
    }
    header(head, "content-length")?.parse().ok().map(Length::Bytes)
}

fn head_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// `GetRole` from a form body or an `X-Amz-Target`; else method and path.
fn action(request: &[u8]) -> String {
    let (head, body) = request.split_at(head_end(request).unwrap_or(request.len()));
    let form = String::from_utf8_lossy(body);
    if let Some(action) = form.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        return action.to_owned();
    }
    if let Some(target) = header(head, "x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let line = String::from_utf8_lossy(head);
    line.split(" HTTP/").next().unwrap_or_default().to_owned()
}

/// As AWS sends it: in a header, or in the body of what EC2 answers.
fn request_id(response: &[u8]) -> Option<String> {
    let (head, body) = response.split_at(head_end(response)?);
    let in_header = || header(head, "x-amzn-requestid").or_else(|| header(head, "x-amz-request-id"));
    in_header().or_else(|| {
        let body = String::from_utf8_lossy(body);
        let (_, rest) = body.split_once("<RequestId>").or_else(|| body.split_once("<RequestID>"))?;
        rest.split('<').next().map(str::to_owned)
    })
}

fn error_response(status: &str, code: &str, message: &str) -> Vec<u8> {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    );
    whole_response(status, &body)
}

fn whole_response(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
