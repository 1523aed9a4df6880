//! A mail server of one test: it speaks SMTP (RFC 5321) and keeps what it is given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server was given, and whether it is in a mood to take more.
#[derive(Default)]
struct Kept {
    letters: Vec<Letter>,
    /// Letters still to be refused for now (451).
    refusals: usize,
}

#[derive(Clone, Debug)]
pub struct Letter {
    pub from: String,
    pub to: String,
    /// Head and text, quoted-printable undone.
    pub text: String,
}

pub struct MailServer {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

impl MailServer {
    /// Starts it; the first `refusals` letters are refused for now.
    pub async fn start(refusals: usize) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let kept = Arc::new(Mutex::new(Kept { refusals, ..Kept::default() }));
        let shared = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        MailServer { url, kept }
    }

    /// The settings that send mail here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("SMTP_URL", self.url.clone()), ("MAIL_FROM", "DC Tracker <dc@4syz.com>".into())]
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.kept.lock().unwrap().letters.clone()
    }

    /// Waits until there are `count` letters, and gives the last.
    pub async fn letter(&self, count: usize) -> Letter {
        for _ in 0..200 {
            let letters = self.letters();
            if letters.len() >= count {
                return letters.last().unwrap().clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} letters came, {count} were expected", self.letters().len());
    }
}

async fn converse(stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut letter = Letter { from: String::new(), to: String::new(), text: String::new() };
    write.write_all(b"220 tests ESMTP\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" | "HELO" => "250 tests",
            "MAIL" => {
                letter.from = line;
                "250 ok"
            }
            "RCPT" => {
                letter.to = line;
                "250 ok"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut raw = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    raw += line.strip_prefix('.').unwrap_or(&line);
                    raw += "\n";
                }
                letter.text = raw.replace("=\n", "").replace("=3D", "=");
                let mut kept = kept.lock().unwrap();
                if kept.refusals > 0 {
                    kept.refusals -= 1;
                    "451 later"
                } else {
                    kept.letters.push(letter.clone());
                    "250 kept"
                }
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
