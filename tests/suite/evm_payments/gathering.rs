//! What is to leave deposit addresses: how much, whose turn it is, and what becomes of failures.

use tests::chain_fixture::{ETHEREUM, give_address};

use super::{Chain, ITEM};

#[tokio::test]
async fn a_refund_that_fails_waits_for_staff_again_and_its_address_stays_known() {
    let chain = Chain::start().await;
    let deposit = chain.deposit("ETH", "2", "suspicious", 1).await;
    let refund = |byte: &str| {
        format!(
            "select exchange.refund_deposit({deposit}, 'ethereum', '{byte}',
                decode(repeat('{byte}', 20), 'hex'))"
        )
    };
    chain.says("select public.mine('a', 2, 12)").await;
    chain.says(&refund("44")).await;
    assert_eq!(chain.gathered().await, "ETH 2000000000000000000");
    let item = ITEM.replace("'address'", &format!("'deposit_id', {deposit}, 'address'"));
    let payment = format!(
        "'refund', 'ETH', 1.9, null, {}, null, {item}",
        chain.address
    );
    let payment = chain.pays(&payment).await;
    assert_eq!(
        chain
            .says(&format!("select chain.end_refund({deposit}, 'no')"))
            .await,
        "false",
        "a payment carries it"
    );
    let sender = "decode(repeat('a0', 20), 'hex')";
    let attempt = chain.attempt(&payment, sender, 0).await;
    chain
        .mined(&attempt, "'a', 12", "failure", "'1000000000000000'")
        .await;
    chain.says("select public.mine('a', 13, 23)").await;
    chain.settle().await;
    let state = format!("select state from exchange.deposits where deposit_id = {deposit}");
    assert_eq!(chain.says(&state).await, "suspicious");
    assert_eq!(chain.gathered().await, "", "it is not tried for ever");
    chain.says(&refund("55")).await;
    assert_eq!(chain.says(&state).await, "refunding");
    let history = "select string_agg(address || ' ' || (ended_at is null), ', ' order by refund_id)
        from exchange.deposit_refunds";
    assert_eq!(chain.says_all(history).await, "44 false, 55 true");
    let told = "select string_agg(payload ->> 'change', ' ' order by last_sequence)
        from exchange.events where stream_id = 10001 and payload ->> 'change' like '%failed'";
    assert_eq!(chain.says_all(told).await, "refund_failed payment_failed");
}

#[tokio::test]
async fn a_sweep_that_fails_pauses_longer_each_time_and_then_for_a_person() {
    let chain = Chain::start().await;
    chain.deposit("USDT", "50", "credited", 1).await;
    assert_eq!(chain.gathered().await, "USDT 50000000");
    let pause = format!(
        "chain.pause_sweep({}, (select asset_id from exchange.assets where symbol = 'USDT'), 'no')",
        chain.address
    );
    let pause = format!("select {pause}");
    let minutes = "select round(extract(epoch from retry_at - clock_timestamp()) / 60)::text
        from chain.sweep_pauses";
    for wanted in ["10", "20", "40", "80"] {
        assert_eq!(chain.says(&pause).await, "false");
        assert_eq!(chain.says(&pause).await, "false", "once a pause");
        assert_eq!(chain.says_all(minutes).await, wanted);
        assert_eq!(chain.gathered().await, "", "it waits");
        let over = "update chain.sweep_pauses set retry_at = clock_timestamp()";
        chain.owner.batch_execute(over).await.expect("over");
        assert_eq!(chain.gathered().await, "USDT 50000000");
    }
    assert_eq!(chain.says(&pause).await, "true", "it stops");
    assert_eq!(chain.gathered().await, "");
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'sweep_stopped'";
    assert_eq!(chain.says_all(told).await, "1");
    let resume = format!("select chain.resume_sweep({}, 'USDT')", chain.address);
    assert_eq!(chain.says(&resume).await, "true");
    assert_eq!(chain.gathered().await, "USDT 50000000");
    // One that fails on the chain pauses by itself.
    let payment = format!("'sweep', 'USDT', 50, null, {}, null, {ITEM}", chain.address);
    let payment = chain.pays(&payment).await;
    chain
        .says(&format!("select chain.fail_payment({payment}, 'frozen')"))
        .await;
    assert_eq!(chain.gathered().await, "");
}

#[tokio::test]
async fn gas_that_was_spent_is_not_gathered_from_what_lies_there_for_others() {
    let chain = Chain::start().await;
    chain.deposit("ETH", "1", "credited", 1).await;
    chain.deposit("ETH", "3", "suspicious", 2).await;
    let sender = "decode(repeat('a0', 20), 'hex')";
    for nonce in 0..2 {
        let payment = format!(
            "'sweep', 'ETH', 0.45, null, {}, null, {ITEM}",
            chain.address
        );
        let payment = chain.pays(&payment).await;
        let attempt = chain.attempt(&payment, sender, nonce).await;
        chain
            .mined(&attempt, "'a', 1", "success", "'45000000000000000'")
            .await;
        chain
            .says(
                "select (select public.mine('a', max(height) + 1, max(height) + 12)
                    from chain.blocks)",
            )
            .await;
        chain.settle().await;
    }
    // 1 less twice 0.45 and 0.045: nothing but 0.01 lies there.
    assert_eq!(chain.gathered().await, "ETH 10000000000000000");
    chain
        .owner
        .batch_execute("update chain.coins set is_halted = true, halt_reason = 'test'")
        .await
        .expect("halted");
    assert_eq!(
        chain.gathered().await,
        "",
        "what is halted takes nobody's place"
    );
}

#[tokio::test]
async fn addresses_take_turns_and_each_is_looked_at_as_a_whole() {
    let chain = Chain::start().await;
    for (number, asset) in [(1, "ETH"), (2, "USDT")] {
        chain.deposit(asset, "20", "credited", number).await;
    }
    let account = chain.account;
    let script = [0xa1; 20];
    let (owner, first) = (&chain.owner, chain.address);
    let second = give_address(owner, ETHEREUM, account, "USDT", "0xa1", &script).await;
    let third = Chain {
        address: second,
        owner: chain.database.owner().await,
        account,
        database: chain.database.clone(),
    };
    third.deposit("USDT", "20", "credited", 3).await;
    let page = |after: i64| {
        format!("select string_agg(address_id::text, ' ') from chain.gathered(2, {after}, 1)")
    };
    let both = format!("{first} {first}");
    assert_eq!(chain.says_all(&page(0)).await, both);
    assert_eq!(chain.says_all(&page(first)).await, second.to_string());
    assert_eq!(chain.says_all(&page(second)).await, "");
}
