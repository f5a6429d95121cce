//! The one table of settings: the struct, the defaults, the default file and the reference page come from it.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use berth_domain::values::AwsAccountId;
use secrecy::SecretString;
use serde::Deserialize;

use super::values::{
    FederationUrl, LogFilter, LogFormat, Networks, PermissionProfile, PublicUrl, ReadingSeconds,
    RotationDays,
};

/// One setting, as told in the reference.
pub(crate) struct Setting {
    /// The name in the file.
    pub(crate) name: &'static str,
    /// What it decides: the field's documentation, one line each.
    pub(crate) doc: &'static [&'static str],
    /// The default as TOML, or an example where there is no default.
    pub(crate) example: &'static str,
    /// Whether the example is the default.
    pub(crate) has_default: bool,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty, $how:ident $example:literal;)+) => {
        /// What an operator can set.
        #[derive(Clone, Debug, Deserialize)]
        pub(crate) struct Config {
            $($(#[doc = $doc])+ pub(crate) $name: $type,)+
        }

        /// Every setting, in the order of the default file.
        pub(crate) const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            doc: &[$($doc),+],
            example: $example,
            has_default: settings!(@ $how),
        }),+];
    };
    (@ default) => { true };
    (@ unset) => { false };
}

settings! {
    /// The address and port the API is served on, without TLS: put a reverse proxy in front of anything but
    /// the loopback address.
    listen: SocketAddr, default "\"127.0.0.1:8080\"";

    /// The address clients reach Berth at, the base of the links in its answers. Not set: each answer uses the
    /// address its request was sent to.
    public_url: Option<PublicUrl>, unset "\"https://berth.example.com\"";

    /// The reverse proxies whose `X-Forwarded-For` header is believed: addresses or networks, separated by commas
    /// (`10.0.0.0/8, 192.0.2.7`). Without this, all that comes through a proxy comes from the proxy's address,
    /// and API keys that are limited to certain sources cannot be used through it.
    trusted_proxies: Networks, default "\"\"";

    /// The database: `sqlite://PATH` for one server, `postgres://USER:PASSWORD@HOST:PORT/NAME` (PostgreSQL 15 or
    /// newer) for one or several. A relative path starts at the working directory.
    database_url: SecretString, default "\"sqlite://berth.db\"";

    /// The master keys that open the secrets in the database. `berth init` creates the file; its mode must be
    /// 0600. Keep a copy apart from the database's: without it, no stored secret can be read again.
    master_key_file: PathBuf, default "\"berth-master.key\"";

    /// The operator's own AWS account, 12 digits: the one that customers' console roles must trust. `berth serve`
    /// and `berth verify` cannot do without.
    operator_aws_account_id: Option<AwsAccountId>, unset "\"123456789012\"";

    /// The names that the IAM user, the roles and the tag have in customers' AWS accounts: `berth` for Berth's
    /// own, `redis-cloud` for accounts that were prepared for Redis Cloud. `berth iam policy` prints the policy.
    permission_profile: PermissionProfile, default "\"berth\"";

    /// How often each registered cloud account is verified again, in seconds. Accounts are spread over this time,
    /// with a jitter of up to a twentieth of it; one that does not work is verified every 5 minutes. One server
    /// begins at most 5 verifications a second.
    health_interval_seconds: NonZeroU32, default "3600";

    /// How often what was built for a subscription is compared with what is in AWS, in seconds, a tenth more or less.
    drift_interval_seconds: NonZeroU32, default "300";

    /// How often AWS's checks of nodes and CloudWatch's figures of them are read, in seconds: 60 to 3600, or 0 for
    /// never. AWS charges the AWS account for every figure that is read: seven for each node each time.
    monitoring_interval_seconds: ReadingSeconds, default "300";

    /// How long AWS may not show what it was asked to create, in seconds. Only after this time Berth asks again when
    /// an answer was lost. Never less than a call may take (a minute), except against simulators.
    aws_settling_seconds: NonZeroU32, default "120";

    /// The machine image of nodes: the name of a public SSM parameter of AWS, or an image's id (`ami-…`), which then
    /// must be there in every region that is used.
    node_image: String, default "\"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64\"";

    /// How many requests one account key may make in a minute. What is above is answered 429.
    rate_limit_per_minute: NonZeroU32, default "400";

    /// After how many seconds without a request a session of the console ends.
    session_idle_seconds: NonZeroU32, default "1800";

    /// After how many seconds a session of the console ends, however much it is used.
    session_lifetime_seconds: NonZeroU32, default "43200";

    /// The MFA device of the operator's IAM user, by its ARN or serial number, whose codes are passed on where a
    /// console role asks for a second factor.
    operator_mfa_serial: Option<String>, unset "\"arn:aws:iam::123456789012:mfa/berth\"";

    /// AWS's sign-in page for those who come with credentials. Only simulators have another one.
    console_federation_url: FederationUrl, default "\"https://signin.aws.amazon.com/federation\"";

    /// Networks that webhooks may be sent to besides the internet, also without TLS: addresses or networks, separated
    /// by commas (`10.20.0.0/16`). Without this, no webhook reaches a loopback, private or link-local address, and
    /// every one is sent by https. Customers choose their webhooks: allow what all of them may reach.
    webhook_allowed_networks: Networks, default "\"\"";

    /// When the access key of a cloud account was rotated: for how many seconds the old key must not have been used
    /// before it is switched off. AWS tells of a use some hours late, so keep it well above that.
    rotation_grace_seconds: u32, default "86400";

    /// After how many seconds an old access key that was switched off is deleted. Until then it can be had back.
    rotation_observe_seconds: u32, default "3600";

    /// Every how many days access keys are rotated by themselves, where a cloud account has no schedule of its own;
    /// `0` for never.
    rotation_every_days: RotationDays, default "0";

    /// How log lines look, on stderr: `text` for people, `json` for machines.
    log: LogFormat, default "\"text\"";

    /// How much is logged: `error`, `warn`, `info`, `debug` or `trace`, and after commas other levels for single
    /// crates of Berth's (`info,berth_control=debug`). Libraries never log below `warn`, and the AWS SDK not at
    /// all: what they say at lower levels can hold secrets.
    log_filter: LogFilter, default "\"info\"";
}
