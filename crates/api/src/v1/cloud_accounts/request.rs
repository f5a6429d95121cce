//! What the document says about the bodies of create and update. Reading them is in [`form`](super::form).

use berth_domain::access::AccessMode;
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder, Type},
    },
};

/// What a cloud account is made from.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CloudAccountFields {
    /// Its name, unique in the account.
    #[schema(
        min_length = 1,
        max_length = 100,
        example = "production",
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    name: String,
    /// Its provider: AWS, the only one Berth provisions in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^AWS$", example = "AWS")]
    provider: Option<String>,
    /// How Berth gets in: by an access key (`keys`, when absent) or by a role that it assumes (`role`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(keys|role)$", example = "keys")]
    access_mode: Option<String>,
    /// The id of an IAM user's long-lived access key, in mode `keys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 16, max_length = 128, pattern = "^[A-Z0-9]+$", example = "AKIAIOSFODNN7EXAMPLE")]
    access_key_id: Option<String>,
    /// The access key's secret, in mode `keys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 40, max_length = 40, pattern = "^[A-Za-z0-9/+=]+$", format = Password, write_only)]
    access_secret_key: Option<String>,
    /// The role that Berth assumes, in mode `role`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        max_length = 2048,
        pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-)+->@-~]+/)?[A-Za-z0-9+=,.@_-]{1,64}$",
        example = "arn:aws:iam::123456789012:role/berth-access"
    )]
    role_arn: Option<String>,
    /// What Berth names when it assumes the role, in mode `role`; from `POST /api/cloud-accounts/external-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 2, max_length = 1224, pattern = r"^[A-Za-z0-9_+=,.@:/-]+$")]
    external_id: Option<String>,
    /// The role through which support staff get into the AWS console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9+=,.@_-]+$",
        example = "berth-console"
    )]
    console_role_name: Option<String>,
    /// An IAM user that may sign in to the AWS console, instead of the role or besides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9+=,.@_-]+$")]
    console_username: Option<String>,
    /// That user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", format = Password,
        write_only)]
    console_password: Option<String>,
    /// Where to sign in to the AWS console. Must be of the same AWS account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        pattern = r"^https://[a-z0-9-]{3,63}\.signin\.aws\.amazon\.com(/console)?/?$",
        example = "https://123456789012.signin.aws.amazon.com/console"
    )]
    sign_in_login_url: Option<String>,
}

/// [`CloudAccountFields`] with at least one way into the AWS console.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct CloudAccountCreate(CloudAccountFields);

impl CloudAccountCreate {
    pub(crate) fn sample() -> Self {
        Self(CloudAccountFields {
            name: "production".to_owned(),
            provider: Some("AWS".to_owned()),
            access_key_id: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            access_secret_key: Some(SAMPLE_SECRET.to_owned()),
            console_role_name: Some("berth-console".to_owned()),
            ..CloudAccountFields::default()
        })
    }
}

impl PartialSchema for CloudAccountCreate {
    fn schema() -> RefOr<Schema> {
        let of_type = |types: Type| ObjectBuilder::new().schema_type(types);
        let mode = |mode: AccessMode| of_type(Type::String).enum_values(Some([mode.as_str()]));
        let by_key = ObjectBuilder::new()
            .title(Some("Entered by an access key"))
            .property("accessMode", mode(AccessMode::Keys))
            .property("accessKeyId", of_type(Type::String))
            .property("accessSecretKey", of_type(Type::String))
            .property("roleArn", of_type(Type::Null))
            .property("externalId", of_type(Type::Null))
            .required("accessKeyId")
            .required("accessSecretKey");
        let by_assumed_role = ObjectBuilder::new()
            .title(Some("Entered by a role"))
            .property("accessMode", mode(AccessMode::Role))
            .property("roleArn", of_type(Type::String))
            .property("externalId", of_type(Type::String))
            .property("accessKeyId", of_type(Type::Null))
            .property("accessSecretKey", of_type(Type::Null))
            .required("accessMode")
            .required("roleArn")
            .required("externalId");
        let by_role = ObjectBuilder::new()
            .title(Some("By a role"))
            .property("consoleRoleName", of_type(Type::String))
            .property("consoleUsername", of_type(Type::Null))
            .property("consolePassword", of_type(Type::Null))
            .required("consoleRoleName");
        let by_user = ObjectBuilder::new()
            .title(Some("By a user, with or without a role"))
            .property("consoleUsername", of_type(Type::String))
            .property("consolePassword", of_type(Type::String))
            .required("consoleUsername")
            .required("consolePassword");
        AllOfBuilder::new()
            .description(Some(
                "What a cloud account is made from: an access key or a role to assume, and at least one way into \
                 its AWS console: a role's name, or a user's name and password.",
            ))
            .item(Ref::from_schema_name("CloudAccountFields"))
            .item(AnyOfBuilder::new().item(by_key).item(by_assumed_role))
            .item(AnyOfBuilder::new().item(by_role).item(by_user))
            .into()
    }
}

