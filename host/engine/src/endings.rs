//! Work that goes on after its cause is over, and that the engine's end must wait for: machines that are being ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Counts such work. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Endings {
    under_way: Arc<watch::Sender<usize>>,
}

/// One piece of it, until dropped.
struct UnderWay(Arc<watch::Sender<usize>>);

impl Endings {
    /// None is under way.
    pub(crate) fn new() -> Self {
        Self { under_way: Arc::new(watch::Sender::new(0)) }
    }

    /// Does it on a task of its own.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.under_way.send_modify(|count| *count += 1);
        let under_way = UnderWay(Arc::clone(&self.under_way));
        tokio::spawn(async move {
            let _under_way = under_way;
            work.await;
        });
    }

    /// Waits until none is under way; false when some still is after `timeout`.
    pub(crate) async fn finished(&self, timeout: Duration) -> bool {
        let mut count = self.under_way.subscribe();
        // The sender is this value's own, so it is there.
        tokio::time::timeout(timeout, count.wait_for(|count| *count == 0)).await.is_ok()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn an_end_waits_for_all_that_is_under_way_even_if_it_panics() {
        let endings = Endings::new();
        assert!(endings.finished(Duration::ZERO).await);
        let (done, wait) = oneshot::channel::<()>();
        endings.spawn(async move {
            let _ = wait.await;
        });
        endings.clone().spawn(async { panic!("on purpose") });
        assert!(!endings.finished(Duration::from_millis(20)).await);
        drop(done);
        assert!(endings.finished(Duration::from_secs(60)).await);
    }
}
