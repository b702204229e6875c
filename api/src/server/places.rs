//! Places for connections: so many in all, so many for one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// All places.
pub(crate) struct Places {
    total: usize,
    per_address: usize,
    free: Arc<Semaphore>,
    taken: Counts,
}

/// A taken place; free again when dropped.
pub(crate) struct Place {
    address: IpAddr,
    taken: Counts,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// So many, all free.
    pub(crate) fn new(total: usize, per_address: usize) -> Self {
        Places {
            total,
            per_address,
            free: Arc::new(Semaphore::new(total)),
            taken: Counts::default(),
        }
    }

    /// A place, where one is free in all and for this address.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        let mut taken = lock(&self.taken);
        let count = taken.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place {
            address,
            taken: self.taken.clone(),
            _permit: permit,
        })
    }

    /// Returns once all are free.
    pub(crate) async fn all_free(&self) {
        let all = u32::try_from(self.total).unwrap_or(u32::MAX);
        // It is never closed.
        let _ = self.free.acquire_many(all).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

fn lock(counts: &Counts) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn an_address_cannot_take_the_places_of_others() {
        let places = Places::new(3, 2);
        let (first, second) = (places.take(HERE), places.take(HERE));
        assert!(first.is_some() && second.is_some());
        assert!(places.take(HERE).is_none());
        let third = places.take(THERE);
        assert!(third.is_some() && places.take(THERE).is_none());
        drop(first);
        assert!(places.take(HERE).is_some());
    }

    #[tokio::test]
    async fn all_are_free_again_in_the_end() {
        let places = Places::new(2, 2);
        drop((places.take(HERE), places.take(THERE)));
        places.all_free().await;
        assert!(lock(&places.taken).is_empty());
    }
}
