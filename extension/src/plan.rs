//! From a batch's json to steps for the engine: what each command asks, of which market.

use crate::ids;
use crate::pg::table::{IndexLookup, Table};
use crate::store::accounts::Accounts;
use crate::store::markets::Markets;
use crate::store::order_keys;
use crate::units;
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
    /// Cancel an account's orders in all markets that take cancels.
    CancelEverywhere {
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
            Step::CancelEverywhere { markets, .. } => markets,
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
    let mut keys = order_keys::lookup(order_keys);
    let mut placers = Vec::new();
    for (position, json) in batch.iter().enumerate() {
        let step = Wire::parse(json.get()).and_then(|wire| {
            if let (Ok(Verb::Place | Verb::Replace), Ok(account)) = (wire.verb(), wire.account()) {
                placers.push((position, account));
            }
            step(&wire, markets, &mut keys, &steps)
        });
        steps.push(step.unwrap_or_else(Step::Refuse));
    }
    admit(&mut steps, &placers);
    steps
}

fn step(
    wire: &Wire<'_>,
    markets: &Markets,
    keys: &mut IndexLookup<'_>,
    before: &[Step],
) -> Result<Step, Refusal> {
    let verb = wire.verb()?;
    let account = wire.account()?;
    match verb {
        Verb::Place => {
            let Some(symbol) = wire.market() else {
                return Err(Refusal::malformed("market", "market is missing"));
            };
            let text = wire.order_text()?;
            let market = known(markets, symbol)?;
            let order = units::new_order(&text, account, &markets.all()[market])?;
            let command = Command::Place(order);
            Ok(Step::Run { market, command })
        }
        Verb::Cancel => cancel(wire, markets, keys, before, account),
        Verb::CancelAll => cancel_all(wire, markets, account),
        Verb::Reduce => {
            let text = wire.quantity_text()?;
            let (market, order) = required_order(wire, markets)?;
            let remaining_lots = units::quantity_lots(text, &markets.all()[market])?;
            let command = Command::Reduce {
                account,
                order,
                remaining_lots,
            };
            Ok(Step::Run { market, command })
        }
        Verb::Replace => {
            let text = wire.order_text()?;
            let (market, order) = required_order(wire, markets)?;
            let new = units::new_order(&text, account, &markets.all()[market])?;
            let command = Command::Replace { order, new };
            Ok(Step::Run { market, command })
        }
    }
}

fn cancel(
    wire: &Wire<'_>,
    markets: &Markets,
    keys: &mut IndexLookup<'_>,
    before: &[Step],
    account: AccountId,
) -> Result<Step, Refusal> {
    match (wire.order()?, wire.client_order_id()?) {
        (Some(number), None) => {
            let (market, order) = locate(markets, number)?;
            let command = Command::Cancel { account, order };
            Ok(Step::Run { market, command })
        }
        (None, Some(id)) => {
            let market = market_of_key(markets, keys, before, account, &id)?;
            Ok(Step::CancelByClientId {
                market,
                account,
                id,
            })
        }
        _ => {
            let message = "give order_id or client_order_id, one of them";
            Err(Refusal::malformed("order_id", message))
        }
    }
}

fn cancel_all(wire: &Wire<'_>, markets: &Markets, account: AccountId) -> Result<Step, Refusal> {
    let side = wire.side()?;
    match wire.market() {
        Some(symbol) => Ok(Step::Run {
            market: known(markets, symbol)?,
            command: Command::CancelAll { account, side },
        }),
        None => Ok(Step::CancelEverywhere {
            markets: (0..markets.all().len()).collect(),
            account,
            side,
        }),
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
        None => Err(Refusal::malformed("order_id", "order_id is missing")),
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
    keys: &mut IndexLookup<'_>,
    before: &[Step],
    account: AccountId,
    id: &ClientOrderId,
) -> Result<usize, Refusal> {
    let stored = order_keys::find(keys, account, id);
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

/// Gives each order to place its account's fee rates, or refuses it, where the command has not
/// earned a refusal that takes precedence.
fn admit(steps: &mut [Step], placers: &[(usize, AccountId)]) {
    if placers.is_empty() {
        return;
    }
    let accounts: Vec<AccountId> = placers.iter().map(|(_, account)| *account).collect();
    let admitted = Accounts::open().may_place(&accounts);
    for (&(position, account), answer) in placers.iter().zip(admitted) {
        match (answer, &mut steps[position]) {
            (Ok(rates), Step::Run { command, .. }) => {
                if let Some(order) = placed_mut(command) {
                    order.rates = rates;
                }
            }
            (Ok(_), _) => {}
            (Err(reject), Step::Refuse(refusal)) if refusal.reject < reject => {}
            (Err(reject), step) => {
                let message = match reject {
                    Reject::AccountFrozen => format!("account {account} is frozen"),
                    _ => format!("no account {account} that may trade"),
                };
                *step = Step::Refuse(Refusal::new(reject, message));
            }
        }
    }
}

fn placed_mut(command: &mut Command) -> Option<&mut NewOrder> {
    match command {
        Command::Place(order) | Command::Replace { new: order, .. } => Some(order),
        _ => None,
    }
}
