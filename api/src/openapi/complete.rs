//! Completes the document: what every operation has in common, and what the tables say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields;
use super::operations::{Access, Needs, Operation};
use crate::error::{STATUSES, status_of};

/// Everything that the handlers do not say themselves.
pub(super) fn complete(document: &mut Value) -> Result<(), String> {
    components(&mut document["components"]);
    let paths = document["paths"].as_object_mut().ok_or("no paths")?;
    for (path, item) in paths {
        let item = item.as_object_mut().ok_or("no operations")?;
        for (method, said) in item {
            operation(method, said).map_err(|error| format!("{method} {path}: {error}"))?;
        }
    }
    Ok(())
}

fn operation(method: &str, said: &mut Value) -> Result<(), String> {
    let id = said["operationId"].as_str().unwrap_or_default();
    let operation = Operation::by_id(id)
        .ok_or_else(|| format!("'{id}' is missing from api/src/openapi/operations.rs"))?;
    let is_mutating = method != "get";
    let has_body = !said["requestBody"].is_null();
    if let Some(text) = said["summary"].as_str() {
        said["summary"] = json!(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    said["security"] = security(operation.access, is_mutating);
    if let Access::Staff(roles) = operation.access {
        said["x-staff-roles"] = json!(roles);
    }
    parameters(said, operation, is_mutating);
    responses(said, operation, is_mutating, has_body)
}

/// The ways to say who calls. A cookie needs more than itself where something changes.
fn security(access: Access, is_mutating: bool) -> Value {
    let cookie = match is_mutating {
        true => json!({ "cookie": [], "csrf": [] }),
        false => json!({ "cookie": [] }),
    };
    let signed = json!({ "apiKey": [], "apiTimestamp": [], "apiSignature": [] });
    match access {
        Access::Public => json!([]),
        Access::Owner => json!([{ "bearer": [] }, cookie]),
        Access::Staff(_) => json!([{ "staff": [] }]),
        Access::Caller | Access::Read | Access::Trade | Access::Withdraw => {
            json!([{ "bearer": [] }, cookie, signed])
        }
    }
}

fn parameters(said: &mut Value, operation: &Operation, is_mutating: bool) {
    let mut parameters = match said["parameters"].take() {
        Value::Array(parameters) => parameters,
        _ => Vec::new(),
    };
    for parameter in &mut parameters {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        if parameter["description"].is_null()
            && let Some(meaning) = fields::meaning(&name)
        {
            parameter["description"] = json!(meaning);
        }
        if let Some(schema) = parameter["schema"].as_object_mut() {
            fields::describe(&name, schema);
        }
    }
    let mut shared = |name: &str| {
        parameters.push(json!({ "$ref": format!("#/components/parameters/{name}") }));
    };
    shared("RequestId");
    if operation.access != Access::Public && is_mutating {
        shared("IdempotencyKey");
    }
    said["parameters"] = Value::Array(parameters);
}

fn responses(
    said: &mut Value,
    operation: &Operation,
    is_mutating: bool,
    has_body: bool,
) -> Result<(), String> {
    let responses = said["responses"].as_object_mut().ok_or("no responses")?;
    responses.retain(|status, _| status.starts_with('2') || status.starts_with('1'));
    let mut codes: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in operation.all_codes(is_mutating, has_body) {
        codes
            .entry(status_of(code).as_u16())
            .or_default()
            .push(code);
    }
    for (status, codes) in codes {
        responses.insert(status.to_string(), refusal(&codes));
    }
    for (status, response) in responses {
        if response["description"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            response["description"] = json!("Done.");
        }
        response["headers"] = headers(status, operation.needs);
    }
    Ok(())
}

/// One status, and the codes that it may carry here.
fn refusal(codes: &[&str]) -> Value {
    let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let code = json!({ "properties": { "code": { "enum": codes } } });
    let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Error" }, code] });
    json!({
        "description": format!("{}.", listed.join(", ")),
        "content": { "application/json": { "schema": schema } },
    })
}

fn headers(status: &str, needs: Needs) -> Value {
    let mut headers = Map::new();
    let mut shared = |header: &str, name: &str| {
        let place = format!("#/components/headers/{name}");
        headers.insert(header.to_owned(), json!({ "$ref": place }));
    };
    shared("X-Request-Id", "RequestId");
    if needs == Needs::All {
        shared("RateLimit", "RateLimit");
        shared("RateLimit-Policy", "RateLimitPolicy");
    }
    if status == "429" || status == "503" {
        shared("Retry-After", "RetryAfter");
    }
    if status == "401" {
        shared("WWW-Authenticate", "Authenticate");
    }
    Value::Object(headers)
}

fn components(components: &mut Value) {
    let codes: Vec<&str> = STATUSES.iter().map(|(code, _)| *code).collect();
    if let Some(schemas) = components["schemas"].as_object_mut() {
        schemas.values_mut().for_each(schema);
    }
    components["schemas"]["Error"]["properties"]["code"]["enum"] = json!(codes);
    components["schemas"]["Error"]["additionalProperties"] = json!(false);
    components["securitySchemes"] = security_schemes();
    components["parameters"] = shared_parameters();
    components["headers"] = shared_headers();
}

fn schema(schema: &mut Value) {
    let properties = schema.get_mut("properties");
    let Some(properties) = properties.and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let Some(property) = property.as_object_mut() else {
            continue;
        };
        if let Some(meaning) = fields::meaning(name) {
            property.entry("description").or_insert(json!(meaning));
        }
        fields::describe(name, property);
    }
}

fn security_schemes() -> Value {
    let header = |name: &str, description: &str| {
        let kind = "apiKey";
        json!({ "type": kind, "in": "header", "name": name, "description": description })
    };
    json!({
        "bearer": { "type": "http", "scheme": "bearer",
            "description": "The token that a login gave." },
        "cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-session",
            "description": "A browser's session; a login with `cookie` sets it." },
        "csrf": header("X-Csrf-Token", "The `csrfToken` of the login, beside the cookie. A page \
            finds it in the cookie `__Host-csrf` too."),
        "staff": { "type": "http", "scheme": "bearer",
            "description": "The token that a login of staff gave." },
        "apiKey": header("X-Api-Key", "The API key's public id, 32 hexadecimal digits."),
        "apiTimestamp": header("X-Timestamp", "When the request was signed, in milliseconds UTC. \
            `X-Receive-Window` says for how long it is good, 5000 where absent, at most 60000."),
        "apiSignature": header("X-Signature", "The signature of timestamp, receive window, \
            method, path with query, and body, joined by line feeds. HMAC-SHA256 in hexadecimal \
            digits, or Ed25519 in base64. docs/api.md has an example."),
    })
}

