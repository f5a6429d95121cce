//! The permission table: every AWS action Berth needs in a customer's account, and why.
//!
//! From this one table come the policy to paste, the checklist that verification simulates and the
//! reference page (`docs/reference/permissions.md`).

mod table;

use std::{collections::BTreeMap, fmt};

pub use table::TABLE;

use crate::{
    cloud_account::Field,
    iam::{Conditions, PolicyDocument, Statement},
    values::{Arn, AwsAccountId, RoleName},
};

/// One AWS action Berth needs.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// The action, such as `ec2:RunInstances`.
    pub action: &'static str,
    /// On what.
    pub target: Target,
    /// Under which condition the policy grants it.
    pub guard: Guard,
    /// What Berth needs it for.
    pub function: Function,
    /// Whether Berth can do without.
    pub need: Need,
    /// Why, in one sentence for the customer's security team.
    pub why: &'static str,
}

/// What an action is used on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Actions that AWS does not scope to resources.
    Everything,
    /// The IAM user, or the role, that is granted the permission.
    Itself,
    /// The IAM user itself; nothing where Berth gets in by a role.
    OwnUser,
    /// The role itself; nothing where Berth gets in by an access key.
    OwnRole,
    /// Any IAM user of the account.
    Users,
    /// The groups of the account, of which the IAM user may be in some.
    Groups,
    /// The managed policies of the account and AWS's own.
    Policies,
    /// The console role and the node role.
    Roles,
    /// The node role.
    NodeRole,
    /// EC2 objects of these kinds, whoever made them: `image` and the like.
    Ec2(&'static [&'static str]),
    /// EC2 objects that Berth makes or made; the kinds are those the action touches.
    OwnEc2(&'static [&'static str]),
}

impl Target {
    /// Whether there is such a thing where this user or role is Berth's.
    fn concerns(self, grantee: &Grantee) -> bool {
        match self {
            Self::OwnUser | Self::Groups => matches!(grantee, Grantee::User(_)),
            Self::OwnRole => matches!(grantee, Grantee::Role(_)),
            _ => true,
        }
    }
}

/// Under which condition a permission is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// None.
    Open,
    /// The object is created with Berth's tag on it.
    CreatedWithTag,
    /// The object carries Berth's tag.
    CarriesTag,
    /// Tags are set while creating, not afterwards.
    TaggedWhileCreating,
    /// The role is handed to EC2, and to nothing else.
    PassedToEc2,
}

/// What must be allowed before a key can be rotated. Seeing keys is of use to verification too.
pub const ROTATION: [&str; 5] = [
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:DeleteAccessKey",
];

/// What Berth needs a permission for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Proving that the account can be used.
    Verify,
    /// Building a subscription's infrastructure.
    Provision,
    /// Seeing whether it is still as it was built, and how it does.
    Monitor,
    /// Keeping it running, changing it, taking it down.
    Maintain,
    /// Replacing the access key.
    Rotate,
}

impl Function {
    /// Every function, in the order of an account's life.
    pub const ALL: [Self; 5] = [Self::Verify, Self::Provision, Self::Monitor, Self::Maintain, Self::Rotate];

    /// The word in the reference page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Provision => "provision",
            Self::Monitor => "monitor",
            Self::Maintain => "maintain",
            Self::Rotate => "rotate",
        }
    }
}

/// Whether Berth can do without a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Without it the account is refused.
    Required,
    /// Without it Berth does less, and warns.
    Optional,
    /// AWS allows it to every valid key: in no policy, never checked.
    Free,
}

/// What a profile calls the customer's IAM resources and marks Berth's objects with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The profile's name in the configuration.
    pub name: &'static str,
    /// The IAM user.
    pub user: &'static str,
    /// The role that Berth assumes, where it has no user's access key.
    pub access_role: &'static str,
    /// The console role.
    pub console_role: &'static str,
    /// The role the nodes run as, and its instance profile.
    pub node_role: &'static str,
    /// The policy that holds the user's permissions.
    pub policy: &'static str,
    /// The policy that holds those of the role which Berth assumes. Another one, so that an account can change
    /// from a key to a role without its user losing anything meanwhile.
    pub access_policy: &'static str,
    /// The tag on everything that is provisioned.
    pub tag: (&'static str, &'static str),
    /// Services that its published policy grants whole, with what they allow being harmless.
    pub whole_services: &'static [&'static str],
}

