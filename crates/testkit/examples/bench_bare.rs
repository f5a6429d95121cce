//! The limit that `make bench` measures against: axum answering a body of a cloud account's size, and
//! nothing else. Prints where it listens.

use axum::{Router, http::header::CONTENT_TYPE, routing::get};

#[tokio::main]
async fn main() {
    let body = format!("{{\"padding\":\"{}\"}}", "x".repeat(560));
    let answer = move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::io::Write::write_all(&mut std::io::stdout(), format!("http://{address}\n").as_bytes())
        .expect("somebody reads");
    axum::serve(listener, Router::new().route("/", get(answer))).await.expect("serving goes on");
}
