//! The proxy: signatures stay valid through it, and it spoils calls as told.

use std::time::{Duration, Instant};

use berth_testkit::proxy::{Failure, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const REQUEST: &str = "POST / HTTP/1.1\r\nhost: signed.example\r\ncontent-length: 14\r\n\r\nAction=GetRole";

#[tokio::test]
async fn bytes_go_through_unchanged_and_are_counted_by_action() {
    let proxy = Proxy::start(&upstream().await).await;
    let mut client = connect(&proxy).await.expect("it listens");

    for _ in 0..2 {
        assert!(ask(&mut client).await.ends_with(REQUEST));
    }

    assert_eq!(proxy.requests(), 2);
    assert_eq!(proxy.requests_by_action()["GetRole"], 2);
}

#[tokio::test]
async fn every_request_waits_for_the_latency() {
    let proxy = Proxy::start(&upstream().await).await;
    let mut client = connect(&proxy).await.expect("it listens");
    let latency = Duration::from_millis(50);

    proxy.set_latency(latency);

    let start = Instant::now();
    ask(&mut client).await;
    assert!(start.elapsed() >= latency);
}

#[tokio::test]
async fn so_many_requests_are_throttled_and_then_no_more() {
    let proxy = Proxy::start(&upstream().await).await;
    let mut client = connect(&proxy).await.expect("it listens");

    proxy.fail_next(2, Failure::Throttling);

    for _ in 0..2 {
        assert!(ask(&mut client).await.contains("<Code>Throttling</Code>"));
    }
    assert!(ask(&mut client).await.ends_with(REQUEST));
}

#[tokio::test]
async fn a_hanging_request_is_never_answered() {
    let proxy = Proxy::start(&upstream().await).await;
    let mut client = connect(&proxy).await.expect("it listens");

    proxy.fail(Failure::Hang);

    let answer = tokio::time::timeout(Duration::from_millis(100), ask(&mut client)).await;
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn connections_are_refused_until_it_recovers() {
    let proxy = Proxy::start(&upstream().await).await;

    proxy.refuse().await;
    assert!(connect(&proxy).await.is_err());

    proxy.recover().await;
    let mut client = connect(&proxy).await.expect("it listens again");
    assert!(ask(&mut client).await.ends_with(REQUEST));
}

/// A server that answers with the request it got.
async fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; REQUEST.len()];
            if stream.read_exact(&mut request).await.is_ok() {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", request.len());
                let _ = stream.write_all(&[head.as_bytes(), &request].concat()).await;
            }
        }
    });
    format!("http://{address}")
}

async fn connect(proxy: &Proxy) -> std::io::Result<TcpStream> {
    TcpStream::connect(proxy.endpoint().trim_start_matches("http://")).await
}

/// One answer, which ends with the request or with the XML of an error.
async fn ask(client: &mut TcpStream) -> String {
    client.write_all(REQUEST.as_bytes()).await.expect("open");
    let mut answer = String::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(REQUEST) && !answer.ends_with("</ErrorResponse>") {
        let read = client.read(&mut buffer).await.expect("open");
        assert!(read > 0, "closed after {answer:?}");
        answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    answer
}
