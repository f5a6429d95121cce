//! Whether AWS can be reached at all, and what time it is there. Needs nobody's credentials.

use aws_sdk_sts::{
    Client,
    config::{Builder, Credentials},
    error::SdkError,
    primitives::{DateTime, DateTimeFormat},
};
use berth_cloud::{Error, ErrorKind};

use crate::{AwsCloud, errors};

/// AWS answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// AWS's time in seconds since 1970, when the answer bore one.
    pub unix_time: Option<i64>,
}

impl AwsCloud {
    /// Asks STS whose a key is that nobody has. Any answer but a failure of AWS's own will do.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let nobody = Credentials::new("AKIABERTHPROBENOBODY", "nobody", None, None, "berth probe");
        let config = Builder::from(&self.config).credentials_provider(nobody).build();
        match Client::from_conf(config).get_caller_identity().send().await {
            // A simulator that lets everybody in.
            Ok(_) => Ok(Probe { unix_time: None }),
            Err(error) => {
                let translated = errors::translate("sts:GetCallerIdentity", &error);
                let (ErrorKind::InvalidKey | ErrorKind::WrongSecret | ErrorKind::SkewedClock) =
                    translated.kind
                else {
                    return Err(Error { detail: causes(&error), ..translated });
                };
                Ok(Probe { unix_time: time_of(&error) })
            }
        }
    }
}

fn time_of<E>(error: &SdkError<E, aws_sdk_sts::config::http::HttpResponse>) -> Option<i64> {
    let date = error.raw_response()?.headers().get("date")?;
    DateTime::from_str(date, DateTimeFormat::HttpDate).ok().map(|time| time.secs())
}

/// The error and what lies behind it, in words.
fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
