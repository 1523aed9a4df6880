//! The throw-away servers themselves: they keep what was committed through a kill -9, and leave nothing behind.

use sqlx::{Connection, MySqlConnection};
use testkit::{kafka, mariadb};

async fn databases(url: &str) -> sqlx::Result<Vec<String>> {
    let mut connection = MySqlConnection::connect(url).await?;
    sqlx::query_scalar("SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata")
        .fetch_all(&mut connection)
        .await
}

#[tokio::test]
async fn a_database_is_gone_after_its_test() {
    let url = mariadb::server_url().unwrap();
    let database = mariadb::database().await.unwrap();
    let name = database.name().to_owned();
    assert!(databases(&url).await.unwrap().contains(&name));
    drop(database);
    assert!(!databases(&url).await.unwrap().contains(&name));
}

#[tokio::test]
async fn a_killed_server_comes_back_with_what_was_committed() {
    let server = mariadb::Server::start().unwrap();
    let database = mariadb::database_on(server.url()).await.unwrap();
    let mut connection = MySqlConnection::connect(&database.url()).await.unwrap();
    sqlx::query("CREATE TABLE kept (n INT PRIMARY KEY)").execute(&mut connection).await.unwrap();
    sqlx::query("INSERT INTO kept VALUES (7)").execute(&mut connection).await.unwrap();
    server.kill().unwrap();
    assert!(MySqlConnection::connect(&database.url()).await.is_err());
    server.restart().unwrap();
    let mut connection = MySqlConnection::connect(&database.url()).await.unwrap();
    let kept: i32 = sqlx::query_scalar("SELECT n FROM kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 7);
}

#[test]
fn a_killed_broker_comes_back_at_the_same_address() {
    let broker = kafka::Broker::start().unwrap();
    let answers = || std::net::TcpStream::connect(broker.address()).is_ok();
    assert!(answers());
    broker.kill().unwrap();
    assert!(!answers());
    broker.restart().unwrap();
    assert!(answers());
    broker.stop().unwrap();
    assert!(!answers());
}
