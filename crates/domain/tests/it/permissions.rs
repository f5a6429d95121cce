//! The permission table keeps its promises: least privilege, completeness, a policy AWS accepts.

use std::collections::BTreeSet;

use berth_domain::{
    iam::{PolicyDocument, Statement},
    permissions::{Function, Guard, Need, Permission, Profile, Scope, TABLE, Target},
};
use rstest::rstest;

#[derive(Clone, Copy, Debug)]
enum Access {
    ByUser,
    ByRole,
}

impl Access {
    fn scope(self, profile: &str) -> Scope {
        let (profile, account) = (Profile::named(profile).unwrap(), "123456789012".parse().unwrap());
        match self {
            Self::ByUser => Scope::of_profile(profile, Some(account)),
            Self::ByRole => Scope::of_role(profile, Some(account)),
        }
    }

    /// What is granted: every row but those that cost nothing or are about the other way in.
    fn rows(self) -> impl Iterator<Item = &'static Permission> {
        let about_the_other = move |target| match self {
            Self::ByUser => target == Target::OwnRole,
            Self::ByRole => matches!(target, Target::OwnUser | Target::Groups),
        };
        TABLE.iter().filter(move |row| row.need != Need::Free && !about_the_other(row.target))
    }
}

fn policy(profile: &str) -> PolicyDocument {
    Access::ByUser.scope(profile).policy()
}

fn allowing<'p>(policy: &'p PolicyDocument, action: &'p str) -> impl Iterator<Item = &'p Statement> {
    policy.statement.iter().filter(move |statement| statement.action.iter().any(|a| a == action))
}

#[test]
fn every_row_names_one_action_and_says_why() {
    for row in TABLE {
        let (service, name) = row.action.split_once(':').unwrap();
        assert!(!service.is_empty() && !name.is_empty() && !row.action.contains('*'), "{}", row.action);
        assert!(row.why.ends_with('.') && row.why.len() > 20, "{}: {}", row.action, row.why);
    }
}

#[test]
fn no_row_stands_there_twice() {
    let rows: BTreeSet<_> = TABLE.iter().map(|row| (row.action, row.target)).collect();
    assert_eq!(rows.len(), TABLE.len());
}

#[test]
fn every_function_needs_something() {
    for function in Function::ALL {
        assert!(TABLE.iter().any(|row| row.function == function), "{}", function.as_str());
    }
}

#[test]
fn what_destroys_or_interrupts_is_limited_to_what_carries_the_tag() {
    let destructive =
        ["Delete", "Terminate", "Stop", "Reboot", "Detach", "Disassociate", "Revoke", "Modify"];
    for row in TABLE.iter().filter(|row| row.action.starts_with("ec2:")) {
        let name = row.action.trim_start_matches("ec2:");
        if destructive.iter().any(|verb| name.starts_with(verb)) {
            assert_eq!(row.guard, Guard::CarriesTag, "{}", row.action);
        }
    }
}

#[test]
fn statements_can_be_pasted_side_by_side() {
    let scope = Scope::of_profile(Profile::named("berth").unwrap(), None);
    let ids: BTreeSet<_> = TABLE.iter().map(|row| scope.statement(row).sid).collect();
    assert_eq!(ids.len(), TABLE.len(), "AWS refuses a policy in which two statements have one id");
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric())));
}

#[rstest]
fn a_policy_grants_exactly_the_table(
    #[values("berth", "redis-cloud")] profile: &str,
    #[values(Access::ByUser, Access::ByRole)] access: Access,
) {
    let statements = access.scope(profile).policy().statement;
    let granted: BTreeSet<_> = statements.into_iter().flat_map(|s| s.action).collect();
    let wanted: BTreeSet<_> = access.rows().map(|row| row.action.to_owned()).collect();
    assert_eq!(granted, wanted);
}

#[rstest]
fn a_policy_fits_into_one_managed_policy(
    #[values("berth", "redis-cloud")] profile: &str,
    #[values(Access::ByUser, Access::ByRole)] access: Access,
) {
    let text = serde_json::to_string(&access.scope(profile).policy()).unwrap();
    let length = text.chars().filter(|c| !c.is_whitespace()).count();
    assert!(length <= 6144, "{length} characters, AWS accepts 6144");
}

#[test]
fn nothing_untagged_is_created() {
    let policy = policy("berth");
    let created =
        allowing(&policy, "ec2:RunInstances").filter(|s| s.resource.iter().any(|r| r.contains(":*/*")));
    for statement in created.chain(allowing(&policy, "ec2:CreateVpc")) {
        assert_eq!(statement.condition["StringEquals"]["aws:RequestTag/berth:managed"], ["true"]);
    }
}

#[test]
fn tags_are_set_only_while_creating_so_that_nothing_foreign_can_be_made_berths() {
    for statement in allowing(&policy("berth"), "ec2:CreateTags") {
        assert!(!statement.condition["StringEquals"]["ec2:CreateAction"].is_empty());
    }
}

#[test]
fn roles_are_passed_to_ec2_only_and_only_the_node_role() {
    let policy = policy("berth");
    let statement = allowing(&policy, "iam:PassRole").next().unwrap();
    assert_eq!(statement.resource, ["arn:aws:iam::123456789012:role/berth-node"]);
    assert_eq!(statement.condition["StringEquals"]["iam:PassedToService"], ["ec2.amazonaws.com"]);
}

#[rstest]
fn the_checklist_asks_about_every_row_in_few_questions(
    #[values("berth", "redis-cloud")] profile: &str,
    #[values(Access::ByUser, Access::ByRole)] access: Access,
) {
    let questions = access.scope(profile).checklist("eu-west-1");
    let asked: usize = questions.iter().map(|question| question.rows.len()).sum();
    assert_eq!(asked, access.rows().count());
    assert!(questions.len() <= 7, "{} questions", questions.len());
    for question in &questions {
        assert!(question.context.contains(&("aws:RequestedRegion".into(), "eu-west-1".into())));
        // AWS answers 1000 at most on one page, and each page costs a round trip.
        assert!(question.actions().len() * question.resources.len() <= 1000);
        assert!(question.rows.iter().all(|(_, on)| on.iter().all(|r| question.resources.contains(r))));
    }
}
