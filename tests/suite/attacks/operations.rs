//! Every operation of the document, and a request for it that would work.

use serde_json::Value;

pub(super) const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// What is sent to an operation: the query of a GET, the body of a POST. `{order}`, `{session}`,
/// `{device}`, `{key}`, `{passkey}`, `{account}`, `{sub}`, `{deposit}`, `{withdrawal}`, `{quote}`
/// and `{target}` (an entry of the address book) stand for an account's own things.
struct Sample {
    id: &'static str,
    text: &'static str,
    /// The status where the things are another account's; 0: it names none.
    foreign: u16,
    /// The status where it names none.
    plain: u16,
}

const SAMPLES: &[Sample] = &[
    sample("balances", "", 0),
    sample("ledger", "", 0),
    sample("fees", "", 0),
    sample("orders", "", 0),
    sample("order", "?orderId={order}", 404),
    sample("fills", "?orderId={order}", 200),
    sample("check", "", 0),
    sample("create_order", ORDER, 0),
    sample("try_order", ORDER, 0),
    sample("create_orders", ORDERS, 0),
    sample("cancel_order", r#"{"orderId":"{order}"}"#, 404),
    sample("cancel_all", "{}", 0),
    sample("cancel_all_after", r#"{"timeoutMs":60000}"#, 0),
    sample(
        "reduce_order",
        r#"{"orderId":"{order}","quantity":"0.5"}"#,
        404,
    ),
    sample("replace_order", REPLACED, 404),
    sample("sessions", "", 0),
    sample("revoke_session", r#"{"sessionId":{session}}"#, 404),
    sample("revoke_sessions", "{}", 0),
    sample("devices", "", 0),
    sample("forget_device", r#"{"deviceId":{device}}"#, 404),
    sample(
        "set_anti_phishing_code",
        r#"{"antiPhishingCode":"blue heron"}"#,
        0,
    ),
    unready("change_email", MOVED, 202),
    sample("profile", "", 0),
    sample("submit_kyc", DOCUMENTS, 0),
    sample("kyc_status", "", 0),
    sample("api_keys", "", 0),
    sample("create_api_key", KEY, 404),
    sample("revoke_api_key", r#"{"apiKeyId":{key}}"#, 404),
    sample("begin_step_up", "{}", 0),
    unready("step_up", r#"{"password":"correct horse"}"#, 403),
    sample("factors", "", 0),
    sample("begin_totp", "{}", 0),
    unready("confirm_totp", r#"{"totpCode":"123456"}"#, 401),
    sample("remove_totp", "{}", 0),
    sample("recovery_codes", "{}", 0),
    sample("begin_passkey", "{}", 0),
    unready("add_passkey", PASSKEY, 400),
    sample("passkeys", "", 0),
    sample("remove_passkey", r#"{"passkeyId":{passkey}}"#, 404),
    sample("sub_accounts", "", 0),
    sample("open_sub_account", r#"{"label":"mine"}"#, 0),
    sample("transfer", TRANSFER, 404),
    sample("deposit_address", "?currency=BTC", 0),
    sample("deposit_qr_svg", "?currency=BTC", 0),
    sample("deposit_qr_png", "?currency=BTC", 0),
    sample("deposits", "", 0),
    sample("deposit", "?depositId={deposit}", 404),
    sample("account_proof", "?asset=BTC", 0),
    sample("withdraw_fee", "?asset=BTC", 0),
    sample("withdraw", WITHDRAWAL, 404),
    sample("withdrawals", "", 0),
    sample("withdrawal", "?withdrawalId={withdrawal}", 404),
    sample(
        "cancel_withdrawal",
        r#"{"withdrawalId":"{withdrawal}"}"#,
        404,
    ),
    sample("withdrawal_addresses", "", 0),
    sample("add_withdrawal_address", TARGET, 0),
    sample(
        "remove_withdrawal_address",
        r#"{"addressId":{target}}"#,
        404,
    ),
    sample("set_withdrawal_mode", r#"{"bookOnly":false}"#, 0),
    sample("logout", "", 0),
];

const ORDER: &str = r#"{"market":"BTC/USDT","side":"buy","price":"90","quantity":"1"}"#;
const ORDERS: &str =
    r#"{"orders":[{"market":"BTC/USDT","side":"buy","price":"90","quantity":"1"}]}"#;
const REPLACED: &str = r#"{"orderId":"{order}","side":"buy","price":"91","quantity":"1"}"#;
const KEY: &str =
    r#"{"label":"mine","scheme":"hmac_sha256","permissions":["read"],"subAccountId":{sub}}"#;
const PASSKEY: &str = r#"{"token":"00","label":"mine","passkey":{}}"#;
const TRANSFER: &str =
    r#"{"fromAccountId":{account},"toAccountId":{sub},"asset":"BTC","amount":"1"}"#;
const WITHDRAWAL: &str = r#"{"asset":"BTC","amount":"0.1","quoteId":"{quote}",
    "address":"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"}"#;
const TARGET: &str = r#"{"network":"bitcoin","label":"mine",
    "address":"bcrt1qqgpsgpgxquyqjzstpsxsurcszyfpx9q4yqfucg"}"#;
const MOVED: &str = r#"{"email":"new@example.com","password":"correct horse"}"#;

/// A form with a PDF, which is text.
const DOCUMENTS: &str = concat!(
    "--x\r\ncontent-disposition: form-data; name=\"level\"\r\n\r\n1\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"documentType\"\r\n\r\npassport\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"issuer\"\r\n\r\nUTO\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"documentNumber\"\r\n\r\nL898902C3\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"fullName\"\r\n\r\nAnna Eriksson\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"birthDate\"\r\n\r\n1974-08-12\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"expiresOn\"\r\n\r\n2035-04-15\r\n",
    "--x\r\ncontent-disposition: form-data; name=\"front\"; filename=\"a.pdf\"\r\n\r\n",
    "%PDF-1.4\n1 0 obj <</Type /Page>> endobj\nstartxref\n0\n%%EOF\n\r\n--x--\r\n",
);

const fn sample(id: &'static str, text: &'static str, foreign: u16) -> Sample {
    Sample {
        id,
        text,
        foreign,
        plain: 200,
    }
}

/// One that an account refuses which has not begun it, or has a passkey.
const fn unready(id: &'static str, text: &'static str, plain: u16) -> Sample {
    Sample {
        id,
        text,
        foreign: 0,
        plain,
    }
}

/// An operation that needs a caller.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    /// Only a session may.
    pub(super) is_owners: bool,
    /// The status where the ids are another account's; 0: it takes none.
    pub(super) foreign: u16,
    /// The status where it takes none, and the caller may.
    pub(super) plain: u16,
    /// The names in its query.
    pub(super) parameters: Vec<String>,
    /// It reads a body.
    pub(super) takes_body: bool,
    text: &'static str,
}

impl Operation {
    pub(super) fn is_mutating(&self) -> bool {
        self.method == "POST"
    }

    /// Path with query, and body.
    pub(super) fn request(&self, own: &dyn Fn(&str) -> String) -> (String, Option<String>) {
        let mut text = self.text.to_owned();
        for name in [
            "order",
            "session",
            "device",
            "key",
            "passkey",
            "account",
            "sub",
            "deposit",
            "withdrawal",
            "quote",
            "target",
        ] {
            text = text.replace(&format!("{{{name}}}"), &own(name));
        }
        match self.is_mutating() {
            true => (
                self.path.clone(),
                Some(text).filter(|text| !text.is_empty()),
            ),
            false => (format!("{}{text}", self.path), None),
        }
    }
}

/// All that need a caller; what ends the caller's own session comes last.
pub(super) fn all() -> Vec<Operation> {
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, said) in item.as_object().expect("operations") {
            let ways = said["security"].as_array().expect("who may call");
            // Those of staff have their own tests (staff.rs).
            if !ways.is_empty() && said["x-staff-roles"].is_null() {
                let is_owners = ways.iter().all(|way| way["apiKey"].is_null());
                all.push(read(&document, path, method, said, is_owners));
            }
        }
    }
    all.sort_by_key(|operation| operation.id == "logout");
    all
}

fn read(document: &Value, path: &str, method: &str, said: &Value, is_owners: bool) -> Operation {
    let id = said["operationId"].as_str().expect("an id").to_owned();
    let sample = SAMPLES.iter().find(|sample| sample.id == id);
    let sample = sample.unwrap_or_else(|| panic!("{id}: add a sample of it to SAMPLES"));
    let takes = takes_ids(document, said);
    assert_eq!(
        takes,
        sample.foreign != 0,
        "{id}: does it take another's id?"
    );
    Operation {
        id,
        method: method.to_uppercase(),
        path: path.to_owned(),
        is_owners,
        foreign: sample.foreign,
        plain: sample.plain,
        parameters: parameters(said),
        takes_body: !said["requestBody"].is_null(),
        text: sample.text,
    }
}

fn parameters(said: &Value) -> Vec<String> {
    let all = said["parameters"].as_array().into_iter().flatten();
    let in_query = all.filter(|parameter| parameter["in"] == "query");
    let names = in_query.filter_map(|parameter| parameter["name"].as_str());
    names.map(str::to_owned).collect()
}

/// Whether it names things that have an owner. A client's own names are within its account, and
/// proofs are everybody's.
fn takes_ids(document: &Value, said: &Value) -> bool {
    let parameters = said["parameters"].as_array().expect("parameters");
    let parameters = parameters
        .iter()
        .filter_map(|parameter| parameter["name"].as_str());
    let schema = &said["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"]
        .as_str()
        .and_then(|place| place.rsplit('/').next());
    let body = name.and_then(|n| document["components"]["schemas"][n]["properties"].as_object());
    let fields = body
        .into_iter()
        .flat_map(|body| body.keys().map(String::as_str));
    let mut names = parameters.chain(fields);
    names.any(|name| {
        name.ends_with("Id") && name != "proofId" && !name.to_lowercase().ends_with("clientorderid")
    })
}
