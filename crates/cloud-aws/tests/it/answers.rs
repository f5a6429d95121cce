//! Bodies as AWS's API references show them.

/// An error of the query protocol.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ErrorResponse>"
    )
}

/// The answer to `action` with `result` in it.
pub(crate) fn result(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{result}\
         </{action}Result><ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>\
         </ResponseMetadata></{action}Response>"
    )
}

/// Who [`crate::server::KEY_ID`] is.
pub(crate) fn caller(arn: &str) -> String {
    result(
        "GetCallerIdentity",
        &format!("<Arn>{arn}</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>"),
    )
}

/// A role with a trust policy, which AWS sends URL-encoded.
pub(crate) fn role(trust_policy: &str) -> String {
    result(
        "GetRole",
        &format!(
            "<Role><Path>/</Path><Arn>arn:aws:iam::123456789012:role/berth-console</Arn>\
             <RoleName>berth-console</RoleName><RoleId>AROADBQP57FF2AEXAMPLE</RoleId>\
             <CreateDate>2012-05-08T23:34:01Z</CreateDate>\
             <AssumeRolePolicyDocument>{trust_policy}</AssumeRolePolicyDocument></Role>"
        ),
    )
}

/// One page of a list.
pub(crate) fn page(action: &str, items: &str, marker: Option<&str>) -> String {
    let end = match marker {
        Some(marker) => format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    result(action, &format!("{items}{end}"))
}

/// An instance profile in a list.
pub(crate) fn instance_profile(name: &str) -> String {
    format!(
        "<member><Path>/</Path><InstanceProfileName>{name}</InstanceProfileName>\
         <InstanceProfileId>AIPACZLS2EYYXMEXAMPLE</InstanceProfileId>\
         <Arn>arn:aws:iam::123456789012:instance-profile/{name}</Arn>\
         <CreateDate>2012-05-09T16:27:11Z</CreateDate><Roles/></member>"
    )
}
