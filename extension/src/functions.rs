//! What SQL sees: one file a function (declared in `sql/exchange--*.sql`).

mod book_memory;
mod book_orders;
mod cancel_all_orders;
mod cancel_order;
mod order_book;
mod place_order;
mod reduce_order;
mod replace_order;
mod reset_book;
mod single;
mod submit;
mod verify_book;
mod wait_durable;
