//! From a batch's json to steps for the engine: what each command asks, of which market.

use crate::ids;
use crate::pg::table::{IndexLookup, Table};
use crate::store::accounts::Accounts;
use crate::store::markets::{Market, Markets};
use crate::store::order_keys;
use crate::units;
use crate::wire::{Claim, Refusal, Verb, Wire};
use engine::command::Command;
use engine::order::{AccountId, ClientOrderId, NewOrder, Sequence, Side};
use engine::reject::Reject;
use serde_json::value::RawValue;

/// What is to be done for one command of the batch.
pub(crate) enum Step {
    /// Nothing: it is refused already.
    Refuse(Refusal),
    /// One command of one market, by its position in the markets.
    Run { market: usize, command: Command },
    /// Do this to the order that the account placed under this name.
    ByClientId {
        market: usize,
        account: AccountId,
        id: ClientOrderId,
        action: Action,
    },
    /// Cancel an account's orders in all markets that take cancels.
    CancelEverywhere {
        markets: Vec<usize>,
        account: AccountId,
        side: Option<Side>,
    },
}

/// What can be done to an open order.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    Cancel,
    Reduce { remaining_lots: u64 },
    Replace { new: NewOrder },
}

impl Action {
    /// The command, once the order's number is known.
    pub(crate) fn on(self, account: AccountId, order: Sequence) -> Command {
        match self {
            Action::Cancel => Command::Cancel { account, order },
            Action::Reduce { remaining_lots } => Command::Reduce {
                account,
                order,
                remaining_lots,
            },
            Action::Replace { new } => Command::Replace { order, new },
        }
    }
}

/// A batch, understood.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// By what right steps are asked for: their positions, where anything is said.
    pub(crate) claims: Vec<(usize, Claim)>,
    /// Accounts that place orders and are linked with others, ascending.
    pub(crate) linked: Vec<AccountId>,
}

impl Step {
    /// Positions of the markets that the step needs.
    pub(crate) fn markets(&self) -> &[usize] {
        match self {
            Step::Refuse(_) => &[],
            Step::Run { market, .. } | Step::ByClientId { market, .. } => {
                std::slice::from_ref(market)
            }
            Step::CancelEverywhere { markets, .. } => markets,
        }
    }
}

impl Step {
    /// The order to place, if the step is to place one, and its market's position.
    fn placed(&self) -> Option<(usize, &NewOrder)> {
        match self {
            Step::Run {
                market,
                command: Command::Place(order) | Command::Replace { new: order, .. },
            }
            | Step::ByClientId {
                market,
                action: Action::Replace { new: order },
                ..
            } => Some((*market, order)),
            _ => None,
        }
    }

    fn placed_mut(&mut self) -> Option<&mut NewOrder> {
        match self {
            Step::Run {
                command: Command::Place(order) | Command::Replace { new: order, .. },
                ..
            }
            | Step::ByClientId {
                action: Action::Replace { new: order },
                ..
            } => Some(order),
            _ => None,
        }
    }

    /// The command, where it is one for the market at this position.
    pub(crate) fn command_of(&self, position: usize) -> Option<&Command> {
        match self {
            Step::Run { market, command } if *market == position => Some(command),
            _ => None,
        }
    }
}

/// Plans a batch. Reads accounts and, for orders named by client order id, keys; locks nothing.
pub(crate) fn plan(batch: &[&RawValue], markets: &Markets, order_keys: &Table) -> Plan {
    let mut steps = Vec::with_capacity(batch.len());
    let mut keys = order_keys::lookup(order_keys);
    let mut placers = Vec::new();
    let mut claims = Vec::new();
    for (position, json) in batch.iter().enumerate() {
        let step = Wire::parse(json.get()).and_then(|wire| {
            if let (Ok(Verb::Place | Verb::Replace), Ok(account)) = (wire.verb(), wire.account()) {
                placers.push((position, account));
            }
            if let Some(claim) = wire.claim(wire.account()?)? {
                claims.push((position, claim));
            }
            step(&wire, markets, &mut keys, &steps)
        });
        steps.push(step.unwrap_or_else(Step::Refuse));
    }
    let linked = admit(&mut steps, &placers);
    Plan {
        steps,
        claims,
        linked,
    }
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
        Verb::CancelAll => cancel_all(wire, markets, account),
        Verb::Cancel | Verb::Reduce | Verb::Replace => {
            let named = Named::by(verb, wire)?;
            let market = match &named {
                Named::Number(number) => locate(markets, *number)?.0,
                Named::ClientId(id) => market_of_key(markets, keys, before, account, id)?,
            };
            let action = action(verb, wire, account, &markets.all()[market])?;
            named.step(market, account, action)
        }
    }
}

