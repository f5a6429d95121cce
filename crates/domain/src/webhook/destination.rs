//! Which addresses webhooks may be sent to. Whoever can add a webhook could otherwise have Berth call whatever
//! only Berth's machine can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What is no host on the internet, from the registries of special-purpose addresses (RFC 6890 and its
/// successors): this network, private, shared (carrier-grade NAT), loopback, link-local, protocol assignments,
/// documentation, 6to4 relays, benchmarks, multicast, reserved and broadcast.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The part of IPv6 that is given out; everything else is loopback, link-local, unique-local, multicast, an IPv4
/// address in disguise, or nothing yet.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is in there and no host of its own: protocol assignments (Teredo among them), documentation, 6to4.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Where webhooks may be sent to: hosts on the internet, by `https`; and whatever the operator allows besides.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    allowed: Vec<IpNet>,
}

/// An address that webhooks may not be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no host on the internet.
    #[error(
        "{0} is not an address on the internet; the operator of this Berth can allow it with the setting \
         webhook_allowed_networks"
    )]
    NotPublic(IpAddr),
    /// It is, but the way to it is not encrypted.
    #[error(
        "{0} must be reached by https; http is only for networks that the operator of this Berth allows"
    )]
    NotEncrypted(IpAddr),
}

impl Destinations {
    /// The internet, and these networks.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether the operator allows anything besides the internet.
    pub fn allows_more(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Whether a connection to this address may be opened, encrypted or not.
    pub fn check(&self, address: IpAddr, encrypted: bool) -> Result<(), Refused> {
        let plain = address.to_canonical();
        if self.allowed.iter().any(|network| network.contains(&plain)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Refused::NotPublic(address));
        }
        if encrypted { Ok(()) } else { Err(Refused::NotEncrypted(address)) }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|(network, bits)| {
            let mask = u32::MAX << (32 - bits);
            address.to_bits() & mask == network.to_bits()
        }),
        IpAddr::V6(address) => {
            let within = |(network, bits): &(Ipv6Addr, u32)| {
                let mask = u128::MAX << (128 - bits);
                address.to_bits() & mask == network.to_bits()
            };
            within(&GLOBAL_V6) && !NOT_PUBLIC_V6.iter().any(within)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn check(address: &str, encrypted: bool, allowed: &[&str]) -> Result<(), Refused> {
        let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
        Destinations::new(allowed).check(address.parse().unwrap(), encrypted)
    }

    #[rstest]
    #[case("0.0.0.0")]
    #[case("0.1.2.3")]
    #[case("10.255.255.255")]
    #[case("100.64.0.1")]
    #[case("100.127.255.255")]
    #[case("127.0.0.1")]
    #[case("127.255.0.1")]
    #[case("169.254.169.254")]
    #[case("172.16.0.1")]
    #[case("172.31.255.255")]
    #[case("192.0.0.1")]
    #[case("192.0.2.1")]
    #[case("192.88.99.1")]
    #[case("192.168.1.1")]
    #[case("198.18.0.1")]
    #[case("198.19.255.255")]
    #[case("198.51.100.1")]
    #[case("203.0.113.255")]
    #[case("224.0.0.1")]
    #[case("239.255.255.255")]
    #[case("240.0.0.1")]
    #[case("255.255.255.255")]
    #[case("::")]
    #[case("::1")]
    #[case("::127.0.0.1")]
    #[case("::ffff:127.0.0.1")]
    #[case("::ffff:8.8.8.8")]
    #[case("::ffff:0:8.8.8.8")]
    #[case("64:ff9b::a00:1")]
    #[case("64:ff9b:1::1")]
    #[case("100::1")]
    #[case("2001::1")]
    #[case("2001:db8::1")]
    #[case("2002:7f00:1::1")]
    #[case("3fff::1")]
    #[case("5f00::1")]
    #[case("fc00::1")]
    #[case("fd00:ec2::254")]
    #[case("fe80::1")]
    #[case("fec0::1")]
    #[case("ff02::1")]
    fn what_is_no_host_on_the_internet_is_refused(#[case] address: &str) {
        assert_eq!(check(address, true, &[]), Err(Refused::NotPublic(address.parse().unwrap())));
    }

    #[rstest]
    #[case("1.1.1.1")]
    #[case("100.63.255.255")]
    #[case("100.128.0.0")]
    #[case("126.255.255.255")]
    #[case("128.0.0.0")]
    #[case("172.15.255.255")]
    #[case("172.32.0.0")]
    #[case("192.0.1.0")]
    #[case("198.17.255.255")]
    #[case("198.20.0.0")]
    #[case("223.255.255.255")]
    #[case("2001:4860:4860::8888")]
    #[case("2606:4700::1111")]
    fn what_is_on_the_internet_is_reached_by_https_only(#[case] address: &str) {
        assert_eq!(check(address, true, &[]), Ok(()));
        assert_eq!(check(address, false, &[]), Err(Refused::NotEncrypted(address.parse().unwrap())));
    }

    #[rstest]
    #[case("127.0.0.1", "127.0.0.0/8")]
    #[case("::ffff:127.0.0.1", "127.0.0.0/8")]
    #[case("fd00::1", "fd00::/8")]
    #[case("8.8.8.8", "8.8.8.8/32")]
    fn an_allowed_network_is_reached_either_way(#[case] address: &str, #[case] allowed: &str) {
        assert_eq!(check(address, false, &[allowed]), Ok(()));
        assert_eq!(check(address, true, &[allowed]), Ok(()));
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_refused_in_every_ipv6_disguise(bits: u32) {
            let [a, b, c, d] = Ipv4Addr::from_bits(bits).octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for disguise in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert!(Destinations::default().check(disguise.into(), true).is_err());
            }
        }

        #[test]
        fn what_the_standard_library_knows_as_special_is_refused(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_unspecified()
                || address.is_documentation();
            if special {
                prop_assert!(Destinations::default().check(address.into(), true).is_err());
            }
        }
    }
}
