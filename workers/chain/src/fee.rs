//! What a withdrawal pays for its place in a block: measurements of the node smoothed and bounded,
//! made cheaper in quiet hours, and turned into atoms of an asset. Everything rounds up.

use alloy::primitives::U256;
use rust_decimal::Decimal;

/// Parts of a whole.
const MILLION: u128 = 1_000_000;
/// Virtual bytes of the unit in which nodes state rates.
const KILO: u128 = 1_000;
/// Wei of an ether have so many digits.
const ETHER_DIGITS: u8 = 18;

/// Satoshis a thousand virtual bytes (`estimatesmartfee`, times 10^8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeeRate(u64);

impl FeeRate {
    /// Of a thousand virtual bytes.
    pub const fn per_kvb(sats: u64) -> FeeRate {
        FeeRate(sats)
    }

    /// Satoshis a thousand virtual bytes.
    pub const fn sats_per_kvb(self) -> u64 {
        self.0
    }

    /// The fee of a size, rounded up; `None` where it does not fit.
    pub fn fee_sats(self, vsize: u64) -> Option<u64> {
        let fee = (u128::from(self.0) * u128::from(vsize)).div_ceil(KILO);
        u64::try_from(fee).ok()
    }
}

/// How a fee follows the node's measurements. Fees are sats a thousand virtual bytes, or wei a unit
/// of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeePolicy {
    /// How much of a new measurement counts, in millionths; the rest is the smoothed value so far.
    pub weight_ppm: u32,
    /// The least.
    pub floor: u64,
    /// The most.
    pub ceiling: u64,
    /// The least factor of quiet hours, in millionths.
    pub quiet_floor_ppm: u32,
    /// Measurements of an hour of the day, below which it has no factor.
    pub quiet_measurements: usize,
}

/// What was measured in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourlyFee {
    /// Of the day, UTC: 0 to 23.
    pub hour: u8,
    /// The mean of that hour.
    pub fee: u64,
}

impl FeePolicy {
    /// Exponential smoothing: the old value moves towards the new measurement, rounded up.
    pub fn smooth(&self, smoothed: Option<u64>, measured: u64) -> u64 {
        let Some(smoothed) = smoothed else {
            return measured;
        };
        let weight = u128::from(self.weight_ppm).min(MILLION);
        let sum = u128::from(measured) * weight + u128::from(smoothed) * (MILLION - weight);
        // Between its two parts, so that it fits.
        u64::try_from(sum.div_ceil(MILLION)).unwrap_or(u64::MAX)
    }

    /// Within floor and ceiling; the floor holds where they contradict each other.
    pub fn bounded(&self, fee: u64) -> u64 {
        fee.min(self.ceiling).max(self.floor)
    }

    /// How much cheaper this hour of the day is than all hours are: its mean by their mean, in
    /// millionths, rounded up, never above one and never below the policy's floor. One where too
    /// little is known.
    pub fn quiet_factor_ppm(&self, history: &[HourlyFee], hour: u8) -> u32 {
        let whole = u32::try_from(MILLION).unwrap_or(u32::MAX);
        let sum = |fees: &mut dyn Iterator<Item = &HourlyFee>| {
            fees.fold((0_u128, 0_u128), |(sum, count), hourly| {
                (sum + u128::from(hourly.fee), count + 1)
            })
        };
        let (all, count) = sum(&mut history.iter());
        let (quiet, quiet_count) = sum(&mut history.iter().filter(|it| it.hour == hour));
        let needed = self.quiet_measurements.max(1) as u128;
        if quiet_count < needed || all == 0 {
            return whole;
        }
        let products = (quiet.checked_mul(count), all.checked_mul(quiet_count));
        let (Some(part), Some(mean)) = products else {
            return whole;
        };
        let Some(part) = part.checked_mul(MILLION) else {
            return whole;
        };
        let factor = u32::try_from(part.div_ceil(mean)).unwrap_or(whole);
        factor.max(self.quiet_floor_ppm).min(whole)
    }

    /// The fee that counts: the smoothed value by the factor of the hour, rounded up, bounded.
    pub fn fee(&self, smoothed: u64, factor_ppm: u32) -> u64 {
        let fee = (u128::from(smoothed) * u128::from(factor_ppm)).div_ceil(MILLION);
        self.bounded(u64::try_from(fee).unwrap_or(u64::MAX))
    }
}

/// Satoshis of a withdrawal that takes so many virtual bytes; `None` where they do not fit.
pub fn bitcoin_fee_sats(rate: FeeRate, vsize: u64) -> Option<u64> {
    rate.fee_sats(vsize)
}

/// Wei of a withdrawal that takes so much gas; `None` where they do not fit.
pub fn evm_fee_wei(wei_per_gas: u128, gas: u64) -> Option<U256> {
    U256::from(wei_per_gas).checked_mul(U256::from(gas))
}

/// The same in atoms of a token, of which a whole one costs `price_ether` and has `decimals`
/// digits, rounded up. `None` where the price is not positive or the result does not fit.
pub fn token_fee_atoms(fee_wei: U256, price_ether: Decimal, decimals: u8) -> Option<U256> {
    let mantissa = u128::try_from(price_ether.mantissa()).ok()?;
    if mantissa == 0 {
        return None;
    }
    let power = |digits: u64| U256::from(10).checked_pow(U256::from(digits));
    let digits = u64::from(decimals) + u64::from(price_ether.scale());
    let atoms = fee_wei.checked_mul(power(digits)?)?;
    let divisor = power(u64::from(ETHER_DIGITS))?.checked_mul(U256::from(mantissa))?;
    Some(atoms.div_ceil(divisor))
}
