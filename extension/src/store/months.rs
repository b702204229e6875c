//! Names of monthly partitions, as `exchange.make_partitions()` makes them.

const MICROS_A_DAY: i64 = 86_400_000_000;
/// Days from 0000-03-01 to 2000-01-01, the epoch of Postgres' timestamps.
const EPOCH_DAYS: i64 = 730_425;

/// The partition of `table` for a time in microseconds since 2000-01-01 UTC.
pub(crate) fn partition(table: &str, at: i64) -> String {
    let (year, month) = year_and_month(at);
    format!("{table}_{year:04}_{month:02}")
}

/// Year and month of a day by the proleptic Gregorian calendar: years are counted from March, so
/// that the leap day is a year's last.
fn year_and_month(at: i64) -> (i64, i64) {
    let days = at.div_euclid(MICROS_A_DAY) + EPOCH_DAYS;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}
