//! The collector's client against real shells and against hosts that misbehave.

use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::probe::facts::parse_facts;
use quarterdeck::runtime::collector::Collector;
use quarterdeck::runtime::transport::{Channel, Complaints, Future, Transport, UnitBus};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};
use tokio::process::Command;

use super::shell::shells;

/// A host that is a command here, or a stream that a test plays.
struct Played(Mutex<Option<Channel>>);

impl Played {
    fn command(argv: &[&str]) -> (Self, u32) {
        let [name, arguments @ ..] = argv else { unreachable!("a command has a name") };
        let mut child = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let id = child.id().unwrap();
        let channel = Channel {
            stdin: Box::new(child.stdin.take().unwrap()),
            stdout: Box::new(child.stdout.take().unwrap()),
            stderr: Complaints::collect(child.stderr.take().unwrap()),
            guard: Box::new(child),
        };
        (Self(Mutex::new(Some(channel))), id)
    }

    fn stream(stream: DuplexStream) -> Self {
        let (stdout, stdin) = tokio::io::split(stream);
        let channel = Channel {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Complaints::default(),
            guard: Box::new(()),
        };
        Self(Mutex::new(Some(channel)))
    }
}

impl Transport for Played {
    fn shell(&self) -> Future<'_, Result<Channel, Fault>> {
        let channel = self.0.lock().unwrap().take().expect("one shell");
        Box::pin(async { Ok(channel) })
    }

    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>> {
        Box::pin(async { Err(Fault::new(FaultKind::Missing, "reach systemd", "none")) })
    }

    fn lost(&self) -> Future<'_, Fault> {
        Box::pin(std::future::pending())
    }
}

/// The far end of a stream: reads the program, says it is ready, and then does as the test wants.
struct Far {
    stream: BufReader<DuplexStream>,
    nonce: String,
}

impl Far {
    async fn hear(stream: DuplexStream) -> Self {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            assert!(stream.read_line(&mut line).await.unwrap() > 0);
            if let Some(nonce) = line.strip_prefix("'qd_main' '") {
                let nonce = nonce.trim_end().trim_end_matches('\'').to_owned();
                return Self { stream, nonce };
            }
        }
    }

    async fn ready(stream: DuplexStream) -> Self {
        let mut far = Self::hear(stream).await;
        far.say("@@NONCE ready\n").await;
        far
    }

    async fn say(&mut self, text: &str) {
        let text = text.replace("NONCE", &self.nonce);
        // The other side may have hung up.
        drop(self.stream.write_all(text.as_bytes()).await);
    }
}

fn pair() -> (Played, DuplexStream) {
    let (near, far) = tokio::io::duplex(4096);
    (Played::stream(near), far)
}

/// The fault of a request to which a ready host answers this and nothing more.
async fn answered(text: &'static str) -> Result<(u8, String), Fault> {
    let (played, far) = pair();
    let host = tokio::spawn(async move {
        let mut far = Far::ready(far).await;
        let mut line = String::new();
        far.stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "1 'qd_ping'\n");
        far.say(text).await;
    });
    let mut collector = Collector::open(&played).await.unwrap();
    let answer = collector.request(&["qd_ping"]).await;
    host.await.unwrap();
    answer.map(|answer| (answer.status, answer.text))
}

#[tokio::test]
async fn a_login_shell_may_greet() {
    for shell in shells() {
        let greeting = "printf 'Welcome\\n\\n@@ready\\n@@x ready\\n\\033[1mnews\\033[0m no end'; \
                        echo careful >&2; exec \"$@\"";
        let (played, _) = Played::command(&[&["sh", "-c", greeting, "sh"], shell].concat());
        let mut collector = Collector::open(&played).await.unwrap();
        let facts = collector.request(&["qd_facts", "never"]).await.unwrap();
        assert!(parse_facts(&facts.text).uptime.is_some(), "{shell:?}");
        let bytes = collector.request(&["printf", r"\377@@ \033\n"]).await.unwrap();
        assert_eq!((bytes.status, bytes.text.as_str()), (0, "\u{fffd}@@ \x1b\n"));
        assert!(collector.request(&["printf", "a\nb"]).await.is_err());
        // Which costs nothing.
        assert_eq!(collector.request(&["false"]).await.unwrap().status, 1);
    }
}

