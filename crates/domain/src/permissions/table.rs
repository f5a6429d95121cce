//! The rows of the permission table.

use super::{
    Function::{self, Maintain, Monitor, Provision, Rotate, Verify},
    Guard::{CarriesTag, CreatedWithTag, Open, PassedToEc2, TaggedWhileCreating},
    Need::{Free, Optional, Required},
    Permission,
    Target::{
        self, Ec2, Everything, Groups, Itself, NodeRole, OwnEc2, OwnRole, OwnUser, Policies, Roles, Users,
    },
};

/// The EC2 actions that may set tags, because they create what they tag.
pub(super) const CREATING: &[&str] = &[
    "RunInstances",
    "CreateVpc",
    "CreateSubnet",
    "CreateInternetGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "ImportKeyPair",
];

/// One sentence for all calls that reading policies takes: verification tells of them as one.
const BREADTH: &str = "Shows whether the policies allow far more than Berth needs.";

const INSTANCE: &[&str] = &["instance"];
const VOLUME: &[&str] = &["volume"];
const VPC: &[&str] = &["vpc"];
const SUBNET: &[&str] = &["subnet"];
const GATEWAY: &[&str] = &["internet-gateway"];
const ROUTES: &[&str] = &["route-table"];
const GROUP: &[&str] = &["security-group"];
const KEY_PAIR: &[&str] = &["key-pair"];

const fn read(action: &'static str, function: Function, why: &'static str) -> Permission {
    Permission { action, target: Everything, guard: Open, function, need: Required, why }
}

const fn create(action: &'static str, kinds: &'static [&'static str], why: &'static str) -> Permission {
    Permission {
        action,
        target: OwnEc2(kinds),
        guard: CreatedWithTag,
        function: Provision,
        need: Required,
        why,
    }
}

const fn own(
    action: &'static str,
    kinds: &'static [&'static str],
    function: Function,
    why: &'static str,
) -> Permission {
    Permission { action, target: OwnEc2(kinds), guard: CarriesTag, function, need: Required, why }
}

const fn verify(action: &'static str, target: Target, why: &'static str) -> Permission {
    Permission { action, target, guard: Open, function: Verify, need: Required, why }
}

const fn rotate(action: &'static str, why: &'static str) -> Permission {
    Permission { action, target: OwnUser, guard: Open, function: Rotate, need: Optional, why }
}

const fn optional(
    action: &'static str,
    target: Target,
    function: Function,
    why: &'static str,
) -> Permission {
    Permission { action, target, guard: Open, function, need: Optional, why }
}

