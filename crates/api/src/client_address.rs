//! Where a request comes from, when proxies stand between.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address a request comes from: the peer's or, where that is a trusted proxy, the last one in
/// `X-Forwarded-For` that no trusted proxy vouches for. What stands left of that one anybody can make up.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if trusted.is_empty() {
        return client;
    }
    // A proxy may add a header line of its own, or append to the one there is.
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        let Some(address) = parse(hop.trim()) else { break };
        client = address;
    }
    client
}

/// An address, perhaps with a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let address = hop.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nobody_is_trusted("203.0.113.9", &[], "192.0.2.1", "203.0.113.9")]
    #[case::a_stranger_says_something("203.0.113.9", &["10.0.0.0/8"], "192.0.2.1", "203.0.113.9")]
    #[case::the_proxy_says_who("10.0.0.1", &["10.0.0.0/8"], "192.0.2.1", "192.0.2.1")]
    #[case::with_a_port("10.0.0.1", &["10.0.0.0/8"], "192.0.2.1:4711", "192.0.2.1")]
    #[case::through_two_proxies("10.0.0.1", &["10.0.0.0/8"], "192.0.2.1, 10.0.0.2", "192.0.2.1")]
    #[case::what_the_client_made_up("10.0.0.1", &["10.0.0.0/8"], "10.0.0.7, 192.0.2.1", "192.0.2.1")]
    #[case::nonsense("10.0.0.1", &["10.0.0.0/8"], "unknown", "10.0.0.1")]
    #[case::nothing("10.0.0.1", &["10.0.0.0/8"], "", "10.0.0.1")]
    #[case::ipv6("::ffff:10.0.0.1", &["10.0.0.0/8"], "2001:db8::1", "2001:db8::1")]
    fn only_trusted_proxies_are_believed(
        #[case] peer: &str,
        #[case] trusted: &[&str],
        #[case] header: &str,
        #[case] client: &str,
    ) {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), header.parse().unwrap())]);
        let found = client_address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found, client.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn a_line_that_the_proxy_added_counts_before_the_clients_own() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "10.0.0.9".parse().unwrap());
        headers.append("x-forwarded-for", "192.0.2.1".parse().unwrap());
        let found = client_address("10.0.0.1".parse().unwrap(), &headers, &["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(found, "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
