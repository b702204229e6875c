//! Which e-mail addresses are taken: plain ones that every mail server takes. Quoted names,
//! comments and letters beyond ASCII are refused, not guessed at.

const LENGTH_LIMIT: usize = 254;
const NAME_LIMIT: usize = 64;
const LABEL_LIMIT: usize = 63;

/// The address as it is kept: without blanks around it, in lower case.
///
/// # Errors
/// The rule that it breaks, for people.
pub fn normal(address: &str) -> Result<String, &'static str> {
    let address = lower(address);
    check(&address)?;
    Ok(address)
}

/// The same of whatever was typed: where no account can have it, none is found.
pub fn lower(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

pub(crate) fn check(address: &str) -> Result<(), &'static str> {
    if address.len() > LENGTH_LIMIT {
        return Err("an e-mail address has at most 254 characters");
    }
    let Some((name, domain)) = address.split_once('@') else {
        return Err("an e-mail address is name@domain");
    };
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let fits = |part: &str| !part.is_empty() && part.bytes().all(is_atom);
    if name.len() > NAME_LIMIT || !name.split('.').all(fits) {
        return Err("before the @ stand at most 64 letters, digits and signs, no spaces or quotes");
    }
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=LABEL_LIMIT).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err("after the @ stands a domain such as example.com");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, normal};

    #[test]
    fn an_address_is_kept_in_one_form() {
        assert_eq!(
            normal(" Alice@Example.COM\n").as_deref(),
            Ok("alice@example.com")
        );
        assert!(normal("alice @example.com").is_err());
    }

    #[test]
    fn plain_addresses_are_taken_and_others_refused() {
        for good in [
            "a@b.c",
            "Alice.B+tag@mail.example.com",
            "o'neil@x-1.org",
            "1@2.3",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long_name = format!("{}@example.com", "x".repeat(65));
        let long_domain = format!("a@{}.com", "x".repeat(64));
        let long = format!("a@{}com", "x.".repeat(130));
        for bad in [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a@b@c.d",
            "a b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a@-b.c",
            "a@b-.c",
            "a@b..c",
            "a@b.c.",
            "a@b_c.d",
            "ä@b.c",
            "\"a\"@b.c",
            "a\0@b.c",
            "a@b.c\r\nBcc: x@y.z",
            &long_name,
            &long_domain,
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
