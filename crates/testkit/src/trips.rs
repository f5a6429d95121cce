//! A proxy between Berth and PostgreSQL that counts round trips: how often Berth speaks and waits for an answer.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A running proxy; it ends when dropped.
pub struct Trips {
    url: String,
    count: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Trips {
    /// Starts in front of the database of a `postgres://user:password@host:port/name` URL.
    pub async fn start(url: &str) -> Self {
        let (before, rest) = url.split_once('@').expect("a URL with a user");
        let (upstream, name) = rest.split_once('/').expect("a URL with a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("{before}@{}/{name}", listener.local_addr().expect("bound"));
        let count = Arc::new(AtomicUsize::new(0));
        let server = tokio::spawn(serve(listener, upstream.to_owned(), count.clone()));
        Self { url, count, server }
    }

    /// The URL of the same database, through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many round trips there were so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Drop for Trips {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, upstream: String, count: Arc<AtomicUsize>) {
    while let Ok((client, _)) = listener.accept().await {
        let (upstream, count) = (upstream.clone(), count.clone());
        tokio::spawn(async move { connection(client, &upstream, &count).await });
    }
}

async fn connection(mut client: TcpStream, upstream: &str, count: &AtomicUsize) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let answered = AtomicBool::new(true);
    let asking = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_client.read(&mut buffer).await?;
            if length == 0 {
                return to_server.shutdown().await;
            }
            if answered.swap(false, Ordering::SeqCst) {
                count.fetch_add(1, Ordering::SeqCst);
            }
            to_server.write_all(&buffer[..length]).await?;
        }
    };
    let answering = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_server.read(&mut buffer).await?;
            if length == 0 {
                return to_client.shutdown().await;
            }
            answered.store(true, Ordering::SeqCst);
            to_client.write_all(&buffer[..length]).await?;
        }
    };
    tokio::try_join!(asking, answering).map(drop)
}
