//! Reading the body of create and update: every wrong type is noted, not just the first, and nothing of the
//! body is ever repeated in a message.

use std::fmt;

use berth_domain::{
    cloud_account::{Field, FieldError, Form},
    secret::Secret,
    task::ErrorType,
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::failure::{Failure, FieldProblem};

/// Every field of the form.
pub(crate) const FIELDS: [Field; 11] = [
    Field::Name,
    Field::Provider,
    Field::AccessMode,
    Field::AccessKeyId,
    Field::AccessSecretKey,
    Field::RoleArn,
    Field::ExternalId,
    Field::ConsoleRoleName,
    Field::ConsoleUsername,
    Field::ConsolePassword,
    Field::SignInLoginUrl,
];

/// The fields that are asked for together, or instead of each other.
const CONSOLE: [Field; 3] = [Field::ConsoleRoleName, Field::ConsoleUsername, Field::ConsolePassword];

/// A body that was read.
#[derive(Debug, Default)]
pub(crate) struct Submitted {
    form: Form,
    given: Vec<Field>,
    mistyped: Vec<FieldError>,
}

/// A body in which fields are of the wrong type.
#[derive(Debug)]
pub(crate) struct Mistyped(Box<Submitted>);

/// Reads a body, which must be a JSON object.
pub(crate) fn read(body: &[u8]) -> Result<Submitted, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(malformed("The body is empty: it must be a JSON object.".to_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Json::Object(submitted)) => Ok(*submitted),
        Ok(other) => Err(malformed(format!("The body must be a JSON object, not {}.", other.kind()))),
        // The error's own text may quote the body, which may hold a secret.
        Err(error) => Err(malformed(format!(
            "The body is not valid JSON: {} at line {}, column {}.",
            if error.is_eof() { "it ends too early" } else { "something is wrong" },
            error.line(),
            error.column()
        ))),
    }
}

fn malformed(message: String) -> Failure {
    Failure::new(ErrorType::BadRequest, message)
}

impl Submitted {
    /// The form, when every field in it is a text or `null`.
    pub(crate) fn well_typed(self) -> Result<Form, Mistyped> {
        if self.mistyped.is_empty() { Ok(self.form) } else { Err(Mistyped(Box::new(self))) }
    }

    fn set(&mut self, field: Field, value: Json) {
        if self.given.contains(&field) {
            return self.refuse(field, "must be given once".to_owned());
        }
        self.given.push(field);
        let form = &mut self.form;
        match (field, value) {
            (_, Json::Null) => {}
            (Field::Name, Json::Text(text)) => form.name = Some(text),
            (Field::Provider, Json::Text(text)) => form.provider = Some(text),
            (Field::AccessMode, Json::Text(text)) => form.access_mode = Some(text),
            (Field::AccessKeyId, Json::Text(text)) => form.access_key_id = Some(text),
            (Field::AccessSecretKey, Json::Text(text)) => form.access_secret_key = Some(Secret::new(text)),
            (Field::RoleArn, Json::Text(text)) => form.role_arn = Some(text),
            (Field::ExternalId, Json::Text(text)) => form.external_id = Some(text),
            (Field::ConsoleRoleName, Json::Text(text)) => form.console_role_name = Some(text),
            (Field::ConsoleUsername, Json::Text(text)) => form.console_username = Some(text),
            (Field::ConsolePassword, Json::Text(text)) => form.console_password = Some(Secret::new(text)),
            (Field::SignInLoginUrl, Json::Text(text)) => form.sign_in_login_url = Some(text),
            (field, other) => self.refuse(field, format!("must be a string, not {}", other.kind())),
        }
    }

    fn refuse(&mut self, field: Field, message: String) {
        self.mistyped.push(FieldError { field, message });
    }
}

impl Mistyped {
    /// The failure that names the fields of the wrong type, and what else `parse` finds wrong.
    pub(crate) fn explain<T>(self, parse: impl FnOnce(Form) -> Result<T, Vec<FieldError>>) -> Failure {
        let Submitted { form, given, mistyped } = *self.0;
        let at_fault: Vec<_> = mistyped.iter().map(|error| error.field).collect();
        // Of the console fields one can be asked for because another is missing: and that one was not
        // missing, it was mistyped.
        let console_unclear = at_fault.iter().any(|field| CONSOLE.contains(field));
        let told = |error: &FieldError| {
            let asked_for = CONSOLE.contains(&error.field) && !given.contains(&error.field);
            at_fault.contains(&error.field) || (asked_for && console_unclear)
        };
        let mut all = parse(form).err().unwrap_or_default();
        all.retain(|error| !told(error));
        all.extend(mistyped);
        all.sort_by_key(|error| FIELDS.iter().position(|field| *field == error.field));
        Failure::invalid(all.into_iter().map(FieldProblem::from).collect())
    }
}

