//! Reads the text of scenarios. It knows the shape of lines, and nothing of what is right.

use anyhow::{Context, Result, bail};

use super::{Action, MarketLine, Scenario, Setup, Step, command};

/// What most scenarios start from; `standard` stands for it.
const STANDARD: &str = include_str!("../../scenarios/standard.txt");

pub(super) fn scenarios(text: &str) -> Result<Vec<Scenario>> {
    let mut reader = Reader::default();
    reader.read(text, true)?;
    Ok(reader.scenarios)
}

#[derive(Default)]
struct Reader {
    scenarios: Vec<Scenario>,
    /// The market that commands mean which name none: the last one made.
    market: String,
    /// The batch between `batch` and `end`.
    batch: Option<Vec<super::Labelled>>,
}

impl Reader {
    /// `numbered`: whether line numbers are those of the file that a person edits.
    fn read(&mut self, text: &str, numbered: bool) -> Result<()> {
        for (index, line) in text.lines().enumerate() {
            let number = if numbered { index + 1 } else { 0 };
            let content = line.split(" #").next().unwrap_or_default().trim_end();
            if content.trim().is_empty() || content.starts_with('#') {
                continue;
            }
            self.line(number, content)
                .with_context(|| format!("line {number}: {line}"))?;
        }
        Ok(())
    }

    fn line(&mut self, number: usize, content: &str) -> Result<()> {
        if content.starts_with(' ') {
            let words: Vec<&str> = content.split_whitespace().collect();
            let step = self.steps()?.last_mut().context("nothing to answer")?;
            step.expected.push(words.join(" "));
            return Ok(());
        }
        let (verb, rest) = content.split_once(' ').unwrap_or((content, ""));
        match verb {
            "scenario" => {
                self.market.clear();
                self.scenarios.push(Scenario {
                    name: rest.trim().into(),
                    steps: Vec::new(),
                });
            }
            "standard" => self.read(STANDARD, false)?,
            "batch" => self.batch = Some(Vec::new()),
            "end" => {
                let batch = self.batch.take().context("no batch is open")?;
                self.push(number, Action::Submit(batch))?;
            }
            "book" => {
                let market = if rest.is_empty() {
                    self.market.clone()
                } else {
                    rest.trim().into()
                };
                self.push(number, Action::Book(market))?;
            }
            "balances" => self.push(number, Action::Balances)?,
            "asset" | "tier" | "market" | "account" | "fund" | "status" | "freeze" => {
                let setup = self.setup(verb, &rest.split_whitespace().collect::<Vec<_>>())?;
                self.push(number, Action::Setup(setup))?;
            }
            _ => {
                let labelled = command::read(verb, rest, &self.market)?;
                match &mut self.batch {
                    Some(batch) => batch.push(labelled),
                    None => self.push(number, Action::Submit(vec![labelled]))?,
                }
            }
        }
        Ok(())
    }

    fn setup(&mut self, verb: &str, words: &[&str]) -> Result<Setup> {
        let word = |index: usize| -> Result<String> {
            Ok((*words
                .get(index)
                .with_context(|| format!("word {} is missing", index + 2))?)
            .into())
        };
        Ok(match verb {
            "asset" => Setup::Asset {
                symbol: word(0)?,
                scale: word(1)?.parse()?,
            },
            "tier" => Setup::Tier {
                name: word(0)?,
                maker: word(1)?,
                taker: word(2)?,
            },
            "account" => Setup::Account {
                name: word(0)?,
                tier: word(1).unwrap_or_else(|_| "standard".into()),
            },
            "fund" => Setup::Fund {
                account: word(0)?,
                amount: word(1)?,
                asset: word(2)?,
            },
            "status" => Setup::Status {
                market: word(0)?,
                status: word(1)?,
            },
            "freeze" => Setup::Freeze { account: word(0)? },
            _ => {
                let market = market(words)?;
                self.market.clone_from(&market.symbol);
                Setup::Market(Box::new(market))
            }
        })
    }

    fn push(&mut self, line: usize, action: Action) -> Result<()> {
        self.steps()?.push(Step {
            line,
            action,
            expected: Vec::new(),
        });
        Ok(())
    }

    fn steps(&mut self) -> Result<&mut Vec<Step>> {
        Ok(&mut self
            .scenarios
            .last_mut()
            .context("no scenario has begun")?
            .steps)
    }
}

fn market(words: &[&str]) -> Result<MarketLine> {
    let mut market = MarketLine {
        symbol: (*words.first().context("the market has no name")?).into(),
        tick: "0.01".into(),
        lot: "0.0001".into(),
        min_quantity: "0.0001".into(),
        max_quantity: "1000".into(),
        min_notional: "0".into(),
        band: "0.5".into(),
        reference: "100".into(),
        max_open_orders: 200,
        allow_self_trade: false,
    };
    for pair in words[1..].chunks(2) {
        let [name, value] = pair else {
            bail!("{pair:?} has no value")
        };
        let value = (*value).to_string();
        match *name {
            "tick" => market.tick = value,
            "lot" => market.lot = value,
            "min_quantity" => market.min_quantity = value,
            "max_quantity" => market.max_quantity = value,
            "min_notional" => market.min_notional = value,
            "band" => market.band = value,
            "reference" => market.reference = value,
            "max_open_orders" => market.max_open_orders = value.parse()?,
            "self_trade" => market.allow_self_trade = value == "allowed",
            other => bail!("unknown rule {other}"),
        }
    }
    Ok(market)
}
