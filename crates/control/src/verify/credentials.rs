//! Are the access key and its secret valid, and whose are they?

use berth_cloud::ErrorKind;
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    values::Arn,
};

use super::{Subject, could_not_check};

impl Subject<'_> {
    pub(super) async fn credentials(&self) -> (Option<Identity>, Vec<Finding>) {
        let too_new = |kind: &ErrorKind| *kind == ErrorKind::InvalidKey;
        match self.ask("sts:GetCallerIdentity", too_new, || self.session.caller_arn()).await {
            Ok(arn) => match judge(arn) {
                Ok((identity, finding)) => (Some(identity), vec![finding]),
                Err(finding) => (None, vec![*finding]),
            },
            Err(error) => (None, vec![self.refused(&error)]),
        }
    }

    fn refused(&self, error: &berth_cloud::Error) -> Finding {
        let key = &self.candidate.access_key.id;
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
    }
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
    Ok((Identity { aws_account_id: arn.account().clone(), user_arn: arn }, finding))
}
