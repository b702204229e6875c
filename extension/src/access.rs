//! By what right commands are given: judged once the batch's markets are locked, so that nothing is
//! done for a credential that was revoked, or a request that ran out, while the batch waited.

use crate::hash::BatchMap;
use crate::pg::session;
use crate::pg::table::{IndexLookup, Table};
use crate::plan::Step;
use crate::store::{api_keys, sessions};
use crate::wire::{Claim, Refusal};
use engine::order::AccountId;
use engine::reject::Reject;

/// Microseconds from 1970 to 2000, the epoch of Postgres' timestamps.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Refuses the steps whose claims do not hold now. A batch that claims nothing costs nothing; each
/// credential is looked up once.
pub(crate) fn refuse(steps: &mut [Step], claims: &[(usize, Claim)]) {
    if claims.is_empty() {
        return;
    }
    let tables = Tables::open(claims);
    let mut credentials = Credentials::new(&tables);
    for (position, claim) in claims {
        let Some(reject) = credentials.judge(claim) else {
            continue;
        };
        let step = &mut steps[*position];
        if !matches!(step, Step::Refuse(refusal) if refusal.reject < reject) {
            *step = Step::Refuse(Refusal::new(reject, words(reject)));
        }
    }
}

fn words(reject: Reject) -> &'static str {
    match reject {
        Reject::RequestExpired => "the request came later than it allows",
        _ => "this session or key may not do this, or no longer",
    }
}

/// Those of both tables that the batch needs.
struct Tables {
    sessions: Option<Table>,
    api_keys: Option<Table>,
}

impl Tables {
    fn open(claims: &[(usize, Claim)]) -> Tables {
        let any = |has: fn(&Claim) -> bool| claims.iter().any(|(_, claim)| has(claim));
        Tables {
            sessions: any(|claim| claim.session_id.is_some()).then(sessions::open),
            api_keys: any(|claim| claim.api_key_id.is_some()).then(api_keys::open),
        }
    }
}

struct Credentials<'a> {
    now: i64,
    sessions: Option<IndexLookup<'a>>,
    api_keys: Option<IndexLookup<'a>>,
    known_sessions: BatchMap<(AccountId, i64), bool>,
    known_keys: BatchMap<(AccountId, i64), bool>,
}

impl<'a> Credentials<'a> {
    fn new(tables: &'a Tables) -> Credentials<'a> {
        Credentials {
            now: session::now(),
            sessions: tables.sessions.as_ref().map(sessions::lookup),
            api_keys: tables.api_keys.as_ref().map(api_keys::lookup),
            known_sessions: BatchMap::default(),
            known_keys: BatchMap::default(),
        }
    }

    /// Why the command is not to be done, where it is not.
    fn judge(&mut self, claim: &Claim) -> Option<Reject> {
        let Claim {
            account,
            session_id,
            api_key_id,
            valid_until_ms,
        } = *claim;
        if valid_until_ms.is_some_and(|until| micros(until) < self.now) {
            return Some(Reject::RequestExpired);
        }
        let now = self.now;
        let session_holds = match (session_id, &mut self.sessions) {
            (Some(id), Some(lookup)) => *self
                .known_sessions
                .entry((account, id))
                .or_insert_with(|| sessions::holds(lookup, id, account, now)),
            _ => true,
        };
        let key_holds = match (api_key_id, &mut self.api_keys) {
            (Some(id), Some(lookup)) => *self
                .known_keys
                .entry((account, id))
                .or_insert_with(|| api_keys::holds(lookup, id, account)),
            _ => true,
        };
        (!session_holds || !key_holds).then_some(Reject::AccessRevoked)
    }
}

/// From milliseconds since 1970 to microseconds since 2000; what is beyond the range never comes.
fn micros(since_1970_ms: i64) -> i64 {
    since_1970_ms
        .saturating_mul(1000)
        .saturating_sub(EPOCH_MICROS)
}
