create function exchange.follow_risk_decision(activity_id bigint, decision text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    judged exchange.withdrawals;
begin
    select * into judged from exchange.withdrawals w where w.activity_id = follow_risk_decision.activity_id;
    if not found then
        return;
    end if;
    perform from exchange.accounts a where a.account_id = judged.account_id for share;
    select * into judged from exchange.withdrawals w where w.withdrawal_id = judged.withdrawal_id for no key update;
    if follow_risk_decision.decision = 'upheld' then
        -- Too late where it is being sent: then the decision is a matter for people.
        if judged.state in ('requested', 'approved') and judged.payment_id is null then
            perform exchange.refund_withdrawals(array[judged.withdrawal_id], 'rejected', 'it did not pass our checks');
        end if;
        return;
    end if;
    if judged.state <> 'requested' or not judged.is_risk_held
        or risk.standing_of(follow_risk_decision.activity_id) <> 'free' then
        return;
    end if;
    update exchange.withdrawals w set is_risk_held = false where w.withdrawal_id = judged.withdrawal_id;
    perform exchange.approve_withdrawal(judged.withdrawal_id);
end $$;
comment on function exchange.follow_risk_decision(bigint, text) is 'What a decision about a risk event does to the withdrawal that it was about: once all that held it is released it goes on, as far as reviews allow; upheld, it is rejected unless it is being sent. For other functions. Rejects: ACCOUNT_FROZEN, IN_DEBT.';
