//! The risk engine: rules by points, what they leave behind, and what they would have done.

mod activities;
mod backtests;
mod doors;
mod orders;
mod retention;
mod rules;
mod staff;

use tests::trading::rows;
use tokio_postgres::Client;

/// Publishes the next version of a rule.
async fn publish(owner: &Client, rule: &str, point: &str, condition: &str, action: &str) {
    let (kind, parameters) = condition.split_once(' ').unwrap_or((condition, "{}"));
    let text = format!(
        "select risk.publish_rule('{rule}', '{point}', '{kind}', '{parameters}', '{action}',
             upper('{rule}'))"
    );
    owner.batch_execute(&text).await.expect("it is published");
}

/// What the rules say to an activity, in a transaction of its own.
async fn assess(client: &Client, point: &str, account: Option<i64>, facts: &str) -> String {
    let account = account.map_or("null".to_owned(), |account| account.to_string());
    let text = format!("select risk.assess('{point}', {account}, '{facts}')");
    rows(client, &text).await.remove(0)
}

/// `rule action observed` of every event, in order.
async fn events(owner: &Client) -> Vec<String> {
    let text = "select rule || ' ' || action || ' ' || observed from risk.events order by event_id";
    rows(owner, text).await
}
