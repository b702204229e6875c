create function exchange.sends_to_book_only(account_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from exchange.accounts a
        where a.account_id = sends_to_book_only.account_id and a.withdrawals_to_book_only
            and (a.book_only_ends_at is null or a.book_only_ends_at > now()))
$$;
comment on function exchange.sends_to_book_only(bigint) is 'Whether an account''s withdrawals go to addresses of its book alone. For other functions.';
