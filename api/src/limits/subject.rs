//! Whose limit it is.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An address; of IPv6 the network of 64 bits, because a subscriber has all of it.
    Address(IpAddr),
    /// An account.
    Account(i64),
    /// An API key.
    Key(i64),
    /// A member of staff.
    Member(i64),
}

/// The network part of an IPv6 address.
const NETWORK_BITS: u128 = !0 << 64;

impl Subject {
    /// Of a client's address.
    pub fn address(address: IpAddr) -> Self {
        Subject::Address(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK_BITS).into(),
        })
    }
}

impl fmt::Display for Subject {
    /// As the database names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Address(address) => write!(f, "address:{address}"),
            Subject::Account(account_id) => write!(f, "account:{account_id}"),
            Subject::Key(api_key_id) => write!(f, "key:{api_key_id}"),
            Subject::Member(staff_id) => write!(f, "member:{staff_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_s_many_addresses_are_one() {
        let name = |text: &str| Subject::address(text.parse().expect("an address")).to_string();
        assert_eq!(name("192.0.2.1"), "address:192.0.2.1");
        assert_eq!(name("::ffff:192.0.2.1"), "address:192.0.2.1");
        assert_eq!(name("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::");
        assert_eq!(name("2001:db8:1:2::9"), name("2001:db8:1:2:3:4:5:6"));
        assert_eq!(Subject::Key(3).to_string(), "key:3");
        assert_eq!(Subject::Member(3).to_string(), "member:3");
    }
}
