create view checks.book_equals_tables as
select v.market, v.order_id, v.problem
from exchange.verify_book() v;
comment on view checks.book_equals_tables is 'Where the book in shared memory differs from the open orders, or its inner structure is broken.';
