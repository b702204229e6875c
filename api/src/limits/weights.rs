//! What each route weighs; all others weigh one, and health checks nothing.

/// Routes by their pattern.
const WEIGHTS: &[(&str, u32)] = &[
    ("/health", 0),
    ("/health/live", 0),
    ("/health/ready", 0),
    ("/api/time", 1),
    ("/api/trade/create-order", 1),
    // And one more for each order after the first, once the body is read.
    ("/api/trade/create-orders", 1),
    ("/api/trade/cancel-all", 5),
    ("/api/trade/orders", 2),
    ("/api/trade/fills", 2),
    ("/api/account/ledger", 5),
    ("/api/account/proof", 10),
    ("/api/account/sub-accounts", 5),
    ("/api/wallet/proofs", 5),
    ("/api/account/transfers", 5),
    ("/api/wallet/withdraw-fee", 5),
    ("/api/wallet/withdraw", 20),
    ("/api/wallet/withdrawals", 2),
    ("/api/wallet/addresses", 5),
    ("/api/market/depth", 2),
    ("/api/kyc/submit", 100),
    ("/api/wallet/deposit-address", 2),
    ("/api/wallet/deposit-address/qr.svg", 3),
    ("/api/wallet/deposit-address/qr.png", 3),
    ("/api/wallet/deposits", 2),
    ("/api/webhook/chain/{chain}", 5),
    ("/api/auth/login", 20),
    ("/api/auth/login/second-factor", 20),
    ("/api/auth/login/passkey/begin", 20),
    ("/api/auth/login/passkey", 20),
    ("/api/auth/step-up/begin", 5),
    ("/api/auth/step-up", 20),
    ("/api/auth/totp/confirm", 20),
    ("/api/auth/register", 50),
    ("/api/auth/verify", 20),
    ("/api/auth/set-password", 20),
    ("/api/auth/reset-password", 50),
    ("/api/auth/change-email", 50),
    ("/api/auth/confirm-email", 20),
    ("/api/auth/freeze", 20),
    ("/api/auth/api-keys", 5),
    ("/api/admin/login", 20),
    ("/api/admin/accept-invitation", 20),
    ("/api/admin/audit", 5),
];

/// What a route weighs, by its pattern.
pub(super) fn weight_of(route: Option<&str>) -> u32 {
    let known = WEIGHTS.iter().find(|(name, _)| Some(*name) == route);
    known.map_or(1, |(_, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_stands_once_and_the_others_weigh_one() {
        for (name, weight) in WEIGHTS {
            assert_eq!(weight_of(Some(name)), *weight);
            assert_eq!(WEIGHTS.iter().filter(|(other, _)| other == name).count(), 1);
        }
        assert_eq!(weight_of(None), 1);
        assert_eq!(weight_of(Some("/api/other")), 1);
    }
}
