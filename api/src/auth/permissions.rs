//! What a credential allows. A session allows everything; an API key what its owner chose.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a credential may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// To see the account.
    Read,
    /// To place and cancel orders.
    Trade,
    /// To move money out.
    Withdraw,
}

impl Permission {
    const ALL: [Permission; 3] = [Permission::Read, Permission::Trade, Permission::Withdraw];

    /// Its name, on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Permission::Read => "read",
            Permission::Trade => "trade",
            Permission::Withdraw => "withdraw",
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u8);

impl Permissions {
    /// What a session allows.
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Whether it is among them.
    pub fn allow(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// From names; one that is unknown allows nothing.
    pub fn of_names(names: &[String]) -> Self {
        let is_named = |permission: &Permission| names.iter().any(|n| n == permission.name());
        Permission::ALL.into_iter().filter(is_named).collect()
    }

    /// What is among them, in one order.
    pub fn held(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.allow(*p))
    }

    /// Their names, in one order.
    pub fn names(self) -> Vec<&'static str> {
        self.held().map(Permission::name).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Permissions(permissions.into_iter().fold(0, |set, p| set | bit(p)))
    }
}

fn bit(permission: Permission) -> u8 {
    1 << permission as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_allows_what_it_was_given_and_no_more() {
        let names = ["trade".to_owned(), "fly".to_owned()];
        let set = Permissions::of_names(&names);
        assert_eq!(set.names(), ["trade"]);
        assert!(set.allow(Permission::Trade) && !set.allow(Permission::Read));
        assert_eq!(Permissions::all().names(), ["read", "trade", "withdraw"]);
        assert_eq!(Permissions::default().names(), Vec::<&str>::new());
    }
}
