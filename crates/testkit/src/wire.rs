//! The way to a server through which a test can lose an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Hands on what is said between clients and a server. It ends with the runtime of its test.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    loses: Arc<AtomicBool>,
}

impl Wire {
    /// A way to the server at `host` and `port` that loses the answer to `said` each time after [`Wire::lose`].
    ///
    /// # Errors
    /// When no port is free.
    pub async fn to(host: &str, port: u16, said: &'static [u8]) -> anyhow::Result<Wire> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
        let (address, loses) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let (server, armed) = ((host.to_owned(), port), Arc::clone(&loses));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                tokio::spawn(hand_on(client, server, said, Arc::clone(&armed)));
            }
        });
        Ok(Wire { address, loses })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Loses the next answer, with its connection.
    pub fn lose(&self) {
        self.loses.store(true, Ordering::Relaxed);
    }

    /// Whether the answer is still to be lost.
    #[must_use]
    pub fn is_to_lose(&self) -> bool {
        self.loses.load(Ordering::Relaxed)
    }
}

/// Until one of the two goes away, or an answer is lost: the server has then done what it was asked.
async fn hand_on(
    mut client: TcpStream,
    mut server: TcpStream,
    said: &'static [u8],
    loses: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut is_lost = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let part = &asked[..read?];
                if part.is_empty() {
                    return Ok(());
                }
                is_lost |= part.windows(said.len()).any(|w| w == said) && loses.swap(false, Ordering::Relaxed);
                server.write_all(part).await?;
            }
            read = server.read(&mut answered) => {
                let part = &answered[..read?];
                if part.is_empty() || is_lost {
                    return Ok(());
                }
                client.write_all(part).await?;
            }
        }
    }
}
