//! The log's promises, on both databases: no gap, no reversal, nothing missed, and a reset where a place is foreign.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use changelog::follow::Sender;
use changelog::{Cursor, Log};
use db::Db;
use futures::{Stream, StreamExt};
use prost::Message;
use proto_contracts::feed::FeedFrame;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::database::{entry, on_mariadb, on_sqlite, write};

/// Writers at once and changes of each.
const WRITERS: usize = 16;
const CHANGES: usize = 25;

/// Reads `count` rows of a stream of frames, past beats, and says their places.
async fn places(frames: impl Stream<Item = db::Result<bytes::Bytes>>, count: usize) -> Vec<u64> {
    let mut frames = pin!(frames);
    let (mut held, mut seen) = (BytesMut::new(), Vec::new());
    while seen.len() < count {
        held.extend_from_slice(&frames.next().await.unwrap().unwrap());
        while let Some(frame) = take(&mut held) {
            if !frame.beat && !frame.reset {
                seen.push(frame.seq);
            }
        }
    }
    seen
}

pub fn take(held: &mut BytesMut) -> Option<FeedFrame> {
    let mut peek = &held[..];
    let length = prost::decode_length_delimiter(&mut peek).ok()?;
    let head = held.len() - peek.len();
    if peek.len() < length {
        return None;
    }
    held.advance(head);
    Some(FeedFrame::decode(held.split_to(length)).unwrap())
}

async fn sixteen_writers_leave_no_gap(db: Db) {
    let log = Log::open(db.clone(), "t").await.unwrap();
    let stop = CancellationToken::new();
    let start = log.end().await.unwrap();
    assert_eq!(start.seq, 0);
    let readers: Vec<_> =
        (0..4).map(|_| tokio::spawn(places(log.frames(Some(start), stop.clone()), WRITERS * CHANGES))).collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (log, db) = (log.clone(), db.clone());
            tokio::spawn(async move {
                let id = Uuid::now_v7();
                for version in 1..=CHANGES as u64 {
                    write(&log, &db, id, version).await;
                }
                id
            })
        })
        .collect();
    let mut ids = Vec::new();
    for writer in writers {
        ids.push(writer.await.unwrap());
    }
    let all: Vec<u64> = (1..=(WRITERS * CHANGES) as u64).collect();
    for reader in readers {
        let seen = tokio::time::timeout(Duration::from_secs(20), reader).await.unwrap().unwrap();
        assert_eq!(seen, all, "a follower sees every row once and in order");
    }
    assert_eq!(log.end().await.unwrap().seq, (WRITERS * CHANGES) as u64);
    for id in ids {
        let rows = log.of_record("challan", id, &changelog::Wanted::default(), 100).await.unwrap();
        let versions: Vec<u64> = rows.iter().map(|r| r.version).collect();
        assert_eq!(versions, (1..=CHANGES as u64).rev().collect::<Vec<_>>(), "one row a version, newest first");
    }
    stop.cancel();
    db.close().await;
}

async fn places_are_kept_and_foreign_ones_reset(db: Db) {
    let log = Log::open(db.clone(), "t").await.unwrap();
    let stop = CancellationToken::new();
    for version in 1..=5 {
        write(&log, &db, Uuid::now_v7(), version).await;
    }
    let end = log.end().await.unwrap();
    assert_eq!(end.to_string().parse::<Cursor>().unwrap(), end);
    let resumed = places(log.frames(Some(Cursor { seq: 3, ..end }), stop.clone()), 2).await;
    assert_eq!(resumed, [4, 5]);
    for foreign in [Cursor { epoch: Uuid::now_v7(), seq: 3 }, Cursor { seq: 6, ..end }] {
        let mut frames = pin!(log.frames(Some(foreign), stop.clone()));
        let mut first = BytesMut::from(&frames.next().await.unwrap().unwrap()[..]);
        assert!(take(&mut first).unwrap().reset, "a place beyond the end or of another history is a reset");
    }
    // A transaction that is dropped leaves no row and no gap.
    let mut tx = db.begin().await.unwrap();
    let _ = log.append(&mut tx, &[entry(Uuid::now_v7(), 1)]).await.unwrap();
    tx.rollback().await.unwrap();
    write(&log, &db, Uuid::now_v7(), 1).await;
    assert_eq!(log.end().await.unwrap().seq, 6);
    assert_eq!(log.read(5, 10).await.unwrap().len(), 1);
    stop.cancel();
    db.close().await;
}

