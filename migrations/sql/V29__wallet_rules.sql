-- What hostile use of withdrawals and of the blacklist has shown.

-- A promise is good for one withdrawal. Of several that used the same one the first keeps it.
update exchange.withdrawals w set quote_id = null
where w.quote_id is not null and exists (
    select from exchange.withdrawals e where e.quote_id = w.quote_id and e.withdrawal_id < w.withdrawal_id);
create unique index withdrawals_quote_id_key on exchange.withdrawals (quote_id) where quote_id is not null;
create index withdrawal_quotes_account_id_idx on exchange.withdrawal_quotes (account_id, asset_id, network_id, expires_at);

-- Addresses whose letters may be written large or small are listed in one spelling.
delete from risk.blacklist b
where b.wallet ~* '^(0x|bc1|tb1|bcrt1)' and b.wallet <> lower(b.wallet) and exists (
    select from risk.blacklist o
    where lower(o.wallet) = lower(b.wallet) and (o.wallet = lower(b.wallet) or o.wallet < b.wallet));
update risk.blacklist b set wallet = lower(b.wallet)
where b.wallet ~* '^(0x|bc1|tb1|bcrt1)' and b.wallet <> lower(b.wallet);
alter table risk.blacklist add constraint blacklist_wallet_one_spelling
    check (wallet !~* '^(0x|bc1|tb1|bcrt1)' or wallet = lower(wallet));
comment on column risk.blacklist.wallet is 'As chains write it; where large and small letters mean the same (0x…, bc1…, tb1…, bcrt1…), in small ones.';

create function risk.spell_wallet() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.wallet ~* '^(0x|bc1|tb1|bcrt1)' then
        new.wallet := lower(new.wallet);
    end if;
    return new;
end $$;
comment on function risk.spell_wallet() is 'Writes an address in small letters where these mean the same as large ones.';
create trigger blacklist_spell before insert or update on risk.blacklist
    for each row execute function risk.spell_wallet();
