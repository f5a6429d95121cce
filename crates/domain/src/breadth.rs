//! Whether a user's policies allow far more than the permission table, and which statement is the widest.
//!
//! Judged by statement, as a reader would: what a policy allows in sum, what other policies deny of it and what
//! its conditions come to is AWS's to evaluate. A policy that grants exactly what Berth asks for is never wide.

use serde_json::Value;

use crate::{permissions::Profile, trust::matches_pattern};

/// A policy of the user, or of a group the user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// Its name or ARN.
    pub name: String,
    /// The JSON text of its document, decoded.
    pub document: String,
}

/// What the policies come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Nothing is far wider than what Berth asks for.
    Fitting,
    /// At least one statement is; this is the widest.
    Wide(WideStatement),
    /// These policies cannot be read, and the others fit.
    Unreadable(Vec<String>),
}

/// A statement that allows far more than Berth asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WideStatement {
    /// The policy's name or ARN.
    pub policy: String,
    /// The statement's id, or its number where it has none.
    pub statement: String,
    /// What it allows.
    pub width: Width,
}

/// How far a statement goes; a later one goes further.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// Every action of a service, on everything.
    WholeService(String),
    /// An action that gives out rights, on everything.
    GivesRights(String),
    /// Everything but what is listed.
    AllBut,
    /// Everything.
    All,
}

impl std::fmt::Display for Width {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WholeService(pattern) => write!(f, "{pattern} on everything"),
            Self::GivesRights(pattern) => write!(f, "{pattern} on everything, and so to give out rights"),
            Self::AllBut => f.write_str("everything but what it lists (NotAction, NotResource)"),
            Self::All => f.write_str("everything (*)"),
        }
    }
}

/// Actions with which a user can get itself, or others, any right there is.
const GIVING_RIGHTS: &[&str] = &[
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "sts:AssumeRole",
];

/// Judges all policies of a user that was prepared for `profile`.
pub fn judge(policies: &[PolicyText], profile: &Profile) -> Breadth {
    let mut unreadable = Vec::new();
    let mut widest: Option<WideStatement> = None;
    for policy in policies {
        let Some(statements) = statements(&policy.document) else {
            unreadable.push(policy.name.clone());
            continue;
        };
        for (at, statement) in statements.iter().enumerate() {
            let Some(width) = width(statement, profile) else { continue };
            if widest.as_ref().is_none_or(|widest| widest.width < width) {
                let name = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
                let statement = name.map_or_else(|| format!("number {}", at + 1), str::to_owned);
                widest = Some(WideStatement { policy: policy.name.clone(), statement, width });
            }
        }
    }
    match widest {
        Some(widest) => Breadth::Wide(widest),
        None if unreadable.is_empty() => Breadth::Fitting,
        None => Breadth::Unreadable(unreadable),
    }
}

fn statements(document: &str) -> Option<Vec<Value>> {
    let mut document: Value = serde_json::from_str(document).ok()?;
    match document.get_mut("Statement")?.take() {
        Value::Array(statements) => Some(statements),
        statement @ Value::Object(_) => Some(vec![statement]),
        _ => None,
    }
}

/// How wide a statement is; `None` where it is not far wider than what Berth asks for.
fn width(statement: &Value, profile: &Profile) -> Option<Width> {
    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") || limited_by_tag(statement) {
        return None;
    }
    if statement.get("NotAction").is_some() {
        return Some(Width::AllBut);
    }
    let on_all_but = statement.get("NotResource").is_some();
    if !on_all_but && !texts(statement.get("Resource")).any(is_everything) {
        return None;
    }
    let widest =
        texts(statement.get("Action")).filter_map(|pattern| action_width(pattern, profile)).max()?;
    // On everything but little, anything wide is all but that little.
    Some(if on_all_but { widest.max(Width::AllBut) } else { widest })
}

fn action_width(pattern: &str, profile: &Profile) -> Option<Width> {
    let any =
        |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, '*' | '?')) && text.contains('*');
    let (service, name) = pattern.split_once(':').unwrap_or((pattern, "*"));
    if any(service) && any(name) {
        return Some(Width::All);
    }
    let lower = pattern.to_ascii_lowercase();
    let gives_rights =
        |action: &&str| matches_pattern(lower.as_bytes(), action.to_ascii_lowercase().as_bytes());
    if GIVING_RIGHTS.iter().any(gives_rights) {
        return Some(Width::GivesRights(pattern.to_owned()));
    }
    let expected = profile.whole_services.iter().any(|known| known.eq_ignore_ascii_case(service));
    (any(name) && !expected).then(|| Width::WholeService(pattern.to_owned()))
}

