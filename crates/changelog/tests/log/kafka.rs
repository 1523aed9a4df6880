//! The relay and the reader of the topic, on a real broker: everything, in order, once, whatever happens to the broker.

use std::pin::pin;
use std::time::{Duration, Instant};

use changelog::follow::{Followed, Sender};
use changelog::kafka::{Topic, follow, relay};
use changelog::{Cursor, Log};
use db::Db;
use futures::StreamExt;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::database::{on_mariadb, on_sqlite, write};

/// A log with its relay and its feed.
struct House {
    db: Db,
    log: Log,
    topic: Topic,
    broker: String,
    feed: String,
    stop: CancellationToken,
}

impl House {
    async fn new(db: Db, broker: &str) -> House {
        let log = Log::open(db.clone(), "t").await.unwrap();
        let stop = CancellationToken::new();
        let topic = Topic::challan_changes(broker, &testkit::kafka::topic_prefix());
        let feed = serve(log.clone(), stop.clone()).await;
        House { db, log, topic, broker: broker.to_owned(), feed, stop }
    }

    fn relay(&self) -> (JoinHandle<()>, CancellationToken) {
        let stop = self.stop.child_token();
        (tokio::spawn(relay(self.log.clone(), self.topic.clone(), stop.clone())), stop)
    }

    /// What a reader from the log's beginning is told, as it comes.
    async fn reader(&self) -> mpsc::UnboundedReceiver<Followed> {
        let start = Cursor { seq: 0, ..self.log.end().await.unwrap() };
        let sender = Sender::new(vec![self.feed.clone()], "proof").unwrap();
        let followed = follow(self.topic.clone(), sender, Some(start), self.stop.clone());
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut followed = pin!(followed);
            while let Some(next) = followed.next().await {
                if tell.send(next).is_err() {
                    return;
                }
            }
        });
        told
    }

    async fn write(&self, count: usize) {
        for _ in 0..count {
            write(&self.log, &self.db, Uuid::now_v7(), 1).await;
        }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.broker).set("group.id", "test");
        config
    }

    /// The cursors that the topic holds, from its first message, once there are `count` of them.
    async fn published(&self, count: usize) -> Vec<Cursor> {
        let (config, topic) = (self.client(), self.topic.name().to_owned());
        tokio::task::spawn_blocking(move || {
            let until = Instant::now() + Duration::from_secs(30);
            let mut cursors = Vec::new();
            while cursors.len() < count && Instant::now() < until {
                cursors.clear();
                let consumer: BaseConsumer = config.create().unwrap();
                let mut partitions = TopicPartitionList::new();
                partitions.add_partition_offset(&topic, 0, Offset::Beginning).unwrap();
                consumer.assign(&partitions).unwrap();
                while let Some(Ok(message)) = consumer.poll(Duration::from_secs(2)) {
                    let headers = message.headers().unwrap();
                    let header = |name| headers.iter().find(|h| h.key == name).unwrap().value.unwrap();
                    assert_eq!(header("schema"), b"dctracker.events.v1.Change");
                    let _request_id = header("request_id");
                    cursors.push(std::str::from_utf8(header("cursor")).unwrap().parse().unwrap());
                    if cursors.len() == count {
                        break;
                    }
                }
            }
            cursors
        })
        .await
        .unwrap()
    }

    async fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().unwrap()
    }

    async fn close(self) {
        self.stop.cancel();
        self.db.close().await;
    }
}

/// The feed as a service serves it, in the least HTTP that a client takes.
async fn serve(log: Log, stop: CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Some(Ok((connection, _))) = stop.run_until_cancelled(listener.accept()).await {
            tokio::spawn(answer(log.clone(), stop.clone(), connection));
        }
    });
    url
}

async fn answer(log: Log, stop: CancellationToken, mut connection: TcpStream) -> Option<()> {
    let mut head = vec![0; 4096];
    let read = connection.read(&mut head).await.ok()?;
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    connection.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.ok()?;
    if head.starts_with("GET /internal/changes/end ") {
        return connection.write_all(log.end().await.ok()?.to_string().as_bytes()).await.ok();
    }
    let path = head.split(' ').nth(1)?;
    let after = path.split("after=").nth(1).map(|cursor| cursor.replace("%3A", ":").parse().unwrap());
    let mut frames = pin!(log.frames(after, stop));
    while let Some(Ok(frame)) = frames.next().await {
        connection.write_all(&frame).await.ok()?;
    }
    Some(())
}

