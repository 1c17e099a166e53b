//! Starts ssh masters as children that cannot outlive us and cannot ask on our terminal.

use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

type Request = (Command, oneshot::Sender<std::io::Result<Child>>);

/// A thread that starts children and lives as long as the program. The kernel sends a child its
/// parent-death signal when the *thread* that started it ends (prctl(2), `PR_SET_PDEATHSIG`), so
/// it must not be one of a pool.
#[derive(Clone)]
pub struct Spawner(mpsc::Sender<Request>);

impl Spawner {
    /// Starts the thread. It ends with the last clone of the answer.
    pub fn start() -> std::io::Result<Self> {
        let (sender, mut requests) = mpsc::channel::<Request>(64);
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new().name("ssh-masters".to_owned()).spawn(move || {
            runtime.block_on(async {
                while let Some((mut command, answer)) = requests.recv().await {
                    // Nobody waits any more: the child is dropped and with it killed.
                    drop(answer.send(command.spawn()));
                }
            });
        })?;
        Ok(Self(sender))
    }

    /// Starts a child that gets SIGTERM when we end in whatever way. Unless it `asks`, it is in a
    /// session of its own, without a terminal.
    pub(super) async fn spawn(&self, mut command: Command, asks: bool) -> std::io::Result<Child> {
        bind(&mut command, asks);
        let (answer, child) = oneshot::channel();
        let gone = || std::io::Error::other("the thread that starts ssh ended");
        self.0.send((command, answer)).await.map_err(|_closed| gone())?;
        child.await.map_err(|_closed| gone())?
    }
}

#[expect(unsafe_code, reason = "setsid and prctl have to run between fork and exec")]
fn bind(command: &mut Command, asks: bool) {
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only async-signal-safe calls are made: setsid(2), prctl(2)
    // and getppid(2), each a single system call without allocation or locks.
    unsafe {
        command.pre_exec(move || {
            // Without a controlling terminal no ssh, not even one of a ProxyJump, can ask on it.
            if !asks {
                rustix::process::setsid()?;
            }
            #[cfg(target_os = "linux")]
            {
                let term = Some(rustix::process::Signal::TERM);
                rustix::process::set_parent_process_death_signal(term)?;
                // We may have ended in between.
                if rustix::process::getppid() != Some(parent) {
                    return Err(std::io::ErrorKind::BrokenPipe.into());
                }
            }
            #[cfg(not(target_os = "linux"))]
            let _unused = parent;
            Ok(())
        });
    }
}
