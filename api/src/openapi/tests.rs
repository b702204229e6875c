//! Holds the document to its rules, so that nothing is added without a description, and the
//! committed copy to the document.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::operations::{self, Access, Operation};
use crate::error::STATUSES;
use crate::routes::document;

const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

fn whole() -> Value {
    document().unwrap_or_else(|error| panic!("{error}"))
}

/// Method, path and operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            all.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    all
}

fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn the_committed_copy_is_fresh() {
    let mut text = serde_json::to_string_pretty(&whole()).expect("JSON");
    text.push('\n');
    if std::env::var_os("EXCHANGE_BLESS").is_some() {
        std::fs::write(Path::new(COPY), text).expect("the copy can be written");
        return;
    }
    let copy = std::fs::read_to_string(Path::new(COPY)).unwrap_or_default();
    let line = copy
        .lines()
        .zip(text.lines())
        .position(|(old, new)| old != new);
    assert!(
        copy == text,
        "docs/openapi.json is old from line {:?}: EXCHANGE_BLESS=1 cargo test -p api openapi",
        line.map(|line| line + 1)
    );
}

#[test]
fn every_operation_says_what_it_is() {
    let document = whole();
    let mut ids = BTreeSet::new();
    let mut findings = Vec::new();
    for (method, path, operation) in operations(&document) {
        let mut must = |holds: bool, what: &str| {
            if !holds {
                findings.push(format!("{method} {path}: {what}"));
            }
        };
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let entry = Operation::by_id(&id).expect("completing needs it");
        let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
        must(ids.insert(id), "another operation has this id");
        must(
            text("summary").len() > 10,
            "no summary: give the handler a doc comment",
        );
        must(operation["tags"][0].is_string(), "no tag");
        let has = |name: &str| {
            let place = format!("#/components/parameters/{name}");
            let parameters = operation["parameters"].as_array().expect("parameters");
            parameters
                .iter()
                .any(|parameter| parameter["$ref"] == place.as_str())
        };
        must(has("RequestId"), "no X-Request-Id");
        let is_mutating = method != "get" && entry.access != Access::Public;
        must(has("IdempotencyKey") == is_mutating, "Idempotency-Key");
        let responses = operation["responses"].as_object().expect("responses");
        let done = responses.iter().any(|(status, response)| {
            status.starts_with('1') || status == "202" || {
                let content = response["content"].as_object();
                let mut forms = content.into_iter().flat_map(Map::values);
                status == "200" && forms.any(|form| form["schema"].is_object())
            }
        });
        must(done, "no answer of success with a schema");
        let is_open = entry.access == Access::Public;
        must(
            responses.contains_key("401") != is_open || checks_the_caller(&path),
            "401",
        );
    }
    assert_none("every operation is described", &findings);
    let known: BTreeSet<_> = operations::all().map(|operation| operation.id).collect();
    let gone: Vec<String> = known
        .iter()
        .filter(|id| !ids.contains(**id))
        .map(|id| (*id).to_owned())
        .collect();
    assert_none("every entry of the table is an operation", &gone);
}

/// Open operations that ask for a proof of their own.
fn checks_the_caller(path: &str) -> bool {
    path.starts_with("/api/auth/login")
        || path.ends_with("/login")
        || path == "/api/kyc/callback"
        || path.starts_with("/api/webhook/")
}

#[test]
fn every_code_of_an_operation_is_a_code() {
    for operation in operations::all() {
        for code in operation.all_codes(true, true) {
            assert!(STATUSES.iter().any(|(known, _)| *known == code), "{code}");
        }
    }
}

#[test]
fn every_field_and_parameter_is_described_and_bounded() {
    let document = whole();
    let mut findings = Vec::new();
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for (name, schema) in schemas {
        let properties = schema["properties"].as_object();
        for (field, property) in properties.into_iter().flatten() {
            let property = property.as_object().expect("an object");
            check(&format!("{name}.{field}"), property, &mut findings);
        }
        if schema["enum"].as_array().is_some() {
            continue;
        }
        if schema["description"].is_null() {
            findings.push(format!("{name}: no description"));
        }
    }
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().expect("parameters") {
            if parameter["name"].is_null() {
                continue;
            }
            let place = format!("{method} {path} {}", parameter["name"]);
            let mut schema = parameter["schema"].as_object().expect("a schema").clone();
            schema.insert("description".into(), parameter["description"].clone());
            check(&place, &schema, &mut findings);
        }
    }
    assert_none(
        "fields have a doc comment, or a line in api/src/openapi/fields.rs",
        &findings,
    );
}

fn check(place: &str, schema: &Map<String, Value>, findings: &mut Vec<String>) {
    let has = |keys: &[&str]| {
        keys.iter()
            .any(|key| schema.get(*key).is_some_and(|v| !v.is_null()))
    };
    let is = |wanted: &str| match schema.get("type") {
        Some(Value::Array(several)) => several.iter().any(|one| one == wanted),
        Some(one) => one == wanted,
        None => false,
    };
    if !has(&["description"]) {
        findings.push(format!("{place}: no description"));
    }
    let is_free = place.ends_with(".message") || place.ends_with(".field");
    if is("string") && !is_free && !has(&["enum", "pattern", "maxLength", "format"]) {
        findings.push(format!("{place}: a string of any form"));
    }
    if is("integer") && !(has(&["minimum"]) && has(&["maximum"])) {
        findings.push(format!("{place}: a number without bounds"));
    }
    if (is("string") || is("integer")) && !is_free && !has(&["examples", "example"]) {
        findings.push(format!("{place}: no example"));
    }
}
