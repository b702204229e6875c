-- Risk rules that a new exchange begins with; staff publish their own versions. Repeatable: a rule
-- that ever had a version is left as it is.

select risk.publish_rule(w.rule, w.point, w.kind, w.parameters::jsonb, w.action, upper(w.rule))
from (values
    ('signups_per_address', 'registration', 'registrations_per_address', '{"most": 20, "within_seconds": 3600}', 'deny'),
    ('signups_per_device', 'registration', 'registrations_per_device', '{"most": 5, "within_seconds": 86400}', 'review'),
    ('disposable_mail', 'registration', 'disposable_mail_domain', '{}', 'deny'),
    ('impossible_travel', 'login', 'impossible_travel', '{"most_km_per_hour": 1000, "least_km": 500}', 'review'),
    ('many_security_changes', 'security_change', 'frequent_activity', '{"most": 10, "within_seconds": 86400}', 'review'),
    ('order_rate', 'order', 'order_rate', '{"most": 5000, "within_seconds": 10}', 'deny'),
    ('order_notional', 'order', 'order_notional', '{"asset": "USDT", "most": "100000000", "within_seconds": 60}', 'review'),
    ('fat_finger', 'order', 'price_distance', '{"most_ppm": 200000}', 'deny'),
    ('wash_trades', 'order', 'linked_trades', '{"most": 20, "within_seconds": 3600}', 'review'),
    ('large_deposit_btc', 'deposit', 'large_deposit', '{"asset": "BTC", "most": "10"}', 'review'),
    ('large_deposit_usdt', 'deposit', 'large_deposit', '{"asset": "USDT", "most": "500000"}', 'review'),
    ('many_deposits', 'deposit', 'frequent_activity', '{"most": 20, "within_seconds": 86400}', 'review'),
    ('blacklisted_source', 'deposit', 'blacklisted_address', '{}', 'hold'),
    ('blacklisted_target', 'withdrawal', 'blacklisted_address', '{}', 'deny'),
    ('new_withdrawal_address', 'withdrawal', 'new_withdrawal_address', '{"cool_down_seconds": 86400}', 'hold'),
    ('withdrawal_velocity', 'withdrawal', 'frequent_activity', '{"most": 10, "within_seconds": 86400}', 'deny'),
    ('level_limits', 'withdrawal', 'level_limits', '{}', 'deny'),
    ('after_security_change', 'withdrawal', 'after_security_change', '{"within_seconds": 86400}', 'deny'),
    ('first_withdrawal', 'withdrawal', 'first_withdrawal', '{}', 'review')
) as w (rule, point, kind, parameters, action)
where not exists (select from risk.rules r where r.rule = w.rule);
