//! Are the access key and its secret valid, and whose are they?

use berth_cloud::ErrorKind;
use berth_domain::{
    access::Access,
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    values::{AccessKeyId, Arn},
};

use super::{Subject, could_not_check};

impl Subject<'_> {
    pub(super) async fn credentials(&self) -> (Option<Identity>, Vec<Finding>) {
        match &self.candidate.access {
            Access::Key(key) => self.access_key(&key.id).await,
            Access::Role(role) => self.assumed_role(role).await,
        }
    }

    async fn access_key(&self, key: &AccessKeyId) -> (Option<Identity>, Vec<Finding>) {
        // AWS takes such a key only together with a session token, and would call it unknown without.
        if key.is_temporary() {
            return (None, vec![temporary(key)]);
        }
        let too_new = |kind: &ErrorKind| *kind == ErrorKind::InvalidKey;
        match self.ask("sts:GetCallerIdentity", too_new, || self.session.caller_arn()).await {
            Ok(answer) => match judge(answer.value.clone()) {
                Ok((identity, finding)) => (Some(identity), vec![finding.evidence(&answer)]),
                Err(finding) => (None, vec![finding.evidence(&answer)]),
            },
            Err(error) => (None, vec![refused(key, &error)]),
        }
    }
}

fn refused(key: &AccessKeyId, error: &berth_cloud::Error) -> Finding {
    match error.kind {
            ErrorKind::InvalidKey => Finding::fail(
                Check::Credentials,
                format!("AWS does not accept the access key {key}: it does not exist, was deleted, or is switched off (inactive)."),
            )
            .on(Field::AccessKeyId)
            .remedy("Compare it with the key shown under IAM > Users > Security credentials, and see that its status is Active. A key made in the last minute may not be known everywhere yet."),
            ErrorKind::WrongSecret => Finding::fail(
                Check::Credentials,
                format!("The secret key is not the secret of the access key {key}."),
            )
            .on(Field::AccessSecretKey)
            .remedy("Enter the secret that AWS showed when this access key was created. AWS shows it only once: if it is lost, create a new access key and enter both."),
            ErrorKind::Expired => Finding::fail(
                Check::Credentials,
                format!("The access key {key} was temporary and has expired."),
            )
            .on(Field::AccessKeyId)
            .remedy("Create a long-lived access key for the IAM user and enter that one."),
            _ => could_not_check(Check::Credentials, "the access key", error),
        }
        .action(error.operation)
        .evidence(error)
}

fn temporary(key: &AccessKeyId) -> Finding {
    Finding::fail(
        Check::Credentials,
        format!(
            "The access key {key} is temporary (it starts with ASIA) and would stop working within hours."
        ),
    )
    .on(Field::AccessKeyId)
    .remedy("Create a long-lived access key for the IAM user and enter that one.")
}

fn judge(arn: Arn) -> Result<(Identity, Finding), Box<Finding>> {
    let refuse = |message: String, remedy: &str| {
        Err(Box::new(
            Finding::fail(Check::Credentials, message)
                .on(Field::AccessKeyId)
                .resource(arn.as_str())
                .remedy(remedy),
        ))
    };
    if arn.resource() == "root" {
        return refuse(
            format!("The access key belongs to the root user of AWS account {}.", arn.account()),
            "A root key can do everything and cannot be limited. Delete it, create an IAM user for Berth, and enter that user's access key.",
        );
    }
    let Some(user) = arn.resource().strip_prefix("user/") else {
        return refuse(
            format!(
                "The access key belongs to {}, which is not an IAM user; such keys are temporary.",
                arn.as_str()
            ),
            "Create a long-lived access key for an IAM user and enter that one.",
        );
    };
    let message = format!("The access key is valid: user {user} of AWS account {}.", arn.account());
    let finding = Finding::pass(Check::Credentials, message)
        .on(Field::AccessKeyId)
        .action("sts:GetCallerIdentity")
        .resource(arn.as_str());
    Ok((Identity { aws_account_id: arn.account().clone(), principal_arn: arn }, finding))
}