/// Berth's own names.
pub const BERTH: Profile = Profile {
    name: "berth",
    user: "berth-user",
    access_role: "berth-access",
    console_role: "berth-console",
    node_role: "berth-node",
    policy: "BerthUserPolicy",
    access_policy: "BerthAccessPolicy",
    tag: ("berth:managed", "true"),
    whole_services: &[],
};

/// The names an AWS account has that was prepared for Redis Cloud.
pub const REDIS_CLOUD: Profile = Profile {
    name: "redis-cloud",
    user: "redislabs-user",
    access_role: "redislabs-access",
    console_role: "redislabs-role",
    node_role: "redislabs-cluster-node-role",
    policy: "RedislabsIAMUserRestrictedPolicy",
    access_policy: "RedislabsAccessPolicy",
    tag: ("RedisLabsIdentifier", "Redislabs-VPC"),
    whole_services: &["support"],
};

impl Profile {
    /// Every profile.
    pub const ALL: [&'static Self; 2] = [&BERTH, &REDIS_CLOUD];

    /// The profile of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// The node role's name as a value.
    pub fn node_role_name(&self) -> RoleName {
        self.node_role.parse().expect("a profile's names are valid")
    }
}

/// Who is granted the permissions: path and name, such as `berth-user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// The IAM user whose access key Berth has.
    User(String),
    /// The role that Berth assumes.
    Role(String),
}

impl Grantee {
    /// The field of the form that names it.
    pub fn field(&self) -> Field {
        match self {
            Self::User(_) => Field::AccessKeyId,
            Self::Role(_) => Field::RoleArn,
        }
    }

    /// That it is who it should be, before it is said what it may not do.
    pub fn in_order(&self) -> &'static str {
        match self {
            Self::User(_) => "The key is valid",
            Self::Role(_) => "The role can be assumed",
        }
    }

    /// Its name without its path, as AWS's calls take it.
    pub fn name(&self) -> &str {
        let (Self::User(named) | Self::Role(named)) = self;
        named.rsplit('/').next().unwrap_or(named)
    }

    fn resource(&self) -> String {
        match self {
            Self::User(name) => format!("user/{name}"),
            Self::Role(name) => format!("role/{name}"),
        }
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Role(name) => write!(f, "role {name}"),
        }
    }
}

/// Whose resources a policy names.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The profile the names come from.
    pub profile: &'static Profile,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The customer's AWS account; every account when `None`, as in a policy made before it is known.
    pub account: Option<AwsAccountId>,
    /// Who is granted the permissions.
    pub grantee: Grantee,
    /// The console role, when the customer has one.
    pub console_role: Option<String>,
}

impl Scope {
    /// The profile's own names.
    pub fn of_profile(profile: &'static Profile, account: Option<AwsAccountId>) -> Self {
        Self {
            profile,
            partition: "aws".into(),
            account,
            grantee: Grantee::User(profile.user.into()),
            console_role: Some(profile.console_role.into()),
        }
    }

    /// The profile's own names, for a customer whose role Berth assumes.
    pub fn of_role(profile: &'static Profile, account: Option<AwsAccountId>) -> Self {
        Self { grantee: Grantee::Role(profile.access_role.into()), ..Self::of_profile(profile, account) }
    }

    /// The names of a customer whose access is `principal`'s, a user's or a role's.
    pub fn of_principal(
        profile: &'static Profile,
        principal: &Arn,
        console_role: Option<&RoleName>,
    ) -> Self {
        let grantee = match principal.resource().split_once('/') {
            Some(("role", name)) => Grantee::Role(name.into()),
            Some((_, name)) => Grantee::User(name.into()),
            None => Grantee::User(principal.resource().into()),
        };
        Self {
            profile,
            partition: principal.partition().into(),
            account: Some(principal.account().clone()),
            grantee,
            console_role: console_role.map(ToString::to_string),
        }
    }

    fn iam(&self, resource: &str) -> String {
        let account = self.account.as_ref().map_or("*", AwsAccountId::as_str);
        format!("arn:{}:iam::{account}:{resource}", self.partition)
    }

