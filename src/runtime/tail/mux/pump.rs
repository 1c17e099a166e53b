//! Passes on between a channel and the shells that share it.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::ends::Lines;
use crate::probe::tail::mux::{Frame, frame};
use crate::runtime::transport::Channel;

/// Read at once.
const CHUNK: usize = 128 * 1024;
/// Bytes for the host that wait here; more waits with the shells.
const WAITING: usize = 64 * 1024;

/// Until the channel ends, or something comes that is not of our program. `came` is what was read
/// already.
pub(super) async fn run(channel: Channel, nonce: String, came: Vec<u8>, lines: Arc<Lines>) {
    let Channel { mut stdin, mut stdout, guard, .. } = channel;
    let mut came = came;
    came.reserve(CHUNK);
    let mut waiting: Vec<u8> = Vec::new();
    loop {
        tokio::select! {
            read = stdout.read_buf(&mut came) => {
                if !matches!(read, Ok(1..)) || !deal(&nonce, &mut came, &lines) {
                    break;
                }
                came.reserve(CHUNK);
            }
            sent = stdin.write(&waiting), if !waiting.is_empty() => match sent {
                Ok(sent @ 1..) => drop(waiting.drain(..sent)),
                Ok(0) | Err(_) => break,
            },
            () = lines.stir.notified(), if waiting.len() < WAITING => lines.collect(&mut waiting),
        }
    }
    lines.end();
    drop(guard);
}

/// Deals out whole frames. Whether all is well.
fn deal(nonce: &str, came: &mut Vec<u8>, lines: &Lines) -> bool {
    let mut begin = 0;
    let is_well = loop {
        match frame(nonce, came.get(begin..).unwrap_or_default()) {
            (Frame::Printed(number, bytes), length) => {
                if !lines.printed(number, bytes) {
                    break false;
                }
                begin += length;
            }
            (Frame::Part, _) => break true,
            (Frame::Noise, _) => break false,
        }
    };
    came.drain(..begin);
    is_well
}
