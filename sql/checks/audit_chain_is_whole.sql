-- The newest links only, so that the check stays quick; audit.verify_chain() proves all of them.
create view checks.audit_chain_is_whole as
select v.link_number, v.entry_id, v.problem
from (select greatest(max(l.link_number) - 10000, 1) as from_link from audit.links l) newest
cross join lateral audit.verify_chain(newest.from_link) v;
comment on view checks.audit_chain_is_whole is 'The first broken one of the audit log''s newest 10,000 links.';
