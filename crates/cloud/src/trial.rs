//! Calls to EC2 that AWS only judges, and does not carry out: dry runs.

/// A call that needs nothing that exists already, so that all AWS can object to is the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// Making a network.
    CreateVpc,
    /// Making a way out of it.
    CreateInternetGateway,
    /// Looking at networks.
    DescribeVpcs,
    /// Looking at machines.
    DescribeInstances,
    /// Looking at volumes.
    DescribeVolumes,
    /// Looking at security groups.
    DescribeSecurityGroups,
}

impl DryRun {
    /// Every dry run there is.
    pub const ALL: [Self; 6] = [
        Self::CreateVpc,
        Self::CreateInternetGateway,
        Self::DescribeVpcs,
        Self::DescribeInstances,
        Self::DescribeVolumes,
        Self::DescribeSecurityGroups,
    ];

    /// The action that is tried, such as `ec2:CreateVpc`.
    pub fn action(self) -> &'static str {
        match self {
            Self::CreateVpc => "ec2:CreateVpc",
            Self::CreateInternetGateway => "ec2:CreateInternetGateway",
            Self::DescribeVpcs => "ec2:DescribeVpcs",
            Self::DescribeInstances => "ec2:DescribeInstances",
            Self::DescribeVolumes => "ec2:DescribeVolumes",
            Self::DescribeSecurityGroups => "ec2:DescribeSecurityGroups",
        }
    }
}
