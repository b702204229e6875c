//! One call: plan, lock the markets, let the engine decide, book what it decided, answer.

use crate::access;
use crate::answer::{self, Answer};
use crate::booking;
use crate::funds::Funds;
use crate::ids;
use crate::pg::{session, transaction};
use crate::plan::{self, Plan, Step};
use crate::risk::Guard;
use crate::shared_book;
use crate::store::markets::{Market, Markets};
use crate::store::{balances, order_keys};
use crate::wire::Refusal;
use engine::command::{Command, Outcome};
use engine::facts::Facts;
use engine::order::Sequence;
use engine::reject::Reject;
use serde_json::value::RawValue;

/// Commands that one call takes: it bounds how long a market is locked.
pub(crate) const MAX_COMMANDS: usize = 4096;

/// A market that the batch has locked, and what it did there.
pub(crate) struct Locked<'a> {
    pub(crate) market: &'a Market,
    pub(crate) slot: usize,
    /// The book's number before the batch.
    pub(crate) before: Sequence,
    pub(crate) facts: Facts,
}

/// Runs a batch and returns the outcomes as json.
pub(crate) fn submit(json: &str) -> String {
    session::require_writable(c"exchange.submit()");
    session::require_read_committed();
    let commands = commands(json);
    let markets = Markets::read();
    let keys_table = order_keys::open();
    let Plan {
        mut steps,
        claims,
        linked,
    } = plan::plan(&commands, &markets, &keys_table);
    let mut locked = lock(&steps, &markets);
    let at = session::now();
    access::refuse(&mut steps, &claims);
    let mut guard = Guard::open(linked, at);

    // Tables are opened once the locks are held: their snapshots see all that was booked before.
    keys_table.refresh();
    let balances_table = balances::open();
    let mut funds = Funds::new(&balances_table, &keys_table, &markets);
    let answers: Vec<Answer> = steps
        .into_iter()
        .map(|step| run(step, &mut locked, &mut funds, &mut guard))
        .collect();
    guard.record();
    session::repeat_on_unique_violation(|| {
        booking::book(&locked, funds, &keys_table, &markets, at);
    });
    session::advance_command();
    answer::write_all(&answers, &markets)
}

fn commands(json: &str) -> Vec<&RawValue> {
    let commands: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_else(|error| {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            format!("the batch is not a json array: {error}")
        );
    });
    if commands.len() > MAX_COMMANDS {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            format!(
                "a batch has at most {MAX_COMMANDS} commands, not {}",
                commands.len()
            )
        );
    }
    commands
}

/// Locks every market of the batch, in ascending number, whatever order the commands are in. The
/// result has a place for each market; those that the batch does not need are `None`.
fn lock<'a>(steps: &[Step], markets: &'a Markets) -> Vec<Option<Locked<'a>>> {
    let mut needed = vec![false; markets.all().len()];
    steps
        .iter()
        .flat_map(Step::markets)
        .for_each(|&market| needed[market] = true);
    let lock_one = |(position, (market, needed)): (usize, (&'a Market, bool))| {
        needed.then(|| {
            let slot = shared_book::open_exclusive(market);
            let before = transaction::with_book(slot, |book| {
                book.warm(steps.iter().filter_map(|step| step.command_of(position)));
                book.sequence()
            });
            Locked {
                market,
                slot,
                before,
                facts: Facts::default(),
            }
        })
    };
    markets
        .all()
        .iter()
        .zip(needed)
        .enumerate()
        .map(lock_one)
        .collect()
}

