create function exchange.answer_mail_requests(limit_requests integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_failure constant integer := 500;
    request exchange.mail_requests;
    answered integer := 0;
    failed text;
begin
    for request in
        select * from exchange.mail_requests r
        where r.answered_at is null
        order by r.mail_request_id
        limit least(greatest(limit_requests, 0), 1000)
        -- Whoever comes second waits: two at once would lock accounts in different orders.
        for update
    loop
        -- One that cannot be answered holds up nobody.
        begin
            failed := null;
            perform exchange.answer_mail_request(request);
        exception
            when deadlock_detected or serialization_failure or lock_not_available then
                raise;
            when others then
                failed := left(sqlerrm, max_failure);
        end;
        update exchange.mail_requests r set answered_at = now(), failure = failed
        where r.mail_request_id = request.mail_request_id;
        answered := answered + 1;
    end loop;
    return answered;
end $$;
comment on function exchange.answer_mail_requests(integer) is 'Answers what was asked for under e-mail addresses, oldest first, so many at most, by mails where there is somebody to write to; returns how many.';
