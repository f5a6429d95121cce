//! Rules of security groups, to and from AWS's way of grouping them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use berth_domain::deployment::{
    AwsId,
    inventory::{Direction, Peer, Rule, Traffic},
};
use ipnet::IpNet;

/// One rule for each peer, however AWS grouped them.
pub(super) fn rules(direction: Direction, permissions: &[IpPermission]) -> Result<BTreeSet<Rule>, String> {
    let mut rules = BTreeSet::new();
    for permission in permissions {
        let traffic = traffic(permission)?;
        for peer in peers(permission)? {
            rules.insert(Rule { direction, traffic: traffic.clone(), peer });
        }
    }
    Ok(rules)
}

fn traffic(permission: &IpPermission) -> Result<Traffic, String> {
    let (from, to) = (permission.from_port(), permission.to_port());
    let port = |number: Option<i32>| {
        let port = number.and_then(|number| u16::try_from(number).ok());
        port.ok_or_else(|| format!("a rule's port is {number:?}"))
    };
    Ok(match permission.ip_protocol().unwrap_or_default() {
        "-1" | "all" => Traffic::All,
        "tcp" | "6" => Traffic::Tcp(port(from)?, port(to)?),
        "udp" | "17" => Traffic::Udp(port(from)?, port(to)?),
        "" => return Err("a rule has no protocol".into()),
        other => Traffic::Other(other.to_owned(), from.unwrap_or(-1), to.unwrap_or(-1)),
    })
}

fn peers(permission: &IpPermission) -> Result<Vec<Peer>, String> {
    let cidr = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        text.parse::<IpNet>().map(Peer::Cidr).map_err(|_| format!("{text:?} in a rule is no network"))
    };
    let id = |text: Option<&str>| text.map(AwsId::from).ok_or("a rule's peer has no id".to_owned());
    let v4 = permission.ip_ranges().iter().map(|range| cidr(range.cidr_ip()));
    let v6 = permission.ipv6_ranges().iter().map(|range| cidr(range.cidr_ipv6()));
    let groups = permission.user_id_group_pairs().iter().map(|pair| id(pair.group_id()).map(Peer::Group));
    let lists =
        permission.prefix_list_ids().iter().map(|list| id(list.prefix_list_id()).map(Peer::PrefixList));
    v4.chain(v6).chain(groups).chain(lists).collect()
}

/// The other way: one permission for each kind of traffic.
pub(super) fn permissions(rules: &BTreeSet<(Traffic, Peer)>) -> Vec<IpPermission> {
    let mut by_traffic: BTreeMap<&Traffic, Vec<&Peer>> = BTreeMap::new();
    for (traffic, peer) in rules {
        by_traffic.entry(traffic).or_default().push(peer);
    }
    by_traffic.into_iter().map(|(traffic, peers)| permission(traffic, &peers)).collect()
}

fn permission(traffic: &Traffic, peers: &[&Peer]) -> IpPermission {
    let (protocol, from, to) = match traffic {
        Traffic::All => ("-1", None, None),
        Traffic::Tcp(from, to) => ("tcp", Some(i32::from(*from)), Some(i32::from(*to))),
        Traffic::Udp(from, to) => ("udp", Some(i32::from(*from)), Some(i32::from(*to))),
        Traffic::Other(protocol, from, to) => (protocol.as_str(), Some(*from), Some(*to)),
    };
    let permission = IpPermission::builder().ip_protocol(protocol).set_from_port(from).set_to_port(to);
    let permission = peers.iter().fold(permission, |permission, peer| match peer {
        Peer::Cidr(IpNet::V4(net)) => {
            permission.ip_ranges(IpRange::builder().cidr_ip(net.to_string()).build())
        }
        Peer::Cidr(IpNet::V6(net)) => {
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(net.to_string()).build())
        }
        Peer::Group(id) => {
            permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(id.as_str()).build())
        }
        Peer::PrefixList(id) => {
            permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(id.as_str()).build())
        }
    });
    permission.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(from: i32, to: i32) -> aws_sdk_ec2::types::builders::IpPermissionBuilder {
        IpPermission::builder().ip_protocol("tcp").from_port(from).to_port(to)
    }

    fn net(text: &str) -> Peer {
        Peer::Cidr(text.parse().unwrap())
    }

    #[test]
    fn what_aws_merged_is_one_rule_for_each_peer() {
        let merged = tcp(10_000, 19_999)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("clients").build())
            .ip_ranges(IpRange::builder().cidr_ip("192.168.0.0/16").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("fd00::/8").build())
            .user_id_group_pairs(
                UserIdGroupPair::builder().group_id("sg-1").user_id("123456789012").build(),
            )
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build());

        let found = rules(Direction::In, &[merged.build()]).unwrap();

        let peers = [net("10.0.0.0/8"), net("192.168.0.0/16"), net("fd00::/8")];
        let peers = peers.into_iter().chain([Peer::Group("sg-1".into()), Peer::PrefixList("pl-1".into())]);
        let traffic = Traffic::Tcp(10_000, 19_999);
        let expected =
            peers.map(|peer| Rule { direction: Direction::In, traffic: traffic.clone(), peer }).collect();
        assert_eq!(found, expected);
    }

    #[rstest::rstest]
    #[case::all(IpPermission::builder().ip_protocol("-1"), Traffic::All)]
    #[case::all_with_ports(IpPermission::builder().ip_protocol("-1").from_port(-1).to_port(-1), Traffic::All)]
    #[case::tcp_by_number(IpPermission::builder().ip_protocol("6").from_port(22).to_port(22), Traffic::Tcp(22, 22))]
    #[case::ping(
        IpPermission::builder().ip_protocol("icmp").from_port(8).to_port(-1),
        Traffic::Other("icmp".into(), 8, -1)
    )]
    #[case::esp(IpPermission::builder().ip_protocol("50"), Traffic::Other("50".into(), -1, -1))]
    fn traffic_is_read_as_what_it_means(
        #[case] permission: aws_sdk_ec2::types::builders::IpPermissionBuilder,
        #[case] expected: Traffic,
    ) {
        let permission = permission.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
        let found = rules(Direction::Out, &[permission]).unwrap();
        assert_eq!(found.first().unwrap().traffic, expected);
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_not_left_out() {
        let no_port = IpPermission::builder()
            .ip_protocol("tcp")
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
        rules(Direction::In, &[no_port.build()]).unwrap_err();
        let no_net = tcp(22, 22).ip_ranges(IpRange::builder().cidr_ip("anywhere").build());
        rules(Direction::In, &[no_net.build()]).unwrap_err();
    }

    #[test]
    fn rules_survive_the_way_to_aws_and_back() {
        let wanted = BTreeSet::from([
            (Traffic::All, Peer::Group("sg-1".into())),
            (Traffic::Tcp(22, 22), net("10.0.0.0/8")),
            (Traffic::Tcp(22, 22), net("fd00::/8")),
            (Traffic::Udp(53, 53), Peer::PrefixList("pl-1".into())),
            (Traffic::Other("icmp".into(), 8, -1), net("0.0.0.0/0")),
        ]);

        let sent = permissions(&wanted);
        let back = rules(Direction::In, &sent).unwrap();

        assert_eq!(sent.len(), 4, "one permission for each kind of traffic");
        assert_eq!(back.into_iter().map(|rule| (rule.traffic, rule.peer)).collect::<BTreeSet<_>>(), wanted);
    }
}