/// The seqs of the next `count` rows; whatever else is said goes by.
async fn rows(told: &mut mpsc::UnboundedReceiver<Followed>, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    let reading = async {
        while seqs.len() < count {
            if let Followed::Row { cursor, .. } = told.recv().await.unwrap() {
                seqs.push(cursor.seq);
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(20), reading).await;
    seqs
}

fn seqs(cursors: &[Cursor]) -> Vec<u64> {
    cursors.iter().map(|cursor| cursor.seq).collect()
}

async fn on_both<F: Future<Output = ()>>(run: impl Fn(House) -> F) {
    let broker = testkit::kafka::bootstrap().unwrap();
    let (db, _folder) = on_sqlite().await;
    run(House::new(db, &broker).await).await;
    let (db, _database) = on_mariadb().await;
    run(House::new(db, &broker).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_is_the_log_and_one_relay_at_a_time_writes_it() {
    on_both(|house| async {
        house.write(30).await;
        let mut told = house.reader().await;
        let (first, end_first) = house.relay();
        let (second, _) = house.relay();
        house.write(20).await;
        assert_eq!(rows(&mut told, 50).await, (1..=50).collect::<Vec<_>>());
        assert_eq!(seqs(&house.published(50).await), (1..=50).collect::<Vec<_>>());
        end_first.cancel();
        first.await.unwrap();
        house.write(50).await;
        assert_eq!(rows(&mut told, 50).await, (51..=100).collect::<Vec<_>>());
        assert_eq!(seqs(&house.published(100).await), (1..=100).collect::<Vec<_>>(), "neither repeats nor leaves out");

        let admin = house.admin().await;
        let topic = ResourceSpecifier::Topic(house.topic.name());
        let described = admin.describe_configs(&[topic], &AdminOptions::new()).await.unwrap().remove(0).unwrap();
        assert_eq!(described.get("cleanup.policy").unwrap().value.as_deref(), Some("delete"));
        house.close().await;
        second.await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_holds_up_nobody_and_gets_what_it_missed() {
    let broker = tokio::task::spawn_blocking(testkit::kafka::Broker::start).await.unwrap().unwrap();
    let (sqlite, _folder) = on_sqlite().await;
    let (mariadb, _database) = on_mariadb().await;
    let houses = [House::new(sqlite, broker.address()).await, House::new(mariadb, broker.address()).await];
    let mut readers = Vec::new();
    for house in &houses {
        house.relay();
        readers.push(house.reader().await);
        house.write(20).await;
    }
    for (house, told) in houses.iter().zip(&mut readers) {
        assert_eq!(rows(told, 20).await, (1..=20).collect::<Vec<_>>());
        house.published(20).await;
    }
    broker.kill().unwrap();
    for (house, told) in houses.iter().zip(&mut readers) {
        house.write(20).await;
        assert_eq!(rows(told, 20).await, (21..=40).collect::<Vec<_>>(), "without the broker the feed goes on");
    }
    tokio::task::spawn_blocking(move || broker.restart().map(|()| broker))
        .await
        .unwrap()
        .map(std::mem::forget)
        .unwrap();
    for (house, told) in houses.into_iter().zip(&mut readers) {
        house.write(20).await;
        assert_eq!(rows(told, 20).await, (41..=60).collect::<Vec<_>>());
        assert_eq!(seqs(&house.published(60).await), (1..=60).collect::<Vec<_>>(), "the topic has caught up");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_topic_is_filled_from_the_first_row() {
    on_both(|house| async {
        let (relaying, stop) = house.relay();
        let mut told = house.reader().await;
        house.write(10).await;
        house.published(10).await;
        stop.cancel();
        relaying.await.unwrap();
        house.admin().await.delete_topics(&[house.topic.name()], &AdminOptions::new()).await.unwrap();
        house.write(5).await;
        house.relay();
        assert_eq!(rows(&mut told, 15).await, (1..=15).collect::<Vec<_>>());
        assert_eq!(seqs(&house.published(15).await), (1..=15).collect::<Vec<_>>());
        // And under a relay at work, which notices when the broker counts anew.
        house.admin().await.delete_topics(&[house.topic.name()], &AdminOptions::new()).await.unwrap();
        house.write(5).await;
        assert_eq!(rows(&mut told, 5).await, (16..=20).collect::<Vec<_>>());
        let mut all = seqs(&house.published(20).await);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (1..=20).collect::<Vec<_>>());
        house.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_several_partitions_is_refused() {
    on_both(|house| async {
        let wrong = NewTopic::new(house.topic.name(), 3, TopicReplication::Fixed(1));
        house.admin().await.create_topics(&[wrong], &AdminOptions::new()).await.unwrap();
        house.write(3).await;
        house.relay();
        let mut told = house.reader().await;
        assert_eq!(rows(&mut told, 3).await, [1, 2, 3], "readers have the feed");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let consumer: BaseConsumer = house.client().create().unwrap();
        for partition in 0..3 {
            let ends = consumer.fetch_watermarks(house.topic.name(), partition, Duration::from_secs(5)).unwrap();
            assert_eq!(ends, (0, 0), "nothing was published");
        }
        house.close().await;
    })
    .await;
}

/// A reader goes over to the topic while rows come without a pause. The topic has no beats, so it is known by their end.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_log_is_read_from_the_topic() {
    on_both(|house| async {
        house.relay();
        house.write(1).await;
        house.published(1).await;
        let mut told = house.reader().await;
        let (mut next, mut beaten) = (1, None::<Instant>);
        let until = Instant::now() + Duration::from_secs(15);
        while beaten.is_none_or(|beaten| beaten.elapsed() < Duration::from_secs(2)) {
            assert!(Instant::now() < until, "the reader stays with the feed");
            house.write(1).await;
            while let Ok(followed) = told.try_recv() {
                match followed {
                    Followed::Row { cursor, .. } => {
                        assert_eq!(cursor.seq, next);
                        next += 1;
                    }
                    Followed::Beat { cursor: Cursor { seq: 0, .. } } => {}
                    Followed::Beat { .. } => beaten = Some(Instant::now()),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(next > 100, "rows came meanwhile");
        house.close().await;
    })
    .await;
}

/// What two relays at once would do: repeat old rows, and leave one out.
#[tokio::test(flavor = "multi_thread")]
async fn repeats_are_dropped_and_holes_are_filled() {
    on_both(|house| async {
        let (relaying, stop) = house.relay();
        let mut told = house.reader().await;
        house.write(10).await;
        assert_eq!(rows(&mut told, 10).await, (1..=10).collect::<Vec<_>>());
        house.published(10).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.cancel();
        relaying.await.unwrap();
        let epoch = house.log.end().await.unwrap().epoch;
        house.write(4).await;
        let producer: FutureProducer = house.client().create().unwrap();
        for seq in [3, 4, 5, 9, 11, 14] {
            let cursor = Cursor { epoch, seq }.to_string();
            let header = rdkafka::message::Header { key: "cursor", value: Some(&cursor) };
            let headers = rdkafka::message::OwnedHeaders::new().insert(header);
            let record = FutureRecord::to(house.topic.name()).key("k").payload("p").headers(headers);
            producer.send(record, Duration::from_secs(5)).await.unwrap();
        }
        assert_eq!(rows(&mut told, 4).await, (11..=14).collect::<Vec<_>>());
        house.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_is_published_again_and_told() {
    on_both(|house| async {
        house.relay();
        let mut told = house.reader().await;
        house.write(10).await;
        assert_eq!(rows(&mut told, 10).await, (1..=10).collect::<Vec<_>>());
        house.published(10).await;
        let epoch = Uuid::now_v7();
        let mut tx = house.db.begin().await.unwrap();
        let mut anew = db::Clause::of("UPDATE t_log_head SET epoch = ");
        anew.id(epoch).sql(" WHERE id = 1");
        tx.write(anew).await.unwrap();
        tx.commit().await.unwrap();
        let reset = async {
            while let Some(next) = told.recv().await {
                if let Followed::Reset { cursor } = next {
                    return cursor;
                }
            }
            panic!("the reader ended");
        };
        let reset = tokio::time::timeout(Duration::from_secs(10), reset).await.unwrap();
        assert_eq!(reset, Cursor { epoch, seq: 0 });
        assert_eq!(rows(&mut told, 10).await, (1..=10).collect::<Vec<_>>());
        let published = house.published(20).await;
        assert!(published[10..].iter().all(|cursor| cursor.epoch == epoch));
        assert_eq!(seqs(&published[10..]), (1..=10).collect::<Vec<_>>());
        house.close().await;
    })
    .await;
}
