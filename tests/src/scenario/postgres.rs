//! Scenarios on Postgres: commands as the API's role, checks as the owner of everything.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Statement};

use super::{Balance, Exchange, Fact, Level, MarketLine, Setup};
use crate::database::Database;

/// Which functions carry the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `exchange.submit`, a batch a line.
    Batch,
    /// `exchange.place_order` and its like, where the command fits one.
    Single,
}

/// An exchange in a database of its own.
pub struct PostgresExchange {
    form: Form,
    trader: Client,
    owner: Client,
    /// Prepared, because planning it costs more than running it on so few rows.
    violations: Statement,
    accounts: HashMap<String, u64>,
    markets: i32,
    /// The highest fact seen of each market.
    seen: HashMap<i32, i64>,
}

impl PostgresExchange {
    /// An empty exchange.
    pub async fn new(database: &Database, form: Form) -> Result<PostgresExchange> {
        let owner = database.connect("postgres").await?;
        Ok(PostgresExchange {
            form,
            trader: database.connect("exchange_api").await?,
            violations: owner.prepare(crate::checks::VIOLATIONS).await?,
            owner,
            accounts: HashMap::new(),
            markets: 0,
            seen: HashMap::new(),
        })
    }

    async fn make_market(&mut self, market: &MarketLine) -> Result<()> {
        let (base, quote) = market.assets();
        let number = self.markets + 1;
        let text = format!(
            "select exchange.create_market({number}, '{base}', '{quote}', {}, {}, {}, {}, {}, {},
                 {}, {}, {})",
            market.tick,
            market.lot,
            market.min_quantity,
            market.max_quantity,
            market.min_notional,
            market.band,
            market.reference,
            market.max_open_orders,
            market.allow_self_trade,
        );
        self.execute(&text).await?;
        self.markets = number;
        Ok(())
    }

    async fn execute(&self, text: &str) -> Result<()> {
        self.owner
            .batch_execute(text)
            .await
            .map_err(|error| match error.as_db_error() {
                Some(error) => anyhow::anyhow!("{}", error.message()),
                None => error.into(),
            })
    }

    /// One command through the function named after its verb; `None` where its fields do not fit
    /// that function's arguments.
    async fn single(&self, command: &Value) -> Result<Option<Value>> {
        let Some(fields) = command.as_object() else {
            return Ok(None);
        };
        let function = match fields.get("verb").and_then(Value::as_str) {
            Some("place") => "place_order",
            Some("cancel") => "cancel_order",
            Some("cancel_all") => "cancel_all_orders",
            Some("reduce") => "reduce_order",
            Some("replace") => "replace_order",
            _ => return Ok(None),
        };
        // SQL takes many words for true, and a number for text; json does not.
        let is_of_type = |name: &str, fits: fn(&Value) -> bool| fields.get(name).is_none_or(fits);
        if !is_of_type("post_only", Value::is_boolean)
            || !is_of_type("client_order_id", Value::is_string)
        {
            return Ok(None);
        }
        let mut arguments = Vec::new();
        for (name, value) in fields.iter().filter(|(name, _)| *name != "verb") {
            let text = match value {
                Value::String(text) => text.replace('\'', "''"),
                other => other.to_string(),
            };
            arguments.push(format!("{name} => '{text}'"));
        }
        let text = format!("select exchange.{function}({})", arguments.join(", "));
        match self.trader.query_one(&text, &[]).await {
            Ok(row) => Ok(Some(row.get(0))),
            Err(error) if misfit(&error) => Ok(None),
            Err(error) => Err(error).context(text),
        }
    }
}

/// Whether Postgres itself refused an argument before the function was called: text that is no
/// number, a field that is no argument.
fn misfit(error: &tokio_postgres::Error) -> bool {
    use tokio_postgres::error::SqlState;
    let code = error.code();
    code == Some(&SqlState::INVALID_TEXT_REPRESENTATION)
        || code == Some(&SqlState::UNDEFINED_FUNCTION)
        || code == Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE)
}

