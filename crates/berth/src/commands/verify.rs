//! `berth verify`: the whole verification, without a server or a database.

use std::{env, fmt::Write, process::ExitCode};

use anyhow::{Context as _, anyhow, bail};
use berth_control::verify::Patience;
use berth_domain::{
    access::{Access, AccessKey, Purpose, TrustingRole},
    cloud_account::{Candidate, ConsoleAccess, Field},
    findings::{Conclusion, Finding, Report, Told, Verdict},
    secret::Secret,
    values::{AccessKeyId, ExternalId, RoleArn, RoleName, SecretAccessKey},
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// The exit code when the account was checked and is not as it must be.
const REFUSED: u8 = 1;
/// The exit code when it could not be checked, for whatever reason.
pub(crate) const COULD_NOT_CHECK: u8 = 2;

/// Verify access to an AWS account as registering it would, without a server or a database.
///
/// The secret is read from AWS_SECRET_ACCESS_KEY or asked for, never taken from the command line, where other
/// users of the machine could read it. Nothing is stored. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID.
///
/// Exits with 0 when the account is verified, 1 when it is refused, 2 when it could not be checked.
#[derive(Args)]
#[command(after_help = "\
Examples:
  berth verify --role-name berth-console --access-key-id AKIAIOSFODNN7EXAMPLE
  berth verify --role-name berth-console --role-arn arn:aws:iam::123456789012:role/berth-access --external-id ID
  berth verify --role-name berth-console --access-key-id AKIAIOSFODNN7EXAMPLE --explain
  berth verify --role-name berth-console --access-key-id AKIAIOSFODNN7EXAMPLE --format json | jq .findings")]
pub(crate) struct Verify {
    /// The console role.
    #[arg(long, value_name = "NAME")]
    role_name: RoleName,
    /// The id of the IAM user's access key.
    #[arg(
        long,
        value_name = "ID",
        env = "AWS_ACCESS_KEY_ID",
        hide_env_values = true,
        required_unless_present = "role_arn"
    )]
    access_key_id: Option<AccessKeyId>,
    /// The role to assume, instead of a key. AWS credentials in the environment are then the operator's.
    #[arg(long, value_name = "ARN", requires = "external_id")]
    role_arn: Option<RoleArn>,
    /// What the role's trust policy asks for.
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<ExternalId>,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Tell of each finding which call to AWS says so, and AWS's own id of the request. JSON always does.
    #[arg(long)]
    explain: bool,
}

/// How to print the findings.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For machines.
    Json,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    conclusion: &'static str,
    aws_account_id: Option<&'a str>,
    aws_user_arn: Option<&'a str>,
    aws_console_role_arn: Option<&'a str>,
    findings: Vec<Told>,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            let verifier = wiring::verifier(&config).await?;
            let access = match (self.role_arn.zip(self.external_id), self.access_key_id) {
                (Some((arn, external_id)), _) => Access::Role(TrustingRole { arn, external_id }),
                (None, Some(id)) => {
                    let secret = SecretAccessKey::parse(secret()?)
                        .map_err(|invalid| anyhow!("{SECRET} {invalid}"))?;
                    Access::Key(AccessKey { id, secret })
                }
                (None, None) => bail!("give --access-key-id, or --role-arn and --external-id"),
            };
            let candidate = Candidate {
                name: "berth-verify".parse().expect("it is a short word"),
                access,
                console: ConsoleAccess::new(Some(self.role_name), None).expect("there is a role"),
                sign_in_url: None,
            };
            let detail = if self.explain { Detail::WithCalls } else { Detail::Findings };
            let purpose = Purpose::named("verification");
            let report = verifier.verify(&candidate, &purpose, Patience::ForEveryCheck).await;
            show(&report, self.format, detail)
        })
    }
}

/// Prints a report; gives the exit code that tells what it comes to.
pub(super) fn show(report: &Report, format: Format, detail: Detail) -> anyhow::Result<ExitCode> {
    match format {
        Format::Table => output::text(&to_text(report, detail))?,
        Format::Json => output::pretty_json(&Shown::new(report))?,
    }
    Ok(match report.conclusion() {
        Conclusion::Verified => ExitCode::SUCCESS,
        Conclusion::Refused => ExitCode::from(REFUSED),
        Conclusion::Unconfirmed => ExitCode::from(COULD_NOT_CHECK),
    })
}

/// How much to print of a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What was found, and what to do.
    Findings,
    /// And which call says so.
    WithCalls,
}

fn secret() -> anyhow::Result<Secret> {
    if let Ok(secret) = env::var(SECRET) {
        return Ok(Secret::new(secret));
    }
    rpassword::prompt_password("Secret access key: ")
        .map(Secret::new)
        .with_context(|| format!("{SECRET} is not set, and there is no terminal to ask for it on"))
}

impl<'a> Shown<'a> {
    fn new(report: &'a Report) -> Self {
        let identity = report.identity.as_ref();
        Self {
            conclusion: report.conclusion().as_str(),
            aws_account_id: identity.map(|identity| identity.aws_account_id.as_str()),
            aws_user_arn: identity.map(|identity| identity.principal_arn.as_str()),
            aws_console_role_arn: report.console_role_arn.as_ref().map(|arn| arn.as_str()),
            findings: report.findings.iter().map(Finding::told).collect(),
        }
    }
}

/// A line for each finding; under it what to do; at the end what it all comes to.
fn to_text(report: &Report, detail: Detail) -> String {
    let rows: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            [
                finding.verdict.as_str().to_uppercase(),
                finding.check.as_str().to_owned(),
                finding.field.map_or("-", Field::as_str).to_owned(),
                finding.message.clone(),
            ]
        })
        .collect();
    let table = output::table(["VERDICT", "CHECK", "FIELD", "MESSAGE"], &rows);
    let mut lines = table.lines();
    let mut text = String::new();
    let mut line = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    line(lines.next().unwrap_or_default());
    for (row, finding) in lines.zip(&report.findings) {
        line(row);
        if let Some(remedy) = &finding.remedy {
            // The statement that belongs to it is printed below, ready to paste.
            let and = if finding.statement.is_some() { ":" } else { "" };
            line(&format!("         to do: {remedy}{and}"));
        }
        if let Some(statement) = &finding.statement {
            let json = serde_json::to_string_pretty(statement).expect("strings and maps always serialise");
            json.lines().for_each(|json| line(&format!("           {json}")));
        }
        if detail == Detail::WithCalls {
            line(&format!("         says: {}", called(finding)));
        }
    }
    line("");
    line(&summary(report));
    text
}

/// The call that a finding rests on.
fn called(finding: &Finding) -> String {
    match &finding.evidence {
        None => "no call to AWS".into(),
        Some(evidence) => match &evidence.request_id {
            Some(id) => format!("{}, AWS request {id}", evidence.operation),
            None => format!("{}, which AWS did not answer", evidence.operation),
        },
    }
}

fn summary(report: &Report) -> String {
    let count = |verdict| report.findings.iter().filter(|finding| finding.verdict == verdict).count();
    let whose = report.identity.as_ref().map_or_else(String::new, |identity| {
        format!(" ({} in AWS account {})", identity.principal_arn.resource(), identity.aws_account_id)
    });
    let conclusion = match report.conclusion() {
        Conclusion::Verified => "Verified",
        Conclusion::Refused => "Refused",
        Conclusion::Unconfirmed => "Could not be checked",
    };
    format!(
        "{conclusion}{whose}: {} pass, {} warn, {} fail, {} unknown.",
        count(Verdict::Pass),
        count(Verdict::Warn),
        count(Verdict::Fail),
        count(Verdict::Unknown),
    )
}
