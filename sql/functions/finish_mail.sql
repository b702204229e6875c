create function exchange.finish_mail(mail_id bigint, max_attempts integer, failure text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_failure constant integer := 500;
    tried_again boolean;
begin
    update exchange.mails m
    set sent_at = case when finish_mail.failure is null then now() end,
        last_error = left(finish_mail.failure, max_failure),
        next_attempt_at = case
            when finish_mail.failure is not null and m.attempts < finish_mail.max_attempts then m.next_attempt_at
        end
    where m.mail_id = finish_mail.mail_id and m.sent_at is null
    returning m.next_attempt_at is not null into tried_again;
    return coalesce(tried_again, false);
end $$;
comment on function exchange.finish_mail(bigint, integer, text) is 'After an attempt: sent where there is no failure. Returns whether it will be tried again.';