#[tokio::test]
async fn a_question_that_is_asked_again_is_the_same_question() {
    let odd = ["$HOME `id` \\ '\" + = * #", &"long ".repeat(20), "", "@"];
    let argv: Vec<&str> = ["printf", "%s;"].into_iter().chain(odd).collect();
    let other: Vec<&str> =
        argv.iter().map(|word| if *word == "@" { "other" } else { word }).collect();
    for shell in shells() {
        let (played, _) = Played::command(shell);
        let mut collector = Collector::open(&played).await.unwrap();
        for asked in [&argv, &argv, &argv, &other, &argv, &argv, &other, &other, &other, &argv] {
            let told = collector.request(asked).await.unwrap().text;
            assert_eq!(told, asked[2..].join(";") + ";", "{shell:?}");
            assert_eq!(collector.request(&["qd_ping"]).await.unwrap().status, 0);
        }
    }
}

#[tokio::test]
async fn a_shell_that_is_killed_is_a_fault() {
    for shell in shells() {
        let (played, id) = Played::command(shell);
        let mut collector = Collector::open(&played).await.unwrap();
        let killer = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Command::new("kill").args(["-9", &id.to_string()]).status().await.unwrap();
        });
        // The sleep outlives it for a moment, and holds its output open.
        let words = ["sh", "-c", "exec >&- 2>&-; sleep 5"];
        let request = collector.request(&words);
        let fault = tokio::time::timeout(Duration::from_secs(10), request).await.unwrap();
        let fault = fault.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Garbled, "{shell:?}");
        assert!(fault.detail.starts_with("the shell on the host ended"), "{fault}");
        killer.await.unwrap();
        assert!(collector.request(&["qd_ping"]).await.is_err());
    }
}

#[tokio::test]
async fn a_shell_that_does_not_start_says_why() {
    let (played, _) = Played::command(&["sh", "-c", "echo 'This account is not available' >&2"]);
    let fault = Collector::open(&played).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Garbled);
    assert!(!fault.remedy.is_empty());
}

#[tokio::test]
async fn an_answer_that_is_cut_is_a_fault() {
    for cut in ["@@NONCE 1 0 100\nshort", "@@NONCE 1 0 3\nabc", "@@NONCE 1 0"] {
        let fault = answered(cut).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Garbled, "{cut}");
    }
    let fault = answered("@@NONCE 1 0 3\nabcd\n").await.unwrap_err();
    assert!(fault.detail.contains("longer than it says"), "{fault}");
}

#[tokio::test]
async fn noise_between_answers_is_skipped() {
    let noisy = "wall message\n@@other 1 0 1\nx\n@@NONCE 1 0\n@@NONCE 1 0 99999999\n\
                 @@NONCE 0 0 3\nold\n@@NONCE 1 300 2\n@@NONCE 1 5 4\n@@\n\n\n";
    assert_eq!(answered(noisy).await.unwrap(), (5, "@@\n\n".to_owned()));
}

#[tokio::test]
async fn noise_without_an_end_is_a_fault() {
    // With line feeds and without, before it is ready and after.
    for chunk in ["noise\n", "noise"] {
        for ready in [false, true] {
            let (played, far) = pair();
            let host = tokio::spawn(async move {
                let mut far = Far::hear(far).await;
                if ready {
                    far.say("@@NONCE ready\n").await;
                }
                let chunk = chunk.repeat(200);
                let mut said = 0;
                while far.stream.write_all(chunk.as_bytes()).await.is_ok() {
                    said += chunk.len();
                }
                said
            });
            let fault = async {
                let mut collector = Collector::open(&played).await?;
                collector.request(&["qd_ping"]).await
            };
            let fault = tokio::time::timeout(Duration::from_secs(20), fault).await.unwrap();
            assert_eq!(fault.unwrap_err().kind, FaultKind::Garbled);
            drop(played);
            let said = host.await.unwrap();
            assert!((1 << 20..2 << 20).contains(&said), "{said} bytes were read");
        }
    }
}
