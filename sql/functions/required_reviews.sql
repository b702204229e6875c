create function exchange.required_reviews(coin chain.coins, amount numeric, kyc_level integer) returns smallint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when required_reviews.amount * 1000000 > coin.second_review_above * l.review_ppm then 2
        when required_reviews.amount * 1000000 > coin.review_above * l.review_ppm then 1
        else 0
    end::smallint
    from exchange.kyc_levels l where l.level = required_reviews.kyc_level
$$;
comment on function exchange.required_reviews(chain.coins, numeric, integer) is 'How many reviewers must approve a withdrawal of such an amount by an account of such a level. For other functions.';
