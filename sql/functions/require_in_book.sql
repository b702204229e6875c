create function exchange.require_in_book(account_id bigint, network_id integer, script bytea) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    usable_from timestamptz;
begin
    select w.usable_from into usable_from from exchange.withdrawal_addresses w
    where w.account_id = require_in_book.account_id and w.network_id = require_in_book.network_id
        and w.script = require_in_book.script and w.removed_at is null;
    if not found and exchange.sends_to_book_only(require_in_book.account_id) then
        perform exchange.reject('ADDRESS_NOT_IN_BOOK', 'the account sends to addresses of its address book alone');
    end if;
    if usable_from > now() then
        perform exchange.reject('ADDRESS_COOLING_DOWN', format('the address can be used from %s UTC',
            to_char(usable_from at time zone 'utc', 'YYYY-MM-DD HH24:MI')));
    end if;
end $$;
comment on function exchange.require_in_book(bigint, integer, bytea) is 'Refuses an address whose cool-down has not passed, and one that is not in the book where the owner wants that. For other functions. Rejects: ADDRESS_NOT_IN_BOOK, ADDRESS_COOLING_DOWN.';
