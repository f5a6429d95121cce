//! TLS before an endpoint of a test, with an authority of its own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::Url;
use serde_json::Value;

use crate::simulator::python;

/// A door with TLS; it closes when dropped.
pub struct TlsDoor {
    /// The endpoint's URL by `https`, as `localhost`.
    pub url: String,
    /// The certificate of the authority that vouches for it, PEM.
    pub authority: String,
    process: Child,
}

impl TlsDoor {
    /// Opens one before an endpoint such as `http://127.0.0.1:5000/hooks`.
    pub fn before(endpoint: &str) -> Self {
        let mut url: Url = endpoint.parse().expect("a URL");
        let port = url.port().expect("a port").to_string();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulators/tls.py");
        let mut process = Command::new(python())
            .arg(script)
            .arg(port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulators' Python starts");
        let mut line = String::new();
        let printed = BufReader::new(process.stdout.take().expect("stdout is piped")).read_line(&mut line);
        printed.expect("it says where it is");
        let told: Value = serde_json::from_str(&line).expect("it prints JSON");
        url.set_scheme("https").expect("from one web scheme to another");
        url.set_host(Some("localhost")).expect("a host");
        let port = told["port"].as_u64().and_then(|port| port.try_into().ok());
        url.set_port(port).expect("an https URL has a port");
        let authority = told["authority"].as_str().expect("a certificate").to_owned();
        Self { url: url.into(), authority, process }
    }
}

impl Drop for TlsDoor {
    fn drop(&mut self) {
        // Its stdin closes.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
