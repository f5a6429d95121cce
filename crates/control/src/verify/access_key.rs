//! How old is the access key, has its user another, and does something other than Berth use it?

use berth_cloud::{Answer, Error, IssuedKey, KeyStatus, KeyUse};
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    permissions::Scope,
    values::{AccessKeyId, UserName},
};
use jiff::Timestamp;

use super::{Subject, cannot_tell, never, registered::Known};

/// From this age on, in days, a key should be replaced. The CIS AWS Foundations Benchmark asks for the same.
const OLD: i64 = 90;

/// What Berth itself calls. AWS writes down no rule by which IAM names services here, so each is known by its signing
/// name and by any other it goes by.
const BERTHS_SERVICES: &[&str] = &[
    "sts",
    "iam",
    "ec2",
    "monitoring",
    "cloudwatch",
    "cloudtrail",
    "servicequotas",
    "service-quotas",
    "ssm",
    "signin",
];

/// Where IAM itself is, whatever region is used.
const GLOBAL: &[&str] = &["us-east-1", "aws-global"];

impl Subject<'_> {
    /// Nothing where access is by a role.
    pub(super) async fn upkeep_of_key(
        &self,
        identity: &Identity,
        scope: &Scope,
        registered: &Known,
    ) -> Vec<Finding> {
        let Some(id) = self.candidate.access.key().map(|key| &key.id) else { return Vec::new() };
        // AWS names a user by its last part; the path is not part of the name.
        let Some(user) =
            identity.principal_arn.resource().rsplit('/').next().and_then(|name| name.parse().ok())
        else {
            return Vec::new();
        };
        let user: UserName = user;
        let (keys, last_use) = tokio::join!(
            self.ask("iam:ListAccessKeys", never, || self.session.access_keys(&user)),
            self.ask("iam:GetAccessKeyLastUsed", never, || self.session.access_key_last_used(id)),
        );
        let mut findings = match keys {
            Ok(keys) => vec![self.age(id, &keys), self.number(&user, &keys)],
            Err(error) => {
                vec![cannot_tell(Check::AccessKeyAge, "the age of the access key", &error, scope)]
            }
        };
        findings.push(self.sharing(id, last_use, scope, registered));
        findings.into_iter().map(|finding| finding.on(Field::AccessKeyId)).collect()
    }

    fn age(&self, id: &AccessKeyId, keys: &Answer<Vec<IssuedKey>>) -> Finding {
        let days = keys.value.iter().find(|key| key.id == *id).map(|key| days(self.now, key.created_at));
        let finding = match days {
            None => Finding::unknown_but_dispensable(
                Check::AccessKeyAge,
                format!("Could not check the age of the access key: AWS does not list {id} among its user's keys."),
            )
            .remedy("Nothing was changed. A key made in the last minute may not be listed everywhere yet."),
            Some(days) if days >= OLD => {
                Finding::warn(Check::AccessKeyAge, format!("The access key is {days} days old."))
                    .remedy(format!("Replace it by a new one: keys should not be older than {OLD} days."))
            }
            Some(days) => Finding::pass(Check::AccessKeyAge, format!("The access key is {days} days old.")),
        };
        finding.resource(id.as_str()).evidence(keys)
    }

    fn number(&self, user: &UserName, keys: &Answer<Vec<IssuedKey>>) -> Finding {
        let finding = match keys.value.len() {
            0 | 1 => Finding::pass(Check::AccessKeyCount, format!("User {user} has no other access key.")),
            count => {
                let listed: Vec<_> = keys.value.iter().map(|key| described(key, self.now)).collect();
                Finding::warn(
                    Check::AccessKeyCount,
                    format!("User {user} has {count} access keys: {}.", listed.join(", ")),
                )
                .remedy("Delete the one that nothing uses: AWS allows two, and replacing a key takes a free place.")
            }
        };
        finding.resource(user.as_str()).evidence(keys)
    }

    fn sharing(
        &self,
        id: &AccessKeyId,
        last_use: Result<Answer<Option<KeyUse>>, Error>,
        scope: &Scope,
        registered: &Known,
    ) -> Finding {
        let answer = match last_use {
            Ok(answer) => answer,
            Err(error) => {
                return cannot_tell(Check::AccessKeyUse, "what last used the access key", &error, scope);
            }
        };
        let finding = match &answer.value {
            None => Finding::pass(Check::AccessKeyUse, "AWS knows of no other use of the access key."),
            Some(last) if self.is_berths(last, registered) => Finding::pass(
                Check::AccessKeyUse,
                "The access key's last use is one that Berth makes.",
            ),
            Some(last) => Finding::warn(
                Check::AccessKeyUse,
                format!(
                    "The access key is shared: it was last used {} for {} in {}, where Berth does not use it.",
                    ago(self.now, last.at),
                    last.service,
                    last.region
                ),
            )
            .remedy("Give Berth an IAM user and an access key of its own: a shared key cannot be limited to what Berth needs, nor replaced without breaking something else."),
        };
        finding.resource(id.as_str()).evidence(&answer)
    }

    fn is_berths(&self, last: &KeyUse, registered: &Known) -> bool {
        let known = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        known(BERTHS_SERVICES, &last.service)
            && (known(GLOBAL, &last.region)
                || last.region == self.settings.region
                || registered.in_use(&last.region))
    }
}

fn described(key: &IssuedKey, now: Timestamp) -> String {
    let status = match key.status {
        KeyStatus::Active => "active",
        KeyStatus::Inactive => "inactive",
    };
    format!("{} ({status}, {} days old)", key.id, days(now, key.created_at))
}

/// Whole days between two times; none where the machines' clocks disagree.
fn days(now: Timestamp, then: Timestamp) -> i64 {
    (now.as_second() - then.as_second()).max(0) / 86_400
}

fn ago(now: Timestamp, then: Timestamp) -> String {
    match days(now, then) {
        0 => "within the last day".into(),
        1 => "a day ago".into(),
        days => format!("{days} days ago"),
    }
}
