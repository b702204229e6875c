create function risk.distance_km(from_latitude numeric, from_longitude numeric, to_latitude numeric, to_longitude numeric)
returns integer
language sql immutable strict set search_path = pg_catalog, pg_temp as $$
    -- Haversine on a sphere of the earth's mean radius, 6371 km: off by half a percent at most.
    select round(2 * 6371 * asin(least(1, sqrt(
        power(sind((to_latitude - from_latitude)::double precision / 2), 2)
        + cosd(from_latitude::double precision) * cosd(to_latitude::double precision)
            * power(sind((to_longitude - from_longitude)::double precision / 2), 2)))))::integer
$$;
comment on function risk.distance_km(numeric, numeric, numeric, numeric) is 'Kilometres between two places in degrees, along the earth''s surface.';
