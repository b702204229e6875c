create function exchange.withdrawal_mode_of(account_id bigint) returns table (book_only boolean, book_only_ends_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exchange.sends_to_book_only(a.account_id),
        case when exchange.sends_to_book_only(a.account_id) then a.book_only_ends_at end
    from exchange.accounts a where a.account_id = withdrawal_mode_of.account_id
$$;
comment on function exchange.withdrawal_mode_of(bigint) is 'Whether an account''s withdrawals go to addresses of its book alone, and until when, where the owner took that back.';