/// A restored history is told apart even where its rows follow the reader's place without a pause.
async fn another_epoch_resets_an_open_stream(db: Db) {
    let log = Log::open(db.clone(), "t").await.unwrap();
    let stop = CancellationToken::new();
    let mut frames = pin!(log.frames(None, stop.clone()));
    frames.next().await.unwrap().unwrap();
    let mut tx = db.begin().await.unwrap();
    let epoch = Uuid::now_v7();
    let mut anew = db::Clause::of("UPDATE t_log_head SET epoch = ");
    anew.id(epoch).sql(" WHERE id = 1");
    tx.write(anew).await.unwrap();
    let appended = log.append(&mut tx, &[entry(Uuid::now_v7(), 1)]).await.unwrap();
    tx.commit().await.unwrap();
    appended.wake(&log);
    let mut held = BytesMut::from(&frames.next().await.unwrap().unwrap()[..]);
    let first = take(&mut held).unwrap();
    assert!(first.reset && first.epoch == epoch.to_string(), "the reset comes before any row of the new history");
    let row = places(frames, 1).await;
    assert_eq!(row, [1]);
    db.close().await;
}

/// Who hears no beat takes what it knows for old, however many rows it is told of.
async fn a_busy_feed_beats_too(db: Db) {
    let log = Log::open(db.clone(), "t").await.unwrap();
    let stop = CancellationToken::new();
    let mut frames = pin!(log.frames(None, stop.clone()));
    let (writer, told_to_stop) = ((log.clone(), db.clone()), stop.clone());
    let writing = tokio::spawn(async move {
        let (log, db) = writer;
        while !told_to_stop.is_cancelled() {
            write(&log, &db, Uuid::now_v7(), 1).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let (mut held, mut last, mut rows_between, mut beats) = (BytesMut::new(), 0, 0, 0);
    let reading = async {
        while beats < 4 {
            held.extend_from_slice(&frames.next().await.unwrap().unwrap());
            while let Some(frame) = take(&mut held) {
                if frame.beat {
                    assert_eq!(frame.seq, last, "a beat is the place of the row before it");
                    // The first one may come before any row.
                    beats += u32::from(std::mem::take(&mut rows_between) > 0);
                } else {
                    (last, rows_between) = (frame.seq, rows_between + 1);
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap();
    stop.cancel();
    writing.await.unwrap();
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_feed_beats_too_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    a_busy_feed_beats_too(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_feed_beats_too_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    a_busy_feed_beats_too(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_epoch_resets_an_open_stream_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    another_epoch_resets_an_open_stream(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_epoch_resets_an_open_stream_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    another_epoch_resets_an_open_stream(db).await;
}

/// A sender that takes the connection and says nothing does not hold up the end of the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_sender_does_not_delay_the_stop() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let stop = CancellationToken::new();
    let mut followed = pin!(changelog::follow::feed(Sender::new(vec![url], "proof").unwrap(), None, stop.clone()));
    tokio::spawn(async move {
        let _held = silent.accept().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
        std::future::pending::<()>().await;
    });
    let ended = tokio::time::timeout(Duration::from_secs(1), followed.next()).await;
    assert!(ended.is_ok_and(|next| next.is_none()), "the stream ends at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_leave_no_gap_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    sixteen_writers_leave_no_gap(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_leave_no_gap_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    sixteen_writers_leave_no_gap(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_kept_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    places_are_kept_and_foreign_ones_reset(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_kept_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    places_are_kept_and_foreign_ones_reset(db).await;
}