impl Exchange for PostgresExchange {
    async fn set_up(&mut self, setup: &Setup) -> Result<()> {
        match setup {
            Setup::Asset { symbol, scale } => {
                self.execute(&format!(
                    "insert into exchange.assets (asset_id, symbol, scale)
                     select coalesce(max(asset_id), 0) + 1, '{symbol}', {scale}
                     from exchange.assets"
                ))
                .await
            }
            Setup::Tier { name, maker, taker } => {
                self.execute(&format!(
                    "insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
                     select coalesce(max(fee_tier_id), 0) + 1, '{name}', {maker}, {taker}
                     from exchange.fee_tiers;
                     insert into exchange.accounts (role) select 'external'
                     where not exists (select from exchange.accounts where role = 'external')"
                ))
                .await
            }
            Setup::Market(market) => self.make_market(market).await,
            Setup::Account { name, tier } => {
                let text = "insert into exchange.accounts (email, fee_tier_id)
                     select $1 || '@example.com', fee_tier_id from exchange.fee_tiers
                     where name = $2 returning account_id";
                let row = self.owner.query_one(text, &[name, tier]).await?;
                self.accounts
                    .insert(name.clone(), u64::try_from(row.get::<_, i64>(0))?);
                Ok(())
            }
            Setup::Fund {
                account,
                amount,
                asset,
            } => {
                let account = self.accounts.get(account).context("nobody of that name")?;
                self.execute(&format!(
                    "select exchange.adjust_balance({account}, '{asset}', {amount}, 'test',
                         gen_random_uuid()::text)"
                ))
                .await
            }
            Setup::Status { market, status } => {
                self.execute(&format!(
                    "update exchange.markets set status = '{status}' where symbol = '{market}'"
                ))
                .await
            }
            Setup::Freeze { account } => {
                let account = self.accounts.get(account).context("nobody of that name")?;
                self.execute(&format!(
                    "update exchange.accounts set status = 'frozen' where account_id = {account}"
                ))
                .await
            }
        }
    }

    fn account(&self, name: &str) -> Option<u64> {
        self.accounts.get(name).copied()
    }

    async fn submit(&mut self, batch: &[Value]) -> Result<Vec<Value>> {
        if let (Form::Single, [command]) = (self.form, batch)
            && let Some(outcome) = self.single(command).await?
        {
            return Ok(vec![outcome]);
        }
        let row = self
            .trader
            .query_one("select exchange.submit($1)", &[&Json(batch)])
            .await?;
        Ok(row.get::<_, Json<Vec<Value>>>(0).0)
    }

    async fn new_facts(&mut self) -> Result<Vec<Fact>> {
        let mut facts = Vec::new();
        for market in 1..=self.markets {
            let from = self.seen.get(&market).copied().unwrap_or_default();
            let rows = self.owner.query(FACTS, &[&market, &from]).await?;
            for row in &rows {
                facts.push(fact(row)?);
                self.seen.insert(market, row.get("number"));
            }
        }
        Ok(facts)
    }

    async fn book(&mut self, market: &str) -> Result<Vec<Level>> {
        let text = "select side, price::text, quantity::text, orders
             from exchange.order_book($1, 10000)";
        let rows = self.trader.query(text, &[&market]).await?;
        Ok(rows
            .iter()
            .map(|row| Level {
                side: row.get(0),
                price: row.get(1),
                quantity: row.get(2),
                orders: row.get(3),
            })
            .collect())
    }

    async fn balances(&mut self) -> Result<Vec<Balance>> {
        let rows = self.owner.query(BALANCES, &[]).await?;
        Ok(rows
            .iter()
            .map(|row| Balance {
                account: row.get(0),
                asset: row.get(1),
                available: row.get(2),
                held: row.get(3),
            })
            .collect())
    }

    async fn violations(&mut self) -> Result<Vec<String>> {
        let rows = self.owner.query(&self.violations, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Trades and updates of a market after a number.
const FACTS: &str = "
    select trade_id as number, true as is_trade, maker_order_id as first, taker_order_id as second,
        quantity::text as quantity, price::text as price, quote_amount::text as quote,
        maker_fee::text as maker_fee, taker_fee::text as taker_fee, '' as kind, '' as reason
    from exchange.trades where market_id = $1 and trade_id > $2
    union all
    select order_update_id, false, order_id, counter_order_id, removed_quantity::text, '', '',
        prevented_quantity::text, '', kind, reason
    from exchange.order_updates where market_id = $1 and order_update_id > $2
    order by number";

fn fact(row: &tokio_postgres::Row) -> Result<Fact> {
    let number = u64::try_from(row.get::<_, i64>("number"))?;
    let first = u64::try_from(row.get::<_, i64>("first"))?;
    let second = row
        .get::<_, Option<i64>>("second")
        .map(u64::try_from)
        .transpose()?;
    if !row.get::<_, bool>("is_trade") {
        return Ok(Fact::Update {
            update: number,
            order: first,
            kind: row.get("kind"),
            reason: row.get("reason"),
            removed: row.get("quantity"),
            counter: second,
            prevented: row.get("maker_fee"),
        });
    }
    Ok(Fact::Trade {
        trade: number,
        maker: first,
        taker: second.context("a trade has a taker")?,
        quantity: row.get("quantity"),
        price: row.get("price"),
        quote: row.get("quote"),
        maker_fee: row.get("maker_fee"),
        taker_fee: row.get("taker_fee"),
    })
}

/// Balances that are not zero, users first, with the decimals of their asset.
const BALANCES: &str = "
    select coalesce(split_part(a.email, '@', 1), 'fees ' || m.symbol),
        s.symbol, round(b.available, s.scale)::text, round(b.held, s.scale)::text
    from exchange.balances b
    join exchange.accounts a using (account_id)
    join exchange.assets s using (asset_id)
    left join exchange.markets m on m.fee_account_id = b.account_id
    where b.available <> 0 or b.held <> 0
    order by a.role desc, b.account_id, b.asset_id";
