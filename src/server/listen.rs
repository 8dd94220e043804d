//! Connections: how many there may be at once, and for how long one may do nothing.
//!
//! Anybody can connect. Whoever dawdles takes up an open file, and without these the process could be left without any: none
//! for GitHub's deliveries, none for calls to its API, none for the database.
//!
//! Only HTTP/1 is spoken: one request at a time, so that who breaks one off closes its connection with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// Open files for everything but connections to us: the database, calls to the API, files that are read.
const OTHER_FILES: usize = 128;

/// More would only be slow.
const MOST_CONNECTIONS: usize = 16_384;

/// What the limit on open files is where the system does not tell.
const USUAL_OPEN_FILES: usize = 1_024;

/// GitHub sends a delivery at once when it has connected.
const IDLE_FOR: Duration = Duration::from_secs(10);

/// What is read ahead of a request, and the longest headers. GitHub's take up some 2 KB.
const READ_AHEAD_BYTES: usize = 64 * 1024;

/// When no connection can be taken, as there are no more open files in the whole system.
const BREATH: Duration = Duration::from_millis(100);

/// What connections may take up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// So many at once; others wait to be taken.
    pub connections: usize,
    /// A connection is closed that has had no request for so long, or for up to twice as long. A request counts once its
    /// headers are complete.
    pub idle: Duration,
}

impl Limits {
    /// What this process can bear by its limit on open files.
    pub fn of_this_process() -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        Self { connections: connections(open_files(&limits).unwrap_or(USUAL_OPEN_FILES)), idle: IDLE_FOR }
    }
}

fn connections(open_files: usize) -> usize {
    open_files.saturating_sub(OTHER_FILES).max(open_files.div_ceil(2)).min(MOST_CONNECTIONS)
}

/// The limit that is in force now (`proc_pid_limits(5)`).
fn open_files(limits: &str) -> Option<usize> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok())
}

/// Serves until `stop` is cancelled, and what was begun by then to its end.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    while let Some(Some((permit, stream))) = stop.run_until_cancelled(next(&listener, &room)).await {
        // Where room is short, nobody keeps a connection for later.
        let is_kept = room.available_permits() > limits.connections / 4;
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            converse(stream, router, is_kept, limits.idle, &stop).await;
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection, once there is room for it. `None` never comes: the room is not closed.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(OwnedSemaphorePermit, TcpStream)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((permit, stream)),
            Err(error) => {
                // One that is gone again already; or no file can be opened now.
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// What goes on on a connection.
#[derive(Debug, Default)]
struct Activity {
    begun: AtomicU64,
    under_way: AtomicUsize,
}

/// A request that is under way until this is dropped: answered, or given up by whoever asked.
struct UnderWay<'a>(&'a Activity);

impl<'a> UnderWay<'a> {
    fn begin(activity: &'a Activity) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        Self(activity)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn converse(stream: TcpStream, router: Router, is_kept: bool, idle: Duration, stop: &CancellationToken) {
    let _ = stream.set_nodelay(true);
    let activity = Arc::new(Activity::default());
    let ours = Arc::clone(&activity);
    let service = router.map_request(|request: http::Request<hyper::body::Incoming>| request.map(Body::new));
    let service = tower::service_fn(move |request| {
        let (activity, service) = (Arc::clone(&ours), service.clone());
        async move {
            let _under_way = UnderWay::begin(&activity);
            service.oneshot(request).await
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(idle.saturating_mul(2));
    builder.keep_alive(is_kept).max_buf_size(READ_AHEAD_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let idleness = idleness(&activity, idle);
    tokio::pin!(idleness);
    tokio::select! {
        // Whatever went wrong on it, there is nobody to tell.
        _ = connection.as_mut() => return,
        () = &mut idleness => return,
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = idleness => {}
    }
}

/// Ends when no request was begun for a while, and none is under way.
async fn idleness(activity: &Activity, idle: Duration) {
    let mut begun = 0;
    loop {
        tokio::time::sleep(idle).await;
        let now = activity.begun.load(Ordering::Relaxed);
        if begun == now && activity.under_way.load(Ordering::Relaxed) == 0 {
            return;
        }
        begun = now;
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, pending};
    use std::pin::pin;
    use std::sync::atomic::Ordering;
    use std::task::{Context, Waker};

    use super::{Activity, MOST_CONNECTIONS, UnderWay, connections, open_files};

    #[test]
    fn a_request_that_is_given_up_is_no_longer_under_way() {
        let activity = Activity::default();
        {
            let request = pin!(async {
                let _under_way = UnderWay::begin(&activity);
                pending::<()>().await;
            });
            assert!(request.poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(activity.under_way.load(Ordering::Relaxed), 1);
        }
        assert_eq!(activity.under_way.load(Ordering::Relaxed), 0);
        assert_eq!(activity.begun.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn connections_leave_open_files_for_the_rest() {
        assert_eq!(connections(1_024), 896);
        assert_eq!(connections(64), 32);
        assert_eq!(connections(1_000_000), MOST_CONNECTIONS);
    }

    #[test]
    fn the_limit_in_force_is_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             93000                93000                processes \n\
                    Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(text), Some(1_024));
        assert_eq!(open_files("Max open files unlimited"), None);
    }
}
