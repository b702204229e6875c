create view reporting.check_summary as
select check_name, count(*) as violations from checks.violations group by check_name;
comment on view reporting.check_summary is 'Violated invariants and how often; empty when all is well.';
