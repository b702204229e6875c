//! What a field of a name means, wherever it stands: one name has one meaning in the whole API.
//! The names are in `fields.txt`; their forms are here.

use serde_json::{Map, Value, json};

const FIELDS: &str = include_str!("fields.txt");

/// Longest decimal as text.
const DECIMAL_LENGTH: u32 = 64;
/// Last millisecond of the year 9999.
const LATEST_MS: i64 = 253_402_300_799_999;

/// How a value is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Text of a pattern and a longest length.
    Text(&'static str, u32),
    /// A whole number up to this one.
    Count(i64),
    /// Anything else: the type says it.
    Other,
}

/// A line of the table.
struct Field<'a> {
    name: &'a str,
    form: Form,
    example: &'a str,
    meaning: &'a str,
}

fn form(name: &str) -> Option<Form> {
    Some(match name {
        "decimal" => Form::Text("^[0-9]+(\\.[0-9]+)?$", DECIMAL_LENGTH),
        "signed" => Form::Text("^-?[0-9]+(\\.[0-9]+)?$", DECIMAL_LENGTH),
        "number" => Form::Text("^[1-9][0-9]{0,18}$", 19),
        "market" => Form::Text("^[A-Z0-9]{1,16}/[A-Z0-9]{1,16}$", 33),
        "asset" => Form::Text("^[A-Z0-9]{1,16}$", 16),
        "name" => Form::Text("^[A-Za-z0-9_.:-]{1,32}$", 32),
        "cursor" => Form::Text("^[0-9a-f]{1,16}-[0-9a-f]{1,16}-[0-9a-f]{1,8}$", 42),
        "word" => Form::Text("^[a-z0-9_]{1,32}$", 32),
        "token" => Form::Text("^[0-9A-Za-z_-]{1,128}$", 128),
        "totp" => Form::Text("^[0-9]{6}$", 6),
        "recovery" => Form::Text("^[^\\x00]*$", 64),
        "uri" => Form::Text("^otpauth://[^\\s\\x00]*$", 1024),
        "txid" => Form::Text("^(0x)?[0-9a-f]{64}$", 66),
        "publicid" => Form::Text("^[0-9a-f]{32}$", 32),
        "base64" => Form::Text("^[A-Za-z0-9+/]*={0,2}$", 64),
        "email" => Form::Text("^[^@\\s\\x00]+@[^@\\s\\x00]+$", 254),
        "password" => Form::Text("^[^\\x00]*$", 1024),
        "date" => Form::Text("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10),
        "country" => Form::Text("^[A-Z]{2}$", 2),
        "phone" => Form::Text("^\\+[0-9 ().-]{7,30}$", 31),
        "code" => Form::Text("^[A-Za-z0-9 _-]{4,20}$", 20),
        "text" => Form::Text("^[^\\x00]*$", 256),
        "time" => Form::Count(LATEST_MS),
        "crc" => Form::Count(u32::MAX as i64),
        "issuer" => Form::Text("^[A-Z]{3}$", 3),
        "level" => Form::Count(9),
        "count" => Form::Count(i64::MAX),
        "scale" => Form::Count(36),
        "hash" => Form::Text("^[0-9a-f]{64}$", 64),
        "hex" => Form::Text("^[0-9a-f]*$", 130),
        "atoms" => Form::Text("^[0-9]{1,39}$", 39),
        "lines" => Form::Text("^[^\\x00]*$", 10_000),
        "other" => Form::Other,
        _ => return None,
    })
}

fn read(line: &str) -> Option<Field<'_>> {
    let (columns, meaning) = line.split_once(" | ")?;
    let mut columns = columns.split(' ');
    Some(Field {
        name: columns.next()?,
        form: form(columns.next()?)?,
        example: columns.next()?,
        meaning,
    })
}

fn find(name: &str) -> Option<Field<'static>> {
    FIELDS
        .lines()
        .filter_map(read)
        .find(|field| field.name == name)
}

/// What the table says of a field.
pub(super) fn meaning(name: &str) -> Option<&'static str> {
    find(name).map(|field| field.meaning)
}

/// Adds to a schema what its name tells and it does not say itself.
pub(super) fn describe(name: &str, schema: &mut Map<String, Value>) {
    let Some(field) = find(name) else {
        return;
    };
    let is = |wanted: &str| match schema.get("type") {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(several)) => several.iter().any(|one| one == wanted),
        _ => false,
    };
    let (is_text, is_number, is_flag) = (is("string"), is("integer"), is("boolean"));
    let is_single = is_text || is_number || is_flag;
    if is_single && field.example != "-" && !schema.contains_key("enum") {
        let text = Value::from(field.example);
        let value = match is_text {
            true => text,
            false => serde_json::from_str(field.example).unwrap_or(text),
        };
        absent(schema, "examples", json!([value]));
    }
    match field.form {
        Form::Text(pattern, length) if is_text && !schema.contains_key("enum") => {
            absent(schema, "pattern", json!(pattern));
            absent(schema, "maxLength", json!(length));
        }
        Form::Count(most) if is_number => {
            absent(schema, "minimum", json!(0));
            absent(schema, "maximum", json!(most));
        }
        _ => {}
    }
}

fn absent(schema: &mut Map<String, Value>, key: &str, value: Value) {
    schema.entry(key).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_the_names_are_in_order() {
        let lines = FIELDS.lines().filter(|line| !line.starts_with('#'));
        let names: Vec<&str> = lines
            .map(|line| read(line).unwrap_or_else(|| panic!("{line}")).name)
            .collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }
}