fn shared_parameters() -> Value {
    json!({
        "RequestId": { "name": "X-Request-Id", "in": "header", "required": false,
            "description": "Names the request in answers and logs; one of another form is \
                replaced. 1 to 64 of A-Z a-z 0-9 - _ .",
            "schema": { "type": "string", "examples": ["4f0c-1"] } },
        "IdempotencyKey": { "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A repeat with the same key is the same request, done once.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,32}$",
                "minLength": 1, "maxLength": 32, "examples": ["pay-17"] } },
    })
}

fn shared_headers() -> Value {
    let text = |description: &str, is_required: bool, example: &str| {
        json!({ "description": description, "required": is_required,
            "schema": { "type": "string", "examples": [example] } })
    };
    json!({
        "RequestId": text("The request's id.", true, "4f0c-1"),
        "RateLimit": text("What is left of each limit, and seconds until it is whole again.",
            false, "\"address\";r=5999;t=60"),
        "RateLimitPolicy": text("Each limit, and its window in seconds.", false,
            "\"address\";q=6000;w=60"),
        "RetryAfter": { "description": "Seconds to wait before trying again.", "required": true,
            "schema": { "type": "integer", "minimum": 0, "examples": [1] } },
        "Authenticate": text("How to authenticate.", true, "Bearer"),
    })
}