    fn aws_policies(&self) -> String {
        format!("arn:{}:iam::aws:policy/*", self.partition)
    }

    fn ec2(&self, region: &str, kind: &str, id: &str) -> String {
        // AWS's own objects carry no account in their ARN.
        let account = match kind {
            "image" | "snapshot" => "",
            _ => self.account.as_ref().map_or("*", AwsAccountId::as_str),
        };
        format!("arn:{}:ec2:{region}:{account}:{kind}/{id}", self.partition)
    }

    /// The resource patterns a policy names a target with.
    pub fn patterns(&self, target: Target) -> Vec<String> {
        match target {
            Target::Everything => vec!["*".into()],
            Target::Itself | Target::OwnUser | Target::OwnRole => vec![self.iam(&self.grantee.resource())],
            Target::Users => vec![self.iam("user/*")],
            Target::Groups => vec![self.iam("group/*")],
            Target::Policies => vec![self.iam("policy/*"), self.aws_policies()],
            Target::Roles => self.roles(),
            Target::NodeRole => vec![self.iam(&format!("role/{}", self.profile.node_role))],
            Target::Ec2(kinds) => kinds.iter().map(|kind| self.ec2("*", kind, "*")).collect(),
            Target::OwnEc2(_) => vec![self.ec2("*", "*", "*")],
        }
    }

    /// Resources to simulate an action on: ARNs as the real objects will have them.
    fn samples(&self, target: Target, region: &str) -> Vec<String> {
        match target {
            Target::Everything => vec!["*".into()],
            Target::Itself | Target::OwnUser | Target::OwnRole => vec![self.iam(&self.grantee.resource())],
            // The name of one there is: where no user is Berth's, of one there could be.
            Target::Users => match &self.grantee {
                Grantee::User(_) => vec![self.iam(&self.grantee.resource())],
                Grantee::Role(_) => vec![self.iam(&format!("user/{}", self.profile.user))],
            },
            Target::Groups => vec![self.iam("group/berth")],
            Target::Policies => vec![self.iam(&format!("policy/{}", self.profile.policy))],
            Target::Roles | Target::NodeRole => self.patterns(target),
            Target::Ec2(kinds) | Target::OwnEc2(kinds) => kinds
                .iter()
                .map(|kind| self.ec2(region, kind, &format!("{kind}-0123456789abcdef0")))
                .collect(),
        }
    }

    fn roles(&self) -> Vec<String> {
        let mut roles: Vec<_> =
            self.console_role.iter().map(|role| self.iam(&format!("role/{role}"))).collect();
        roles.push(self.iam(&format!("role/{}", self.profile.node_role)));
        roles
    }

    fn conditions(&self, guard: Guard) -> Conditions {
        let (key, value) = self.profile.tag;
        let equals = |entries: Vec<(String, Vec<String>)>| {
            BTreeMap::from([("StringEquals".to_owned(), BTreeMap::from_iter(entries))])
        };
        match guard {
            Guard::Open => BTreeMap::new(),
            Guard::CreatedWithTag => equals(vec![(format!("aws:RequestTag/{key}"), vec![value.into()])]),
            Guard::CarriesTag => equals(vec![(format!("ec2:ResourceTag/{key}"), vec![value.into()])]),
            Guard::TaggedWhileCreating => equals(vec![
                (format!("aws:RequestTag/{key}"), vec![value.into()]),
                ("ec2:CreateAction".into(), table::CREATING.iter().map(|a| (*a).to_owned()).collect()),
            ]),
            Guard::PassedToEc2 => {
                equals(vec![("iam:PassedToService".into(), vec!["ec2.amazonaws.com".into()])])
            }
        }
    }

    /// The condition keys an action of Berth's carries, as the simulator is told them.
    fn context(&self, guard: Guard, region: &str) -> Vec<(String, String)> {
        let (key, value) = self.profile.tag;
        let mut context = vec![("aws:RequestedRegion".to_owned(), region.to_owned())];
        let mut add = |key: String, value: &str| context.push((key, value.to_owned()));
        match guard {
            Guard::Open => {}
            Guard::CreatedWithTag => add(format!("aws:RequestTag/{key}"), value),
            Guard::CarriesTag => {
                add(format!("ec2:ResourceTag/{key}"), value);
                add(format!("aws:ResourceTag/{key}"), value);
            }
            Guard::TaggedWhileCreating => {
                add(format!("aws:RequestTag/{key}"), value);
                add("ec2:CreateAction".into(), table::CREATING[0]);
            }
            Guard::PassedToEc2 => add("iam:PassedToService".into(), "ec2.amazonaws.com"),
        }
        context
    }

