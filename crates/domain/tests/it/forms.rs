//! What a cloud-account form accepts, and what it says about what it does not.

use berth_domain::{
    cloud_account::{Candidate, Field, Form},
    secret::Secret,
    values::{AccessKeyId, CloudAccountName, RoleArn, RoleName, SignInAccount, SignInUrl},
};
use proptest::prelude::*;
use rstest::rstest;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn form() -> Form {
    Form {
        name: Some("production".into()),
        access_key_id: Some("AKIAIOSFODNN7EXAMPLE".into()),
        access_secret_key: Some(Secret::new(SECRET.into())),
        console_role_name: Some("berth-console".into()),
        ..Form::default()
    }
}

fn errors(form: Form) -> Vec<(Field, String)> {
    Candidate::parse(form).unwrap_err().into_iter().map(|error| (error.field, error.message)).collect()
}

fn fields(form: Form) -> Vec<Field> {
    errors(form).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn a_role_is_enough_for_console_access() {
    let candidate = Candidate::parse(form()).unwrap();
    assert_eq!(candidate.console.role().unwrap().as_str(), "berth-console");
    assert!(candidate.console.user().is_none());
}

#[test]
fn a_user_with_password_is_enough_for_console_access() {
    let form = Form {
        console_role_name: None,
        console_username: Some("support".into()),
        console_password: Some(Secret::new("correct horse".into())),
        sign_in_login_url: Some("https://123456789012.signin.aws.amazon.com/console".into()),
        ..form()
    };
    assert_eq!(Candidate::parse(form).unwrap().console.user().unwrap().name.as_str(), "support");
}

fn role_form() -> Form {
    Form {
        access_mode: Some("role".into()),
        access_key_id: None,
        access_secret_key: None,
        role_arn: Some("arn:aws:iam::123456789012:role/service/berth-access".into()),
        external_id: Some("berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA".into()),
        ..form()
    }
}

#[test]
fn a_role_with_its_external_id_is_a_way_in() {
    let candidate = Candidate::parse(role_form()).unwrap();
    let role = candidate.access.role().unwrap();
    assert_eq!(role.arn.name().as_str(), "berth-access");
    assert_eq!(role.arn.account().as_str(), "123456789012");
}

#[test]
fn without_a_mode_a_form_is_about_keys_and_a_role_does_not_fit() {
    let form = Form { role_arn: role_form().role_arn, external_id: Some("x".into()), ..form() };
    assert_eq!(fields(form), [Field::RoleArn, Field::ExternalId]);
}

#[test]
fn in_mode_role_keys_do_not_fit_and_all_that_is_missing_is_named() {
    let form = Form { access_mode: Some("role".into()), ..form() };
    let wrong = [Field::AccessKeyId, Field::AccessSecretKey, Field::RoleArn, Field::ExternalId];
    assert_eq!(fields(form), wrong);
}

#[test]
fn a_mode_that_is_none_is_all_that_is_wrong() {
    assert_eq!(fields(Form { access_mode: Some("magic".into()), ..form() }), [Field::AccessMode]);
}

#[rstest]
#[case("arn:aws:iam::123456789012:role/berth-access", true)]
#[case("arn:aws-cn:iam::123456789012:role/a/b/berth-access", true)]
#[case("arn:aws:iam::123456789012:user/berth-user", false)]
#[case("arn:aws:sts::123456789012:assumed-role/berth-access/session", false)]
#[case("arn:aws:iam::123456789012:role/", false)]
#[case("arn:aws:iam::123456789012:role/*", false)]
#[case("arn:aws:iam:eu-west-1:123456789012:role/berth-access", false)]
#[case("arn:evil:iam::123456789012:role/berth-access", false)]
#[case("berth-access", false)]
fn a_role_arn_is_that_of_one_iam_role(#[case] text: &str, #[case] sound: bool) {
    assert_eq!(text.parse::<RoleArn>().is_ok(), sound);
}

#[test]
fn an_empty_form_names_everything_that_is_needed() {
    let needed = [Field::Name, Field::AccessKeyId, Field::AccessSecretKey, Field::ConsoleRoleName];
    assert_eq!(fields(Form::default()), needed);
}

#[test]
fn a_user_without_password_is_half_a_way_in() {
    let form = Form { console_username: Some("support".into()), ..form() };
    assert_eq!(fields(form), [Field::ConsolePassword]);
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let form = Form {
        name: Some("a\nb".into()),
        provider: Some("GCP".into()),
        access_key_id: Some("short".into()),
        access_secret_key: Some(Secret::new("short".into())),
        console_role_name: Some("no spaces".into()),
        sign_in_login_url: Some("http://evil.example/console".into()),
        ..Form::default()
    };
    let wrong = [
        Field::Provider,
        Field::Name,
        Field::AccessKeyId,
        Field::AccessSecretKey,
        Field::ConsoleRoleName,
        Field::SignInLoginUrl,
    ];
    assert_eq!(fields(form), wrong);
}

#[test]
fn no_message_repeats_a_secret() {
    let form = Form {
        access_secret_key: Some(Secret::new("hunter2-secret".into())),
        console_username: Some("support".into()),
        console_password: Some(Secret::new("hunter2\u{7}".into())),
        ..form()
    };
    assert!(!format!("{:?}", errors(form)).contains("hunter2"));
}

#[test]
fn nothing_prints_a_secret() {
    assert!(!format!("{:?}", Candidate::parse(form()).unwrap()).contains(SECRET));
    assert!(!format!("{:?}", form()).contains(SECRET));
}

#[rstest]
#[case("ASIAIOSFODNN7EXAMPLE", true)]
#[case("AKIAIOSFODNN7EXAMPLE", false)]
fn a_temporary_key_is_told_by_its_first_letters(#[case] text: &str, #[case] temporary: bool) {
    assert_eq!(text.parse::<AccessKeyId>().unwrap().is_temporary(), temporary);
}

#[rstest]
#[case("FKIAIOSFODNN7EXAMPLE", true)]
#[case("0123456789ABCDEF", true)]
#[case("0123456789ABCDE", false)]
#[case("akiaiosfodnn7example", false)]
#[case("AKIAIOSFODNN7EXAMPL\u{c9}", false)]
fn an_access_key_is_16_to_128_capitals_and_digits(#[case] text: &str, #[case] sound: bool) {
    assert_eq!(text.parse::<AccessKeyId>().is_ok(), sound);
}

#[rstest]
#[case("x", true)]
#[case("Production (EU) – \u{1f680}", true)]
#[case("", false)]
#[case(" padded", false)]
#[case("tab\there", false)]
#[case("nul\0", false)]
fn a_name_is_text_a_person_can_read(#[case] text: &str, #[case] sound: bool) {
    assert_eq!(text.parse::<CloudAccountName>().is_ok(), sound);
}

#[test]
fn a_name_is_counted_in_characters() {
    assert!("\u{1f680}".repeat(100).parse::<CloudAccountName>().is_ok());
    assert!("\u{1f680}".repeat(101).parse::<CloudAccountName>().is_err());
}

#[rstest]
#[case("https://123456789012.signin.aws.amazon.com/console", SignInAccount::Id("123456789012".parse().unwrap()))]
#[case("https://my-company.signin.aws.amazon.com/console/", SignInAccount::Alias("my-company".into()))]
fn a_sign_in_url_says_which_account_it_is_for(#[case] text: &str, #[case] account: SignInAccount) {
    assert_eq!(text.parse::<SignInUrl>().unwrap().account(), account);
}

#[rstest]
#[case("https://signin.aws.amazon.com/console")]
#[case("https://123456789012.signin.aws.amazon.com.evil.example/console")]
#[case("https://evil.example/123456789012.signin.aws.amazon.com/console")]
#[case("http://123456789012.signin.aws.amazon.com/console")]
#[case("https://a@b.signin.aws.amazon.com/console")]
fn a_sign_in_url_leads_nowhere_else(#[case] text: &str) {
    assert!(text.parse::<SignInUrl>().is_err());
}

proptest! {
    #[test]
    fn a_role_name_survives_a_round_trip(text in "[A-Za-z0-9+=,.@_-]{1,64}") {
        let role: RoleName = text.parse().unwrap();
        prop_assert_eq!(role.as_str(), text);
    }

    #[test]
    fn no_form_makes_it_panic(text in ".{0,200}") {
        let _ = Candidate::parse(Form {
            name: Some(text.clone()),
            provider: Some(text.clone()),
            access_mode: Some(text.clone()),
            access_key_id: Some(text.clone()),
            access_secret_key: Some(Secret::new(text.clone())),
            role_arn: Some(text.clone()),
            external_id: Some(text.clone()),
            console_role_name: Some(text.clone()),
            console_username: Some(text.clone()),
            console_password: Some(Secret::new(text.clone())),
            sign_in_login_url: Some(text),
        });
    }
}