/// Whether a resource pattern takes in everything, or everything of a kind in IAM.
fn is_everything(pattern: &str) -> bool {
    let open = |text: &str| !text.is_empty() && text.chars().all(|c| c == '*');
    let mut parts = pattern.splitn(6, ':');
    if open(pattern) {
        return true;
    }
    let (Some("arn"), Some(_), Some(service), Some(_), Some(_), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    open(resource) || (service == "iam" && resource.split_once('/').is_some_and(|(_, name)| open(name)))
}

/// Whether it holds only for objects that carry a tag, or are made with one.
fn limited_by_tag(statement: &Value) -> bool {
    let tests = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let mut keys = tests.flat_map(|(_, tests)| tests.as_object().into_iter().flatten()).map(|(key, _)| key);
    keys.any(|key| {
        let key = key.to_ascii_lowercase();
        key.contains(":resourcetag/") || key.contains(":requesttag/")
    })
}

/// A text or a list of them.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, many) = match value {
        Some(Value::String(one)) => (Some(one.as_str()), None),
        Some(Value::Array(many)) => (None, Some(many.iter().filter_map(Value::as_str))),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::permissions::{BERTH, REDIS_CLOUD, Scope};

    fn policy(name: &str, document: &Value) -> PolicyText {
        PolicyText { name: name.into(), document: document.to_string() }
    }

    fn judge_one(statement: Value) -> Breadth {
        judge(&[policy("P", &json!({ "Statement": statement }))], &BERTH)
    }

    fn wide(width: Width) -> Breadth {
        Breadth::Wide(WideStatement { policy: "P".into(), statement: "number 1".into(), width })
    }

    #[rstest]
    #[case::all(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }), Width::All)]
    #[case::all_in_two_parts(json!({ "Effect": "Allow", "Action": ["*:*"], "Resource": ["*"] }), Width::All)]
    #[case::all_but(json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }), Width::AllBut)]
    #[case::all_elsewhere(
        json!({ "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::x" }), Width::AllBut)]
    #[case::service(
        json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }), Width::WholeService("ec2:*".into()))]
    #[case::iam(
        json!({ "Effect": "Allow", "Action": "iam:*", "Resource": "*" }), Width::GivesRights("iam:*".into()))]
    #[case::iam_writes(json!({ "Effect": "Allow", "Action": ["iam:Get*", "iam:Put*"], "Resource": "*" }),
        Width::GivesRights("iam:Put*".into()))]
    #[case::any_role(json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*" }),
        Width::GivesRights("iam:PassRole".into()))]
    #[case::any_region(json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*",
        "Condition": { "StringEquals": { "aws:RequestedRegion": "eu-west-1" } } }),
        Width::WholeService("ec2:*".into()))]
    fn what_is_far_wider_is_said_to_be(#[case] statement: Value, #[case] width: Width) {
        assert_eq!(judge_one(statement), wide(width));
    }

    #[rstest]
    #[case::denied(json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }))]
    #[case::reading(json!({ "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*" }))]
    #[case::one_object(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*" }))]
    #[case::own_role(
        json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/berth-node" }))]
    #[case::tagged(json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*",
        "Condition": { "StringEquals": { "ec2:ResourceTag/berth:managed": "true" } } }))]
    fn what_is_limited_fits(#[case] statement: Value) {
        assert_eq!(judge_one(statement), Breadth::Fitting);
    }

    #[rstest]
    #[case(&BERTH)]
    #[case(&REDIS_CLOUD)]
    fn the_policy_berth_asks_for_fits(#[case] profile: &'static Profile) {
        let document = serde_json::to_value(Scope::of_profile(profile, None).policy()).unwrap();
        assert_eq!(judge(&[policy("P", &document)], profile), Breadth::Fitting);
    }

    #[test]
    fn the_vendors_published_policy_fits_under_its_profile() {
        let statements = json!([
            { "Effect": "Allow", "Resource": "*", "Action": ["ec2:Describe*", "cloudwatch:Get*"] },
            { "Effect": "Allow", "Resource": "*", "Action": ["iam:GetRole", "iam:ListUsers", "iam:SimulatePrincipalPolicy"] },
            { "Effect": "Allow", "Resource": "*", "Action": ["ec2:RunInstances", "ec2:CreateTags"] },
            { "Effect": "Allow", "Resource": "arn:aws:iam::*:role/redislabs-cluster-node-role", "Action": "iam:PassRole" },
            { "Effect": "Allow", "Resource": "*", "Action": ["ec2:*Vpc*", "ec2:*Gateway*", "ec2:*Address*", "ec2:*SecurityGroup*"] },
            { "Effect": "Allow", "Resource": "*", "Action": "support:*" },
        ]);
        let published = policy("P", &json!({ "Statement": statements }));
        assert_eq!(judge(std::slice::from_ref(&published), &REDIS_CLOUD), Breadth::Fitting);
        let Breadth::Wide(found) = judge(&[published], &BERTH) else { panic!("support:* is not Berth's") };
        assert_eq!(found.statement, "number 6");
    }

    #[test]
    fn the_widest_of_all_is_named() {
        let service = json!({ "Statement": { "Effect": "Allow", "Action": "ec2:*", "Resource": "*" } });
        let all = json!({ "Statement": [
            { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" },
            { "Sid": "Admin", "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        let found = judge(&[policy("A", &service), policy("B", &all), policy("C", &service)], &BERTH);
        let expected = WideStatement { policy: "B".into(), statement: "Admin".into(), width: Width::All };
        assert_eq!(found, Breadth::Wide(expected));
    }

    #[test]
    fn what_cannot_be_read_is_said_unless_something_is_wide() {
        let odd = PolicyText { name: "odd".into(), document: "[".repeat(2048) };
        assert_eq!(judge(std::slice::from_ref(&odd), &BERTH), Breadth::Unreadable(vec!["odd".into()]));
        let all = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
        assert!(matches!(judge(&[odd, policy("P", &all)], &BERTH), Breadth::Wide(_)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(document in ".{0,400}") {
            let _ = judge(&[PolicyText { name: "P".into(), document }], &BERTH);
        }

        #[test]
        fn no_statement_makes_it_panic(
            effect in "Allow|Deny|x", action in "[a-zA-Z:*?]{0,30}", resource in "[a-z:*0-9/]{0,40}", key in ".{0,20}"
        ) {
            let _ = judge_one(json!([{ "Sid": 7, "Effect": effect, "Action": [action, 7, null], "Resource": resource,
                "Condition": { "StringLike": { key: [[1]] } } }, resource, null]));
        }
    }
}
