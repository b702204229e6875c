create function staff.run_action(proposal staff.proposals) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    arguments constant jsonb := proposal.arguments;
    given bigint;
begin
    -- A fixed list: nothing of a proposal is ever run as SQL.
    case proposal.action
        when 'grant_role' then
            perform staff.set_member_roles(
                (arguments ->> 'staff_id')::bigint,
                array(select jsonb_array_elements_text(arguments -> 'roles') order by 1));
        when 'reset_member' then
            perform staff.reset_member((arguments ->> 'staff_id')::bigint);
        when 'set_account_status' then
            perform exchange.set_account_status((arguments ->> 'account_id')::bigint, arguments ->> 'status');
        when 'set_fee_tier' then
            perform exchange.set_fee_tier(
                (arguments ->> 'account_id')::bigint, (arguments ->> 'fee_tier_id')::integer);
        when 'set_fee_rates' then
            perform exchange.set_fee_rates(
                (arguments ->> 'fee_tier_id')::integer, (arguments ->> 'maker_rate')::numeric,
                (arguments ->> 'taker_rate')::numeric);
        when 'adjust_balance' then
            given := exchange.adjust_balance(
                (arguments ->> 'account_id')::bigint, arguments ->> 'asset', (arguments ->> 'amount')::numeric,
                proposal.reason, 'proposal:' || proposal.proposal_id);
            return jsonb_build_object('adjustment_id', given);
        when 'set_market_status' then
            perform exchange.set_market_status(arguments ->> 'market', arguments ->> 'status');
        when 'set_market_limits' then
            perform exchange.set_market_limits(
                arguments ->> 'market', (arguments ->> 'min_quantity')::numeric, (arguments ->> 'max_quantity')::numeric,
                (arguments ->> 'min_notional')::numeric, (arguments ->> 'price_band')::numeric,
                (arguments ->> 'max_open_orders')::integer);
        when 'set_kyc_limits' then
            perform exchange.set_kyc_limits(
                (arguments ->> 'level')::integer, (arguments ->> 'may_trade')::boolean,
                (arguments ->> 'may_withdraw')::boolean, (arguments ->> 'daily_withdrawal')::numeric,
                (arguments ->> 'monthly_withdrawal')::numeric);
        when 'publish_risk_rule' then
            given := risk.publish_rule(
                arguments ->> 'rule', arguments ->> 'point', arguments ->> 'kind', arguments -> 'parameters',
                arguments ->> 'action', arguments ->> 'reason_code', proposal.proposed_by);
            return jsonb_build_object('version', given);
        when 'end_risk_rule' then
            perform risk.end_rule(arguments ->> 'rule');
        when 'lift_withdrawal_halt' then
            given := exchange.set_withdrawal_halt(arguments ->> 'asset', arguments ->> 'network', null);
            return jsonb_build_object('lifted', given);
        when 'refund_deposit' then
            perform exchange.refund_deposit(
                (arguments ->> 'deposit_id')::bigint, arguments ->> 'network', arguments ->> 'address', decode(arguments ->> 'script', 'hex'));
    end case;
    return '{}';
end $$;
comment on function staff.run_action(staff.proposals) is 'Does what a proposal says, and gives what came of it. An action that is not in its list is an error. For other functions: nobody may call it.';
