//! Core operations per second: the engine alone, one thread, the common mix, balances in a vector.
//!
//! `cargo run --release -p engine --example core_ops [operations] [resting orders]`

use std::time::{Duration, Instant};

use engine::book::{Book, Journal, OwnedMemory, Resting};
use engine::command::{Command, Outcome};
use engine::facts::Facts;
use engine::fee::Rates;
use engine::host::{Host, Prior};
use engine::mix::{Mix, MixSettings, Step};
use engine::model::Balance;
use engine::order::{AccountId, AssetId, Atoms, ClientOrderId, Sequence, Side};
use engine::random::Random;
use engine::rules::{Rules, Status};

const ACCOUNTS: u64 = 10_000;
const BATCH: usize = 256;
const SLICES: u64 = 200;

/// Balances of account 0, which gets the fees, and the traders; assets 0 and 1.
struct Balances(Vec<[Balance; 2]>);

impl Balances {
    fn edit(&mut self, account: AccountId, asset: AssetId) -> &mut Balance {
        &mut self.0[account as usize][asset as usize]
    }

    fn warm(&self, commands: &[Command]) {
        let touched = commands.iter().fold(0, |touched, command| match command {
            Command::Place(order) => touched ^ self.0[order.account as usize][0].available,
            _ => touched,
        });
        std::hint::black_box(touched);
    }
}

impl Host for Balances {
    fn available(&mut self, account: AccountId, asset: AssetId) -> Atoms {
        self.edit(account, asset).available
    }

    fn hold(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let balance = self.edit(account, asset);
        balance.available -= amount;
        balance.held += amount;
    }

    fn release(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let balance = self.edit(account, asset);
        balance.held -= amount;
        balance.available += amount;
    }

    fn pay(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.edit(account, asset).held -= amount;
    }

    fn receive(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.edit(account, asset).available += amount;
    }

    fn prior(&mut self, _: AccountId, _: &ClientOrderId) -> Option<Prior> {
        None
    }
}

/// BTC/USDT as it is seeded: tick 0.01, lot 0.0001, scales 8 and 6.
fn rules() -> Rules {
    Rules {
        market: 1,
        base: 0,
        quote: 1,
        fee_account: 0,
        lot_atoms: 10_000,
        tick_lot_atoms: 1,
        min_quantity_lots: 1,
        max_quantity_lots: 1_000_000,
        min_notional: 1_000_000,
        band_ppm: 500_000,
        reference_price_ticks: 6_000_000,
        max_open_orders: 200,
        allow_self_trade: false,
        status: Status::Trading,
    }
}

#[derive(Default)]
struct Tally {
    operations: u64,
    rejected: u64,
    trades: u64,
    time: Duration,
}

struct Bench {
    rules: Rules,
    memory: OwnedMemory,
    journal: Journal,
    balances: Balances,
    facts: Facts,
    commands: Vec<Command>,
    /// The engine's name of each order of the mix.
    names: Vec<Sequence>,
}

impl Bench {
    /// Runs a batch as one transaction would.
    fn run(&mut self, steps: &[Step], tally: &mut Tally) {
        self.commands.clear();
        self.commands.extend(steps.iter().map(|step| match step {
            Step::Place { order, .. } => Command::Place(*order),
            Step::Cancel { account, serial } => Command::Cancel {
                account: *account,
                order: self.names[*serial as usize],
            },
        }));
        let start = Instant::now();
        let mut book = Book::new(self.memory.lend(), &mut self.journal);
        for group in self.commands.chunks(32) {
            book.warm(group);
            self.balances.warm(group);
            for command in group {
                let outcome =
                    book.execute(&self.rules, &mut self.balances, command, &mut self.facts);
                if let Command::Place(_) = command {
                    self.names.push(match outcome {
                        Ok(Outcome::Order(status)) => status.order,
                        _ => 0,
                    });
                }
                tally.rejected += u64::from(outcome.is_err());
            }
        }
        tally.trades += self.facts.trades.len() as u64;
        self.journal.clear();
        self.facts.clear();
        tally.time += start.elapsed();
        tally.operations += steps.len() as u64;
    }
}

fn main() {
    let number = |at: usize, default: u64| {
        std::env::args()
            .nth(at)
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (operations, resting) = (number(1, 10_000_000), number(2, 10_000));
    let rich = Balance {
        available: 10u128.pow(18),
        held: 0,
    };
    let mut bench = Bench {
        rules: rules(),
        memory: OwnedMemory::new(131_072),
        journal: Journal::new(),
        balances: Balances(vec![[rich; 2]; ACCOUNTS as usize + 1]),
        facts: Facts::default(),
        commands: Vec::new(),
        names: Vec::with_capacity((operations + resting) as usize),
    };
    let mut mix = Mix::new(MixSettings {
        seed: 1,
        accounts: ACCOUNTS,
        middle_ticks: 6_000_000,
        resting,
        rates: Rates {
            maker_ppm: 1_000,
            taker_ppm: 2_000,
        },
    });
    let mut steps = Vec::with_capacity(BATCH);
    let mut run = |bench: &mut Bench, operations: u64| {
        let mut tally = Tally::default();
        while tally.operations < operations {
            let size = BATCH.min((operations - tally.operations) as usize);
            steps.clear();
            steps.extend(mix.by_ref().take(size));
            bench.run(&steps, &mut tally);
        }
        tally
    };
    run(&mut bench, resting);
    let slices: Vec<Tally> = (0..SLICES)
        .map(|_| run(&mut bench, operations / SLICES))
        .collect();

    let book = Book::new(bench.memory.lend(), &mut bench.journal);
    book.validate().expect("the book is in order");
    report(&slices, book.len());
    println!(
        "ms to restore a million orders {}",
        time_restore().as_millis()
    );
}

/// How long a rebuild of a million orders takes.
fn time_restore() -> Duration {
    const ORDERS: u64 = 1_000_000;
    let mut memory = OwnedMemory::new(ORDERS as u32);
    let mut journal = Journal::new();
    let mut random = Random::new(1);
    let start = Instant::now();
    let mut book = Book::new(memory.lend(), &mut journal);
    for sequence in 1..=ORDERS {
        let side = if random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let distance = 1 + random.below(5_000);
        let order = Resting {
            sequence,
            account: 1 + random.below(ACCOUNTS),
            side,
            price_ticks: if side == Side::Buy {
                6_000_000 - distance
            } else {
                6_000_000 + distance
            },
            remaining_lots: 1,
            rates: Rates::default(),
            row: 0,
        };
        book.restore(order).expect("there is room");
    }
    start.elapsed()
}

/// The median slice is the figure: somebody else may use the machine for a moment.
fn report(slices: &[Tally], open: usize) {
    let sum = |of: fn(&Tally) -> u64| slices.iter().map(of).sum::<u64>();
    let rate =
        |slice: &Tally| u128::from(slice.operations) * 1_000_000_000 / slice.time.as_nanos().max(1);
    let mut rates: Vec<u128> = slices.iter().map(rate).collect();
    rates.sort_unstable();
    println!("operations       {:>12}", sum(|slice| slice.operations));
    println!("rejected         {:>12}", sum(|slice| slice.rejected));
    println!("trades           {:>12}", sum(|slice| slice.trades));
    println!("open at the end  {open:>12}");
    println!("slowest slice    {:>12}", rates[0]);
    println!("fastest slice    {:>12}", rates[rates.len() - 1]);
    println!("core_ops_per_s   {:>12}", rates[rates.len() / 2]);
}
