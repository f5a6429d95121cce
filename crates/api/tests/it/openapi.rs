//! The OpenAPI document: what generators and testers of clients rely on.

use std::collections::BTreeSet;

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&berth_api::openapi_json()).expect("the document is JSON")
}

/// Every operation: its path, its method and its description.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    paths
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .expect("methods")
                .iter()
                .map(move |(method, it)| (path.as_str(), method.as_str(), it))
        })
        .collect()
}

/// Everything in the document that answers `pick`, at any depth.
fn collect<'a, T>(value: &'a Value, pick: &dyn Fn(&'a Value) -> Option<T>) -> Vec<T> {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(entries) => entries.values().collect(),
        _ => Vec::new(),
    };
    let deeper = children.into_iter().flat_map(|child| collect(child, pick));
    pick(value).into_iter().chain(deeper).collect()
}

#[test]
fn the_document_is_openapi_3_1() {
    assert_eq!(document()["openapi"], "3.1.0");
}

#[test]
fn every_endpoint_is_documented() {
    let document = document();
    let listed: Vec<_> = operations(&document)
        .iter()
        .map(|(path, method, _)| format!("{} {path}", method.to_uppercase()))
        .collect();

    insta::assert_json_snapshot!(listed, @r#"
    [
      "GET /api/api-keys",
      "POST /api/api-keys",
      "DELETE /api/api-keys/{id}",
      "GET /api/cloud-accounts",
      "POST /api/cloud-accounts/external-id",
      "POST /api/cloud-accounts/verify",
      "GET /api/cloud-accounts/{id}/console-sessions",
      "POST /api/cloud-accounts/{id}/console-sessions",
      "POST /api/cloud-accounts/{id}/rotate",
      "GET /api/cloud-accounts/{id}/rotation-schedule",
      "PUT /api/cloud-accounts/{id}/rotation-schedule",
      "GET /api/cloud-accounts/{id}/rotations",
      "DELETE /api/cloud-accounts/{id}/rotations/{rotationId}",
      "POST /api/cloud-accounts/{id}/rotations/{rotationId}/reactivate",
      "GET /api/cloud-accounts/{id}/support-access",
      "PUT /api/cloud-accounts/{id}/support-access",
      "GET /api/cloud-accounts/{id}/verifications",
      "POST /api/cloud-accounts/{id}/verifications",
      "GET /api/cloud-accounts/{id}/zones",
      "POST /api/console-sessions/{id}/approve",
      "POST /api/console-sessions/{id}/deny",
      "GET /api/deployments/{id}",
      "GET /api/deployments/{id}/monitoring",
      "GET /api/iam-kit",
      "GET /api/iam-kit/{format}",
      "GET /api/logs",
      "GET /api/openapi.json",
      "DELETE /api/session",
      "GET /api/session",
      "POST /api/session",
      "GET /api/sessions",
      "DELETE /api/sessions/{id}",
      "GET /api/subscriptions",
      "GET /api/subscriptions/{id}/allow-list",
      "GET /api/subscriptions/{id}/deployments",
      "GET /api/subscriptions/{id}/drift",
      "POST /api/subscriptions/{id}/drift",
      "GET /api/subscriptions/{id}/restore-policy",
      "PUT /api/subscriptions/{id}/restore-policy",
      "GET /api/subscriptions/{id}/restores",
      "POST /api/subscriptions/{id}/retry",
      "GET /api/tasks/{id}/findings",
      "GET /api/users",
      "POST /api/users",
      "POST /api/users/{id}/disable",
      "GET /api/webhooks",
      "POST /api/webhooks",
      "DELETE /api/webhooks/{id}",
      "GET /api/webhooks/{id}/deliveries",
      "GET /healthz",
      "GET /metrics",
      "GET /readyz",
      "GET /v1",
      "GET /v1/cloud-accounts",
      "POST /v1/cloud-accounts",
      "DELETE /v1/cloud-accounts/{id}",
      "GET /v1/cloud-accounts/{id}",
      "PUT /v1/cloud-accounts/{id}",
      "GET /v1/data-persistence",
      "GET /v1/database-modules",
      "GET /v1/fixed/plans",
      "GET /v1/fixed/plans/subscriptions/{id}",
      "GET /v1/fixed/plans/{id}",
      "GET /v1/fixed/redis-versions",
      "GET /v1/fixed/subscriptions",
      "POST /v1/fixed/subscriptions",
      "DELETE /v1/fixed/subscriptions/{id}",
      "GET /v1/fixed/subscriptions/{id}",
      "PUT /v1/fixed/subscriptions/{id}",
      "GET /v1/fixed/subscriptions/{id}/databases",
      "GET /v1/logs",
      "GET /v1/payment-methods",
      "GET /v1/redis-versions",
      "GET /v1/regions",
      "GET /v1/subscriptions",
      "POST /v1/subscriptions",
      "GET /v1/subscriptions/redis-versions",
      "DELETE /v1/subscriptions/{id}",
      "GET /v1/subscriptions/{id}",
      "PUT /v1/subscriptions/{id}",
      "GET /v1/subscriptions/{id}/cidr",
      "PUT /v1/subscriptions/{id}/cidr",
      "GET /v1/subscriptions/{id}/databases",
      "GET /v1/subscriptions/{id}/maintenance-windows",
      "PUT /v1/subscriptions/{id}/maintenance-windows",
      "GET /v1/subscriptions/{id}/pricing",
      "PUT /v1/subscriptions/{id}/resource-tags",
      "GET /v1/tasks",
      "GET /v1/tasks/{id}",
      "GET /v1/users",
      "GET /v1/users/{id}"
    ]
    "#);
}

#[test]
fn every_operation_has_an_id_of_its_own_a_summary_and_a_tag() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let references = collect(&document, &|value| value.get("$ref")?.as_str());
    assert!(references.len() > 50);
    for reference in references {
        let found = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(found.is_some(), "{reference}");
    }
}

#[test]
fn every_answer_has_a_description_and_a_request_id() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let answer = match answer["$ref"].as_str() {
                Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
                None => answer,
            };
            assert!(answer["description"].is_string(), "{method} {path} {status}");
            assert!(answer["headers"]["x-request-id"].is_object(), "{method} {path} {status}");
        }
    }
}

#[test]
fn all_but_what_operators_ask_needs_a_pair_of_api_keys() {
    let document = document();
    let open: Vec<_> = operations(&document)
        .into_iter()
        .filter(|(_, _, operation)| !operation["responses"].as_object().unwrap().contains_key("401"))
        .map(|(path, ..)| path)
        .collect();

    assert_eq!(open, ["/api/openapi.json", "/healthz", "/metrics", "/readyz"]);
    assert_eq!(document["security"][0].as_object().unwrap().len(), 2);
}

#[test]
fn no_answer_has_a_field_for_a_secret() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    // What is sent, and what is shown once to the person who made it.
    let bodies = [
        "CloudAccountCreate",
        "CloudAccountFields",
        "CloudAccountUpdate",
        "SessionCreate",
        "UserCreated",
        "ApiKeyCreated",
    ];
    for (name, schema) in schemas.iter().filter(|(name, _)| !bodies.contains(&name.as_str())) {
        let properties: Vec<_> =
            schema["properties"].as_object().into_iter().flat_map(|p| p.keys()).collect();
        for property in properties {
            let property = property.to_lowercase();
            assert!(!property.contains("secret") && !property.contains("password"), "{name}.{property}");
        }
    }
}