    /// The statement that grants one permission.
    pub fn statement(&self, permission: &Permission) -> Statement {
        let (service, name) = permission.action.split_once(':').unwrap_or(("", permission.action));
        // AWS refuses a policy in which two statements have one id, and an action may have two rows.
        let apart = if matches!(permission.target, Target::Ec2(_)) { "Using" } else { "" };
        Statement {
            sid: format!("Berth{}{name}{apart}", capitalised(service)),
            effect: "Allow".into(),
            action: vec![permission.action.into()],
            resource: self.patterns(permission.target),
            condition: self.conditions(permission.guard),
        }
    }

    /// The statement that grants an action of the table; the first of its rows.
    pub fn statement_for(&self, action: &str) -> Option<Statement> {
        TABLE.iter().find(|row| row.action == action).map(|row| self.statement(row))
    }

    /// The rows of the table that are granted and checked.
    fn rows(&self) -> impl Iterator<Item = &'static Permission> {
        TABLE.iter().filter(|row| row.need != Need::Free && row.target.concerns(&self.grantee))
    }

    /// The policy that grants the whole table: one statement for each set of resources and conditions.
    pub fn policy(&self) -> PolicyDocument {
        let mut groups: BTreeMap<(Vec<String>, Conditions), Vec<&'static str>> = BTreeMap::new();
        for permission in self.rows() {
            let group = (self.patterns(permission.target), self.conditions(permission.guard));
            let actions = groups.entry(group).or_default();
            if !actions.contains(&permission.action) {
                actions.push(permission.action);
            }
        }
        let statements =
            groups.into_iter().enumerate().map(|(at, ((resource, condition), mut actions))| {
                actions.sort_unstable();
                Statement {
                    sid: format!("Berth{}", at + 1),
                    effect: "Allow".into(),
                    action: actions.into_iter().map(str::to_owned).collect(),
                    resource,
                    condition,
                }
            });
        PolicyDocument::new(statements.collect())
    }

    /// What to ask AWS's policy simulator so that every row of the table is answered, in as few
    /// questions as possible: rows that share their context and kind of resource share a question.
    pub fn checklist(&self, region: &str) -> Vec<Question> {
        let mut questions: BTreeMap<(Guard, u8), Question> = BTreeMap::new();
        for permission in self.rows() {
            // `*` and ARNs cannot be mixed: AWS reads `*` as "every resource", which statements
            // scoped to ARNs do not grant.
            let family = match permission.target {
                Target::Everything => 0,
                Target::Itself
                | Target::OwnUser
                | Target::OwnRole
                | Target::Users
                | Target::Groups
                | Target::Policies
                | Target::Roles
                | Target::NodeRole => 1,
                Target::Ec2(_) | Target::OwnEc2(_) => 2,
            };
            let question = questions.entry((permission.guard, family)).or_insert_with(|| Question {
                context: self.context(permission.guard, region),
                resources: Vec::new(),
                rows: Vec::new(),
            });
            let samples = self.samples(permission.target, region);
            for sample in &samples {
                if !question.resources.contains(sample) {
                    question.resources.push(sample.clone());
                }
            }
            question.rows.push((permission, samples));
        }
        questions.into_values().collect()
    }
}

/// One question for the policy simulator, and the rows of the table that its answer settles.
#[derive(Clone, Debug)]
pub struct Question {
    /// Condition keys and values.
    pub context: Vec<(String, String)>,
    /// All resources of all rows.
    pub resources: Vec<String>,
    /// The rows, each with the resources it must be allowed on.
    pub rows: Vec<(&'static Permission, Vec<String>)>,
}

impl Question {
    /// The actions of all rows, each once.
    pub fn actions(&self) -> Vec<String> {
        let mut actions: Vec<String> = self.rows.iter().map(|(row, _)| row.action.to_owned()).collect();
        actions.sort_unstable();
        actions.dedup();
        actions
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
