//! What is read once goes over a channel of its own, which is opened when it is first needed and
//! kept for a while: one question after the other.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::ground::{Ground, How};
use super::talk::Talk;
use crate::model::fault::{Fault, FaultKind};
use crate::probe::tail::Piece;

/// See the module.
#[derive(Default)]
pub(super) struct Reader(Mutex<Option<(How, Talk)>>);

/// What is made of an answer.
pub(super) type Take<'a> = &'a mut (dyn FnMut(Piece<'_>) -> bool + Send);

impl Reader {
    /// Asks. `take` gets the answer piece by piece, and says whether it wants more.
    pub(super) async fn ask(
        &self,
        ground: &Ground<'_>,
        how: How,
        argv: &[&str],
        deadline: Duration,
        take: Take<'_>,
    ) -> Result<(), Fault> {
        let mut kept = self.0.lock().await;
        let asked = async {
            // Taken out while it is used: one that was given up in the middle is of no more use.
            // One that was kept for too long has ended itself.
            let old = match kept.take().filter(|(as_whom, _)| *as_whom == how) {
                Some((_, mut talk)) => renewed(&mut talk, argv).await.then_some(talk),
                None => None,
            };
            let mut talk = if let Some(talk) = old {
                talk
            } else {
                let mut talk = Talk::open(ground.transport, how).await?;
                talk.say(argv).await?;
                talk
            };
            let mut wants = true;
            let mut is_over = false;
            while wants && !is_over {
                talk.read().await?;
                talk.take(&mut |piece| match piece {
                    Piece::Said(words) if words == "end" => is_over = true,
                    piece if wants => wants = take(piece),
                    _ => {}
                });
            }
            if is_over {
                *kept = Some((how, talk));
            }
            Ok(())
        };
        timeout(deadline, asked).await.map_err(|_late| {
            let detail = format!("no answer within {} s", deadline.as_secs());
            Fault::new(FaultKind::TimedOut, "read a log on the host", detail)
        })?
    }
}

/// Whether a channel that was kept takes a question and still answers.
async fn renewed(talk: &mut Talk, argv: &[&str]) -> bool {
    if talk.say(&["l"]).await.is_err() || talk.say(&["qd_tell", "still"]).await.is_err() {
        return false;
    }
    let mut is_there = false;
    while !is_there {
        if talk.read().await.is_err() {
            return false;
        }
        talk.take(&mut |piece| is_there |= piece == Piece::Said("still".to_owned()));
    }
    talk.say(argv).await.is_ok()
}