fn run(
    step: Step,
    locked: &mut [Option<Locked<'_>>],
    funds: &mut Funds<'_>,
    guard: &mut Guard,
) -> Answer {
    match step {
        Step::Refuse(refusal) => Answer::Refused(refusal),
        Step::Run { market, command } => execute(market, command, locked, funds, guard),
        Step::ByClientId {
            market,
            account,
            id,
            action,
        } => {
            let id_of = |order: u64| ids::split(order as i64);
            let prior = engine::host::Host::prior(funds, account, &id);
            match prior.and_then(|prior| id_of(prior.order)) {
                Some((_, order)) => {
                    execute(market, action.on(account, order), locked, funds, guard)
                }
                // Placed earlier in this batch, but refused.
                None => Answer::Refused(Refusal {
                    field: Some("client_order_id"),
                    ..Refusal::new(Reject::OrderNotFound, "no open order under that name")
                }),
            }
        }
        Step::CancelEverywhere {
            markets,
            account,
            side,
        } => {
            let mut orders = 0;
            for market in markets {
                let command = Command::CancelAll { account, side };
                match decide(market, &command, locked, funds, guard) {
                    Ok(Outcome::CancelledAll { orders: ended }) => orders += ended,
                    Ok(_) => {}
                    // A halted market keeps its orders; the others are cancelled all the same.
                    Err(_) => continue,
                }
            }
            Answer::CancelledAll { orders }
        }
    }
}

fn decide(
    market: usize,
    command: &Command,
    locked: &mut [Option<Locked<'_>>],
    funds: &mut Funds<'_>,
    guard: &mut Guard,
) -> Result<Outcome, Reject> {
    let locked = locked[market]
        .as_mut()
        .expect("the step's markets are locked");
    let (rules, facts) = (&locked.market.rules, &mut locked.facts);
    let of = locked.market;
    transaction::with_book(locked.slot, |book| {
        let (Command::Place(order) | Command::Replace { new: order, .. }) = command else {
            return book.execute(rules, funds, command, facts);
        };
        guard.judge(of, order, book.last_price_ticks(), funds)?;
        let trades_before = facts.trades.len();
        let outcome = book.execute(rules, funds, command, facts);
        guard.settle(of, order, &outcome, &facts.trades[trades_before..]);
        outcome
    })
}

fn market_of<'a>(locked: &[Option<Locked<'a>>], position: usize) -> &'a Market {
    let locked = locked[position].as_ref();
    locked.expect("the step's markets are locked").market
}

fn execute(
    market: usize,
    command: Command,
    locked: &mut [Option<Locked<'_>>],
    funds: &mut Funds<'_>,
    guard: &mut Guard,
) -> Answer {
    let outcome = decide(market, &command, locked, funds, guard);
    let of = market_of(locked, market);
    match (outcome, command) {
        (Ok(Outcome::Order(status)), Command::Place(order)) => {
            funds.placed(of.id, status.order, &order);
            Answer::Order { market, status }
        }
        (Ok(Outcome::Replaced { cancelled, placed }), Command::Replace { new, .. }) => {
            funds.placed(of.id, placed.order, &new);
            Answer::Replaced {
                market,
                cancelled,
                placed,
            }
        }
        (Ok(Outcome::Order(status)), Command::Cancel { .. }) => {
            Answer::Cancelled { market, status }
        }
        (Ok(Outcome::Order(status)), _) => Answer::Order { market, status },
        (Ok(Outcome::CancelledAll { orders }), _) => Answer::CancelledAll { orders },
        (Ok(Outcome::Repeated(number)), _) => Answer::Repeated {
            number: number as i64,
        },
        (Ok(Outcome::Replaced { .. }), _) => unreachable!("only Replace replaces"),
        (Err(Reject::OrderNotFound), command) => not_open(market, &command),
        (Err(reject), _) => Answer::Refused(Refusal::new(reject, answer::explain(reject, of))),
    }
}

fn not_open(market: usize, command: &Command) -> Answer {
    match *command {
        Command::Cancel { account, order } => Answer::NotOpen {
            market,
            account,
            order,
            is_cancel: true,
        },
        Command::Reduce { account, order, .. } => Answer::NotOpen {
            market,
            account,
            order,
            is_cancel: false,
        },
        Command::Replace { order, new } => Answer::NotOpen {
            market,
            account: new.account,
            order,
            is_cancel: false,
        },
        Command::Place(_) | Command::CancelAll { .. } => {
            unreachable!("names no order")
        }
    }
}