/// What is to be done to the order that the command names.
fn action(
    verb: Verb,
    wire: &Wire<'_>,
    account: AccountId,
    market: &Market,
) -> Result<Action, Refusal> {
    Ok(match verb {
        Verb::Reduce => Action::Reduce {
            remaining_lots: units::quantity_lots(wire.quantity_text()?, market)?,
        },
        Verb::Replace => Action::Replace {
            new: units::new_order(&wire.order_text()?, account, market)?,
        },
        _ => Action::Cancel,
    })
}

/// How a command names an open order.
enum Named {
    Number(i64),
    ClientId(ClientOrderId),
}

impl Named {
    /// One of the two names, after the shape of everything else was found right.
    fn by(verb: Verb, wire: &Wire<'_>) -> Result<Named, Refusal> {
        let client_id = match verb {
            Verb::Replace => {
                wire.order_text()?;
                wire.replaced_client_order_id()?
            }
            Verb::Reduce => {
                wire.quantity_text()?;
                wire.client_order_id()?
            }
            _ => wire.client_order_id()?,
        };
        match (wire.order()?, client_id) {
            (Some(number), None) => Ok(Named::Number(number)),
            (None, Some(id)) => Ok(Named::ClientId(id)),
            _ => {
                let message = match verb {
                    Verb::Replace => "give order_id or replaced_client_order_id, one of them",
                    _ => "give order_id or client_order_id, one of them",
                };
                Err(Refusal::malformed("order_id", message))
            }
        }
    }

    fn step(self, market: usize, account: AccountId, action: Action) -> Result<Step, Refusal> {
        match self {
            Named::ClientId(id) => Ok(Step::ByClientId {
                market,
                account,
                id,
                action,
            }),
            Named::Number(number) => {
                let (_, order) =
                    ids::split(number).ok_or_else(|| not_found(&number.to_string()))?;
                let command = action.on(account, order);
                Ok(Step::Run { market, command })
            }
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
    let in_batch = before.iter().find_map(|step| {
        let (market, order) = step.placed()?;
        (order.account == account && order.client_order_id == Some(*id)).then_some(market)
    });
    in_batch.ok_or_else(|| Refusal {
        field: Some("client_order_id"),
        ..not_found(&format!("{:?}", id.as_str()))
    })
}

/// Gives each order to place its account's fee rates, or refuses it, where the command has not
/// earned a refusal that takes precedence. Returns the linked ones of the accounts, ascending.
fn admit(steps: &mut [Step], placers: &[(usize, AccountId)]) -> Vec<AccountId> {
    let mut linked = Vec::new();
    if placers.is_empty() {
        return linked;
    }
    let accounts: Vec<AccountId> = placers.iter().map(|(_, account)| *account).collect();
    let admitted = Accounts::open().may_place(&accounts);
    for (&(position, account), answer) in placers.iter().zip(admitted) {
        match (answer, &mut steps[position]) {
            (Ok(placer), step) => {
                if let Some(order) = step.placed_mut() {
                    order.rates = placer.rates;
                }
                if placer.is_linked {
                    linked.push(account);
                }
            }
            (Err(reject), Step::Refuse(refusal)) if refusal.reject < reject => {}
            (Err(reject), step) => {
                let message = match reject {
                    Reject::AccountFrozen => format!("account {account} is frozen"),
                    Reject::KycRequired => {
                        format!(
                            "account {account} must prove its owner's identity before it trades"
                        )
                    }
                    _ => format!("no account {account} that may trade"),
                };
                *step = Step::Refuse(Refusal::new(reject, message));
            }
        }
    }
    linked.sort_unstable();
    linked.dedup();
    linked
}
