//! The reader of the feed against senders that fail it: holes, torn frames, silence, one copy of two away.

use std::pin::pin;
use std::time::Duration;

use changelog::Cursor;
use changelog::follow::{Followed, Sender, feed};
use futures::{Stream, StreamExt};
use prost::Message;
use proto_contracts::feed::FeedFrame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What one connection is answered before it is closed.
type Answer = Vec<u8>;

/// A sender that gives its connections these answers in turn. Gives its address, and the places it was asked for.
async fn sender(answers: Vec<Answer>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let read = connection.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let after = head.split("after=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            asked.push(after.rsplit("%3A").next().unwrap_or_default().to_owned());
            connection.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.unwrap();
            connection.write_all(&answer).await.unwrap();
        }
        asked
    });
    (url, asked)
}

fn row(epoch: Uuid, seq: u64) -> Vec<u8> {
    FeedFrame { epoch: epoch.to_string(), seq, payload: vec![7; 40].into(), ..FeedFrame::default() }
        .encode_length_delimited_to_vec()
}

fn rows(epoch: Uuid, seqs: &[u64]) -> Vec<u8> {
    seqs.iter().flat_map(|seq| row(epoch, *seq)).collect()
}

/// What a reader at place 0 is told until it has `count` rows: their places, and how often the sender was lost.
async fn told(followed: impl Stream<Item = Followed>, count: usize) -> (Vec<u64>, usize) {
    let (mut followed, mut seqs, mut lost) = (pin!(followed), Vec::new(), 0);
    while seqs.len() < count {
        match tokio::time::timeout(Duration::from_secs(10), followed.next()).await.unwrap().unwrap() {
            Followed::Row { cursor, payload } => {
                assert_eq!(&payload[..], [7; 40]);
                seqs.push(cursor.seq);
            }
            Followed::Lost => lost += 1,
            Followed::Beat { .. } | Followed::Reset { .. } => {}
        }
    }
    (seqs, lost)
}

fn reader(urls: Vec<String>, epoch: Uuid) -> impl Stream<Item = Followed> {
    let sender = Sender::new(urls, "proof").unwrap();
    feed(sender, Some(Cursor { epoch, seq: 0 }), CancellationToken::new())
}

#[tokio::test]
async fn a_hole_is_asked_for_again_from_the_place_before_it() {
    let epoch = Uuid::now_v7();
    let (url, asked) = sender(vec![rows(epoch, &[1, 2, 4]), rows(epoch, &[2, 3, 4])]).await;
    assert_eq!(told(reader(vec![url], epoch), 4).await, (vec![1, 2, 3, 4], 0), "a hole is no loss of the sender");
    assert_eq!(asked.await.unwrap(), ["0", "2"]);
}

#[tokio::test]
async fn frames_in_pieces_broken_ones_and_giants_cost_no_row() {
    let epoch = Uuid::now_v7();
    let torn = [rows(epoch, &[1]), row(epoch, 2)[..20].to_vec()].concat();
    let nonsense = [rows(epoch, &[2]), vec![5, 1, 2, 3, 4, 5]].concat();
    // A length of ten bytes that is none, and one beyond every limit.
    let endless = [rows(epoch, &[3]), vec![0xff; 16]].concat();
    let giant = [rows(epoch, &[4]), vec![0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
    let (url, asked) = sender(vec![torn, nonsense, endless, giant, rows(epoch, &[5])]).await;
    assert_eq!(told(reader(vec![url], epoch), 5).await.0, [1, 2, 3, 4, 5]);
    assert_eq!(asked.await.unwrap(), ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn one_copy_away_is_passed_over_and_a_loss_is_told_once() {
    let epoch = Uuid::now_v7();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let (url, _asked) = sender(vec![rows(epoch, &[1, 2])]).await;
    assert_eq!(told(reader(vec![away.clone(), away, url], epoch), 2).await, (vec![1, 2], 1));
}