/// Any JSON value, of which only texts and objects matter.
enum Json {
    Text(String),
    Null,
    Boolean,
    Number,
    Array,
    Object(Box<Submitted>),
}

impl Json {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Array => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Boolean)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut submitted = Submitted::default();
        while let Some(key) = entries.next_key::<String>()? {
            match FIELDS.into_iter().find(|field| field.as_str() == key) {
                Some(field) => submitted.set(field, entries.next_value()?),
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Json::Object(Box::new(submitted)))
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use berth_domain::cloud_account::Candidate;
    use rstest::rstest;

    use super::*;

    fn form(body: &str) -> Form {
        read(body.as_bytes()).unwrap().well_typed().unwrap()
    }

    fn refusal(body: &str) -> String {
        let failure = match read(body.as_bytes()) {
            Ok(submitted) => submitted.well_typed().unwrap_err().explain(Candidate::parse),
            Err(failure) => failure,
        };
        assert_eq!(failure.clone().into_response().status(), 400);
        format!("{failure:?}")
    }

    fn problems(body: &str) -> Vec<String> {
        let failure = read(body.as_bytes()).unwrap().well_typed().unwrap_err().explain(Candidate::parse);
        failure.problems().iter().map(|problem| format!("{} {}", problem.field, problem.message)).collect()
    }

    #[test]
    fn strings_are_read_null_is_absent_and_unknown_fields_are_ignored() {
        let form = form(
            r#"{"name":"x","provider":null,"accessKeyId":"AKIA","accessSecretKey":"s3\u0063ret",
                "commandType":7,"deep":{"name":["y"]}}"#,
        );

        assert_eq!(form.name.as_deref(), Some("x"));
        assert_eq!(form.provider, None);
        assert_eq!(form.access_secret_key.unwrap().expose(), "s3cret");
    }

    #[rstest]
    #[case("", "The body is empty: it must be a JSON object.")]
    #[case(" \n", "The body is empty: it must be a JSON object.")]
    #[case("[1]", "The body must be a JSON object, not an array.")]
    #[case("\"hunter2\"", "The body must be a JSON object, not a string.")]
    #[case("{\n\"accessSecretKey\":hunter2}", "something is wrong at line 2, column 19.")]
    #[case("{\"accessSecretKey\":\"hunter2", "it ends too early at line 1, column 27.")]
    #[case("{\"accessSecretKey\":\"hunter2\"} hunter2", "something is wrong at line 1, column 31.")]
    #[case("{\"accessSecretKey\":\"hunter2\\ud800\"}", "something is wrong at line 1")]
    fn what_is_not_a_json_object_is_refused_without_repeating_it(
        #[case] body: &str,
        #[case] message: &str,
    ) {
        let refusal = refusal(body);

        assert!(refusal.contains(message), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }

    #[test]
    fn wrong_types_and_other_mistakes_are_named_together() {
        insta::assert_json_snapshot!(problems(
            r#"{"name":7,"accessKeyId":"short","accessSecretKey":["x"],"consolePassword":true}"#
        ), @r#"
        [
          "name must be a string, not a number",
          "accessKeyId must be 16 to 128 characters of A-Z and 0-9, such as AKIAIOSFODNN7EXAMPLE",
          "accessSecretKey must be a string, not an array",
          "consolePassword must be a string, not a boolean"
        ]
        "#);
    }

    #[test]
    fn a_mistyped_console_field_does_not_make_another_one_needed() {
        let body = |console: &str| {
            format!(
                r#"{{"name":"x","accessKeyId":"AKIAIOSFODNN7EXAMPLE","accessSecretKey":"{}",{console}}}"#,
                "a".repeat(40)
            )
        };

        assert_eq!(
            problems(&body(r#""consoleRoleName":1"#)),
            ["consoleRoleName must be a string, not a number"]
        );
        assert_eq!(
            problems(&body(r#""consoleUsername":{},"consolePassword":"p""#)),
            ["consoleUsername must be a string, not an object"]
        );
        assert_eq!(
            problems(&body(r#""consoleUsername":{},"consoleRoleName":"not a role""#)),
            [
                "consoleRoleName must be 1 to 64 letters, digits or any of + = , . @ - _",
                "consoleUsername must be a string, not an object"
            ]
        );
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        assert_eq!(problems(r#"{"name":"x","name":"y"}"#)[0], "name must be given once");
    }
}
