//! From a batch's json to steps for the engine: what each command asks, of which market.

use crate::ids;
use crate::pg::table::Table;
use crate::store::accounts::Accounts;
use crate::store::markets::Markets;
use crate::store::order_keys;
use crate::wire::{Refusal, Verb, Wire};
use engine::command::Command;
use engine::order::{AccountId, ClientOrderId, NewOrder, Side};
use engine::reject::Reject;
use serde_json::value::RawValue;

/// What is to be done for one command of the batch.
pub(crate) enum Step {
    /// Nothing: it is refused already.
    Refuse(Refusal),
    /// One command of one market, by its position in the markets.
    Run { market: usize, command: Command },
    /// Cancel the order that the account placed under this name.
    CancelByClientId {
        market: usize,
        account: AccountId,
        id: ClientOrderId,
    },
    /// Cancel an account's orders in these markets.
    CancelAll {
        markets: Vec<usize>,
        account: AccountId,
        side: Option<Side>,
    },
}

impl Step {
    /// Positions of the markets that the step needs.
    pub(crate) fn markets(&self) -> &[usize] {
        match self {
            Step::Refuse(_) => &[],
            Step::Run { market, .. } | Step::CancelByClientId { market, .. } => {
                std::slice::from_ref(market)
            }
            Step::CancelAll { markets, .. } => markets,
        }
    }
}

impl Step {
    /// The command, where it is one for the market at this position.
    pub(crate) fn command_of(&self, position: usize) -> Option<&Command> {
        match self {
            Step::Run { market, command } if *market == position => Some(command),
            _ => None,
        }
    }
}

/// Plans a batch. Reads accounts and, for cancels by client order id, keys; locks nothing.
pub(crate) fn plan(batch: &[&RawValue], markets: &Markets, order_keys: &Table) -> Vec<Step> {
    let mut steps = Vec::with_capacity(batch.len());
    for json in batch {
        let step = Wire::parse(json.get())
            .and_then(|wire| step(&wire, markets, order_keys, &steps))
            .unwrap_or_else(Step::Refuse);
        steps.push(step);
    }
    steps = admit(steps);
    steps
}

fn step(
    wire: &Wire<'_>,
    markets: &Markets,
    order_keys: &Table,
    before: &[Step],
) -> Result<Step, Refusal> {
    let verb = wire.verb()?;
    let account = wire.account()?;
    match verb {
        Verb::Place => {
            let Some(symbol) = wire.market() else {
                return Err(missing("market", "market is missing"));
            };
            let market = known(markets, symbol)?;
            let order = wire.new_order(account, &markets.all()[market])?;
            Ok(Step::Run {
                market,
                command: Command::Place(order),
            })
        }
        Verb::Cancel => match (wire.order()?, wire.client_order_id()?) {
            (Some(number), None) => {
                let (market, order) = locate(markets, number)?;
                Ok(Step::Run {
                    market,
                    command: Command::Cancel { account, order },
                })
            }
            (None, Some(id)) => {
                let market = market_of_key(markets, order_keys, before, account, &id)?;
                Ok(Step::CancelByClientId {
                    market,
                    account,
                    id,
                })
            }
            _ => Err(missing(
                "order_id",
                "give order_id or client_order_id, one of them",
            )),
        },
        Verb::CancelAll => {
            let side = wire.side()?;
            let markets = match wire.market() {
                Some(symbol) => vec![known(markets, symbol)?],
                None => (0..markets.all().len()).collect(),
            };
            Ok(Step::CancelAll {
                markets,
                account,
                side,
            })
        }
        Verb::Reduce => {
            let (market, order) = required_order(wire, markets)?;
            let remaining_lots = wire.quantity_lots(&markets.all()[market])?;
            Ok(Step::Run {
                market,
                command: Command::Reduce {
                    account,
                    order,
                    remaining_lots,
                },
            })
        }
        Verb::Replace => {
            let (market, order) = required_order(wire, markets)?;
            let new = wire.new_order(account, &markets.all()[market])?;
            Ok(Step::Run {
                market,
                command: Command::Replace { order, new },
            })
        }
    }
}

fn missing(field: &'static str, message: &str) -> Refusal {
    Refusal {
        reject: Reject::Malformed,
        message: message.to_owned(),
        field: Some(field),
    }
}

fn known(markets: &Markets, symbol: &str) -> Result<usize, Refusal> {
    markets
        .by_symbol(symbol)
        .ok_or_else(|| Refusal::new(Reject::UnknownMarket, format!("no market {symbol:?}")))
}

fn required_order(wire: &Wire<'_>, markets: &Markets) -> Result<(usize, u64), Refusal> {
    match wire.order()? {
        Some(number) => locate(markets, number),
        None => Err(missing("order_id", "order_id is missing")),
    }
}

/// The market and sequence of an order's number.
fn locate(markets: &Markets, number: i64) -> Result<(usize, u64), Refusal> {
    ids::split(number)
        .and_then(|(market, sequence)| Some((markets.by_id(market)?, sequence)))
        .ok_or_else(|| not_found(&number.to_string()))
}

fn not_found(name: &str) -> Refusal {
    Refusal::new(
        Reject::OrderNotFound,
        format!("no open order {name} of this account"),
    )
}

/// The market of the order placed under `id`: in the tables, or earlier in this batch.
fn market_of_key(
    markets: &Markets,
    order_keys: &Table,
    before: &[Step],
    account: AccountId,
    id: &ClientOrderId,
) -> Result<usize, Refusal> {
    let stored = order_keys::find(&mut order_keys::lookup(order_keys), account, id);
    if let Some(prior) = stored {
        return locate(markets, prior.order as i64).map(|(market, _)| market);
    }
    let in_batch = before.iter().find_map(|step| match step {
        Step::Run { market, command } => placed(command)
            .filter(|order| order.account == account && order.client_order_id == Some(*id))
            .map(|_| *market),
        _ => None,
    });
    in_batch.ok_or_else(|| Refusal {
        field: Some("client_order_id"),
        ..not_found(&format!("{:?}", id.as_str()))
    })
}

fn placed(command: &Command) -> Option<&NewOrder> {
    match command {
        Command::Place(order) | Command::Replace { new: order, .. } => Some(order),
        _ => None,
    }
}

/// Gives each order to place its account's fee rates, or refuses it. A refusal that the command
/// earned already stays where its code takes precedence.
fn admit(mut steps: Vec<Step>) -> Vec<Step> {
    let mut orders: Vec<(usize, AccountId)> = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        if let Step::Run { command, .. } = step
            && let Some(order) = placed(command)
        {
            orders.push((position, order.account));
        }
    }
    if orders.is_empty() {
        return steps;
    }
    let accounts: Vec<AccountId> = orders.iter().map(|(_, account)| *account).collect();
    let admitted = Accounts::open().may_place(&accounts);
    for ((position, account), answer) in orders.into_iter().zip(admitted) {
        match (answer, &mut steps[position]) {
            (
                Ok(rates),
                Step::Run {
                    command: Command::Place(order),
                    ..
                },
            )
            | (
                Ok(rates),
                Step::Run {
                    command: Command::Replace { new: order, .. },
                    ..
                },
            ) => {
                order.rates = rates;
            }
            (Err(reject), step) => {
                let message = match reject {
                    Reject::AccountFrozen => format!("account {account} is frozen"),
                    _ => format!("no account {account} that may trade"),
                };
                *step = Step::Refuse(Refusal::new(reject, message));
            }
            _ => {}
        }
    }
    steps
}