/// Every AWS action Berth needs.
pub const TABLE: &[Permission] = &[
    // Verify
    Permission {
        action: "sts:GetCallerIdentity",
        target: Everything,
        guard: Open,
        function: Verify,
        need: Free,
        why: "Says whose the access key is.",
    },
    verify(
        "iam:GetRole",
        Roles,
        "Shows that the console role and the node role exist, and whom they trust.",
    ),
    verify(
        "iam:ListInstanceProfilesForRole",
        NodeRole,
        "Shows that an instance profile holds the node role.",
    ),
    verify(
        "iam:SimulatePrincipalPolicy",
        Itself,
        "Tells which permissions are missing before anything is built.",
    ),
    optional(
        "iam:GetLoginProfile",
        Users,
        Verify,
        "Shows that the console user, where there is one, can sign in.",
    ),
    optional(
        "iam:ListAccountAliases",
        Everything,
        Verify,
        "Shows that a sign-in URL with an alias belongs to this AWS account.",
    ),
    optional(
        "iam:ListAccessKeys",
        OwnUser,
        Verify,
        "Tells how old the access key is and whether the user has another.",
    ),
    optional(
        "iam:GetAccessKeyLastUsed",
        OwnUser,
        Verify,
        "Tells whether something other than Berth uses the access key.",
    ),
    optional("iam:ListUserPolicies", OwnUser, Verify, BREADTH),
    optional("iam:GetUserPolicy", OwnUser, Verify, BREADTH),
    optional("iam:ListAttachedUserPolicies", OwnUser, Verify, BREADTH),
    optional("iam:ListGroupsForUser", OwnUser, Verify, BREADTH),
    optional("iam:ListRolePolicies", OwnRole, Verify, BREADTH),
    optional("iam:GetRolePolicy", OwnRole, Verify, BREADTH),
    optional("iam:ListAttachedRolePolicies", OwnRole, Verify, BREADTH),
    optional("iam:ListGroupPolicies", Groups, Verify, BREADTH),
    optional("iam:GetGroupPolicy", Groups, Verify, BREADTH),
    optional("iam:ListAttachedGroupPolicies", Groups, Verify, BREADTH),
    optional("iam:GetPolicy", Policies, Verify, BREADTH),
    optional("iam:GetPolicyVersion", Policies, Verify, BREADTH),
    optional(
        "ec2:DescribeRegions",
        Everything,
        Verify,
        "Tells whether the region that Berth works in is switched on.",
    ),
    // Provision
    create("ec2:CreateVpc", VPC, "Makes the network of a subscription."),
    create("ec2:CreateSubnet", SUBNET, "Makes one subnet in each availability zone used."),
    Permission {
        action: "ec2:CreateSubnet",
        target: Ec2(VPC),
        guard: Open,
        function: Provision,
        need: Required,
        why: "Puts the subnets into the VPC.",
    },
    create("ec2:CreateInternetGateway", GATEWAY, "Makes the way out of the VPC."),
    own(
        "ec2:AttachInternetGateway",
        &["internet-gateway", "vpc"],
        Provision,
        "Joins the gateway to the VPC.",
    ),
    create("ec2:CreateRouteTable", ROUTES, "Makes the table of routes of the VPC."),
    Permission {
        action: "ec2:CreateRouteTable",
        target: Ec2(VPC),
        guard: Open,
        function: Provision,
        need: Required,
        why: "Puts the routes into the VPC.",
    },
    own("ec2:CreateRoute", ROUTES, Provision, "Routes the nodes' traffic through the gateway."),
    own("ec2:AssociateRouteTable", &["route-table", "subnet"], Provision, "Gives each subnet its routes."),
    own("ec2:ModifyVpcAttribute", VPC, Provision, "Switches on DNS names in the VPC."),
    own("ec2:ModifySubnetAttribute", SUBNET, Provision, "Gives nodes their public addresses."),
    create("ec2:CreateSecurityGroup", GROUP, "Makes the groups that say who may reach the nodes."),
    Permission {
        action: "ec2:CreateSecurityGroup",
        target: Ec2(VPC),
        guard: Open,
        function: Provision,
        need: Required,
        why: "Puts the security groups into the VPC.",
    },
    own("ec2:AuthorizeSecurityGroupIngress", GROUP, Provision, "Lets nodes and allowed clients in."),
    own("ec2:AuthorizeSecurityGroupEgress", GROUP, Provision, "Lets the nodes answer and reach AWS."),
    create("ec2:ImportKeyPair", KEY_PAIR, "Registers the key that maintenance signs in with."),
    create(
        "ec2:RunInstances",
        &["instance", "volume", "network-interface"],
        "Starts the nodes, with their encrypted volumes and network interfaces.",
    ),
    Permission {
        action: "ec2:RunInstances",
        target: Ec2(&["image", "subnet", "security-group", "key-pair"]),
        guard: Open,
        function: Provision,
        need: Required,
        why: "Lets the nodes use an image and the subscription's network.",
    },
    Permission {
        action: "ec2:CreateTags",
        target: OwnEc2(&["instance", "volume", "vpc", "subnet", "security-group"]),
        guard: TaggedWhileCreating,
        function: Provision,
        need: Required,
        why: "Marks everything as Berth's in the call that creates it.",
    },
    Permission {
        action: "iam:PassRole",
        target: NodeRole,
        guard: PassedToEc2,
        function: Provision,
        need: Required,
        why: "Gives the nodes their role, and no other.",
    },
    optional(
        "ssm:GetParameter",
        Everything,
        Provision,
        "Finds the current machine image by AWS's public name.",
    ),
    optional(
        "servicequotas:GetServiceQuota",
        Everything,
        Provision,
        "Tells before building whether there is room for it.",
    ),
    // Monitor
    read("ec2:DescribeAvailabilityZones", Provision, "Tells which zones can be used."),
    read("ec2:DescribeInstanceTypes", Provision, "Tells which instance types can be had."),
    read(
        "ec2:DescribeInstanceTypeOfferings",
        Provision,
        "Tells in which zones an instance type can be had.",
    ),
    read("ec2:DescribeImages", Provision, "Looks at the machine image before it is used."),
    read("ec2:DescribeVpcs", Monitor, "Compares the VPC with what was built."),
    read("ec2:DescribeVpcAttribute", Monitor, "Tells whether names still work in the VPC."),
    read("ec2:DescribeSubnets", Monitor, "Compares the subnets with what was built."),
    read("ec2:DescribeInternetGateways", Monitor, "Compares the gateway with what was built."),
    read("ec2:DescribeRouteTables", Monitor, "Compares the routes with what was built."),
    read(
        "ec2:DescribeSecurityGroups",
        Monitor,
        "Finds added, removed and widened rules of security groups.",
    ),
    read("ec2:DescribeNetworkInterfaces", Monitor, "Finds what else is in the VPC."),
    read("ec2:DescribeInstances", Monitor, "Finds stopped, terminated and changed nodes."),
    read("ec2:DescribeInstanceStatus", Monitor, "Reads AWS's health checks of the nodes."),
    read("ec2:DescribeVolumes", Monitor, "Finds detached and unencrypted volumes."),
    read("ec2:DescribeKeyPairs", Monitor, "Compares the key pair with what was built."),
    read("cloudwatch:GetMetricData", Monitor, "Reads the nodes' load."),
    optional(
        "cloudtrail:LookupEvents",
        Everything,
        Monitor,
        "Tells who made a change that Berth did not make.",
    ),
    // Maintain
    own("ec2:StartInstances", INSTANCE, Maintain, "Starts nodes that were stopped."),
    own("ec2:ModifyInstanceAttribute", INSTANCE, Maintain, "Gives a node back its security groups."),
    own("ec2:RevokeSecurityGroupIngress", GROUP, Maintain, "Takes away access that is no longer allowed."),
    own("ec2:RevokeSecurityGroupEgress", GROUP, Maintain, "Takes away access that is no longer allowed."),
    own("ec2:TerminateInstances", INSTANCE, Maintain, "Removes nodes that are no longer wanted."),
    own("ec2:DeleteVolume", VOLUME, Maintain, "Removes volumes that are no longer wanted."),
    own("ec2:DeleteKeyPair", KEY_PAIR, Maintain, "Removes the key pair with its subscription."),
    own("ec2:DeleteSecurityGroup", GROUP, Maintain, "Removes the security groups with their subscription."),
    own(
        "ec2:DisassociateRouteTable",
        &["route-table", "subnet"],
        Maintain,
        "Frees the routes for removal.",
    ),
    own("ec2:DeleteRoute", ROUTES, Maintain, "Removes a route that is no longer wanted."),
    own("ec2:DeleteRouteTable", ROUTES, Maintain, "Removes the routes with their subscription."),
    own("ec2:DeleteSubnet", SUBNET, Maintain, "Removes the subnets with their subscription."),
    own(
        "ec2:DetachInternetGateway",
        &["internet-gateway", "vpc"],
        Maintain,
        "Frees the gateway for removal.",
    ),
    own("ec2:DeleteInternetGateway", GATEWAY, Maintain, "Removes the gateway with its subscription."),
    own("ec2:DeleteVpc", VPC, Maintain, "Removes the VPC with its subscription."),
    // Rotate
    rotate("iam:CreateAccessKey", "Creates the access key that replaces the one in use."),
    rotate("iam:UpdateAccessKey", "Switches the replaced access key off, and on again when it is missed."),
    rotate("iam:DeleteAccessKey", "Deletes the replaced access key."),
];
