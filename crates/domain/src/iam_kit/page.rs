//! The page that says what Berth may do in a customer's AWS account, and why.

use std::fmt::Write;

use super::scope;
use crate::{
    access::AccessMode,
    permissions::{Function, Guard, Need, Permission, Profile, Scope, TABLE, Target},
};

pub(super) fn page(mode: AccessMode) -> String {
    let (option, who) = match mode {
        AccessMode::Keys => ("", "IAM user"),
        AccessMode::Role => (" --mode role", "role for Berth"),
    };
    let mut page = format!(
        "# Permissions\n\n\
         <!-- Made by `berth iam doc{option}` from crates/domain/src/permissions/table.rs; `make regen` renews it. -->\n\n\
         What Berth may do in a customer's AWS account, and why. `berth iam policy{option}` prints the policy that grants \
         it, `berth verify` checks every line of it. EC2 objects are created with Berth's tag, and only objects \
         that carry it are changed or removed.\n\n\
         | profile | {who} | console role | node role and instance profile | policy | tag |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut line = |text: String| writeln!(page, "{text}").expect("writing to a string");
    for profile in Profile::ALL {
        let Profile { name, console_role, node_role, tag: (key, value), .. } = profile;
        let (who, policy) = match mode {
            AccessMode::Keys => (profile.user, profile.policy),
            AccessMode::Role => (profile.access_role, profile.access_policy),
        };
        line(format!(
            "| `{name}` | `{who}` | `{console_role}` | `{node_role}` | `{policy}` | `{key}={value}` |"
        ));
    }
    let scope = scope(Profile::ALL[0], mode);
    let needed = |row: &&Permission| mode == AccessMode::Keys || row.target != Target::OwnUser;
    for function in Function::ALL {
        let mut rows = TABLE.iter().filter(|row| row.function == function).filter(needed).peekable();
        if rows.peek().is_none() {
            continue;
        }
        line(format!("\n## To {}\n", function.as_str()));
        line("| action | on | on condition | needed | why |\n|---|---|---|---|---|".into());
        rows.for_each(|row| line(table_row(&scope, row)));
    }
    page
}

fn table_row(scope: &Scope, row: &Permission) -> String {
    let on: Vec<_> = scope.patterns(row.target).iter().map(|pattern| format!("`{pattern}`")).collect();
    let guard = match row.guard {
        Guard::Open => "",
        Guard::CreatedWithTag => "created with Berth's tag",
        Guard::CarriesTag => "carries Berth's tag",
        Guard::TaggedWhileCreating => "Berth's tag, set while creating",
        Guard::PassedToEc2 => "handed to EC2",
    };
    let need = match row.need {
        Need::Required => "yes",
        Need::Optional => "no: Berth does less and warns",
        Need::Free => "AWS allows it to every valid key",
    };
    format!("| `{}` | {} | {guard} | {need} | {} |", row.action, on.join("<br>"), row.why)
}