impl ToSchema for CloudAccountCreate {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("CloudAccountFields".to_owned(), CloudAccountFields::schema()));
    }
}

/// What to change of a cloud account; what is absent or `null` stays as it is.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CloudAccountUpdate {
    /// A new name, unique in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    name: Option<String>,
    /// Its provider, which cannot be changed: AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^AWS$")]
    provider: Option<String>,
    /// How Berth gets in from now on: by an access key (`keys`) or by a role that it assumes (`role`). Comes with
    /// all that the other way needs, when it is another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(keys|role)$")]
    access_mode: Option<String>,
    /// The id of another access key. Comes with its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 16, max_length = 128, pattern = "^[A-Z0-9]+$")]
    access_key_id: Option<String>,
    /// The access key's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 40, max_length = 40, pattern = "^[A-Za-z0-9/+=]+$", format = Password, write_only)]
    access_secret_key: Option<String>,
    /// Another role that Berth assumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        max_length = 2048,
        pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-)+->@-~]+/)?[A-Za-z0-9+=,.@_-]{1,64}$"
    )]
    role_arn: Option<String>,
    /// Another external id, from `POST /api/cloud-accounts/external-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 2, max_length = 1224, pattern = r"^[A-Za-z0-9_+=,.@:/-]+$")]
    external_id: Option<String>,
    /// Another role through which support staff get into the AWS console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9+=,.@_-]+$")]
    console_role_name: Option<String>,
    /// Another IAM user that may sign in to the AWS console. Comes with its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9+=,.@_-]+$")]
    console_username: Option<String>,
    /// That user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", format = Password,
        write_only)]
    console_password: Option<String>,
    /// Where to sign in to the AWS console. Must be of the same AWS account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^https://[a-z0-9-]{3,63}\.signin\.aws\.amazon\.com(/console)?/?$")]
    sign_in_login_url: Option<String>,
}

impl CloudAccountUpdate {
    pub(crate) fn sample() -> Self {
        Self {
            access_key_id: Some("AKIAIOSFODNN7EXAMPL2".to_owned()),
            access_secret_key: Some(SAMPLE_SECRET.to_owned()),
            ..Self::default()
        }
    }
}

/// The secret in AWS's own documentation: nobody's.
const SAMPLE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[cfg(test)]
mod tests {
    use berth_domain::cloud_account::Candidate;

    use super::*;
    use crate::v1::cloud_accounts::form;

    #[test]
    fn the_example_is_a_body_that_is_accepted() {
        let body = serde_json::to_vec(&CloudAccountCreate::sample()).unwrap();

        let form = form::read(&body).unwrap().well_typed().unwrap();
        assert!(Candidate::parse(form).is_ok());
    }

    #[test]
    fn the_document_knows_every_field_of_the_form() {
        for schema in [CloudAccountFields::schema(), CloudAccountUpdate::schema()] {
            let schema = serde_json::to_value(schema).unwrap();
            let mut documented: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            let mut read = form::FIELDS.map(|field| field.as_str());
            documented.sort();
            read.sort();
            assert_eq!(documented, read);
        }
    }
}
