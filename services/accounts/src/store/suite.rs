//! The contract of this store: every function, on SQLite and on `MariaDB`, with the same story and the same answers.

use chrono::Utc;
use db::DbError;
use domain::identity::{Grant, KeyScope, Permission, Role};
use service::Config;
use service::pages::At;
use uuid::Uuid;

use super::Store;
use super::audit;
use super::keys::Key;
use super::links::{Link, Purpose};
use super::passwords::Ground;
use super::permission_sets::PermissionSet;
use super::sessions::{SignIn, hash};
use super::totp::Second;
use super::tries::{Bucket, Taken};
use super::users::{User, Wanted};
use crate::event::Origin;

const SECOND: i64 = 1_000_000;

/// Ids in order: the story has the same ids on both databases.
fn id(n: u128) -> Uuid {
    Uuid::from_u128((0x0193_a1b2_0000_7000_8000 << 48) + n)
}

fn person(n: u128, name: &str, role: Role) -> User {
    User {
        id: id(n),
        version: 1,
        email: format!("{name}@example.in"),
        username: name.to_owned(),
        first_name: name.to_owned(),
        last_name: "K".into(),
        executive_name: None,
        role,
        is_active: true,
        password_hash: Some("$argon2id$first".into()),
        settings: "{}".into(),
        last_sign_in_at: None,
        created_at: 1_000,
    }
}

/// The same account one version later.
fn next(user: &User) -> User {
    User { version: user.version + 1, ..user.clone() }
}

fn by(user: &User) -> Origin {
    Origin { actor: Some((user.id, user.name())), request_id: "r".into(), address: "127.0.0.1".into(), via: "site" }
}

fn grant(permission: Permission) -> Grant {
    Grant { permission, scope: None, hidden_columns: vec!["amount".into()], expires_at: None }
}

async fn signed_in(store: &Store, user: &User, session: &str) -> super::sessions::Session {
    let now = || Utc::now().timestamp_micros();
    assert!(store.signed_in(session, now()).await.unwrap().is_none());
    let new =
        SignIn { user, id: session, old: None, agent: "Firefox", rehashed: None, second: &Second::None, tries: &[] };
    assert!(store.sign_in(&new, &by(user)).await.unwrap());
    let held = store.signed_in(session, now()).await.unwrap().expect("a sign-in is felt at once");
    assert_eq!(store.signed_in_now(session, now()).await.unwrap().unwrap().user, held.user);
    store.session(session, now()).await.unwrap().unwrap()
}

async fn users_are_made_found_and_changed(store: &Store) {
    store.ping().await.unwrap();
    assert!(!store.has_users().await.unwrap());
    let boss = person(1, "Boss", Role::Superadmin);
    store.create_user(&boss, &[], Some("superadmin"), &by(&boss)).await.unwrap();
    assert!(store.has_users().await.unwrap());
    let again = store.create_user(&person(9, "Other", Role::Superadmin), &[], Some("superadmin"), &by(&boss)).await;
    assert!(matches!(again, Err(DbError::Duplicate(_))), "there is one first: {again:?}");

    let ravi = User { executive_name: Some("Ravi  K".into()), ..person(2, "Ravi", Role::User) };
    store.create_user(&ravi, &[grant(Permission::ChallanRead)], None, &by(&boss)).await.unwrap();
    let same = User { id: id(3), email: "RAVI@example.in".into(), username: "x".into(), ..ravi.clone() };
    let twice = store.create_user(&same, &[], None, &by(&boss)).await;
    assert!(matches!(twice, Err(DbError::Duplicate(_))), "names are one by their folded form: {twice:?}");
    assert_eq!(store.user(ravi.id).await.unwrap().unwrap(), ravi);
    assert_eq!(store.user_by_name("RAVI@Example.in").await.unwrap().unwrap().id, ravi.id);
    assert_eq!(store.user_by_name("ravi").await.unwrap().unwrap().id, ravi.id);
    assert!(store.user_by_name("nobody").await.unwrap().is_none());
    assert_eq!(store.executives().await.unwrap(), [("Ravi  K".to_owned(), ravi.id)]);

    let wanted = |search: &str| Wanted { search: search.into(), role: None, is_active: None, deleted: false };
    let found = store.users(&wanted(""), &At::Start, 1).await.unwrap();
    assert_eq!(found[0].id, boss.id, "in the order of their e-mails");
    let found = store.users(&wanted(""), &At::After(boss.place()), 5).await.unwrap();
    assert_eq!(found.iter().map(|u| u.id).collect::<Vec<_>>(), [ravi.id]);
    let found = store.users(&wanted(""), &At::Before(ravi.place()), 5).await.unwrap();
    assert_eq!(found.iter().map(|u| u.id).collect::<Vec<_>>(), [boss.id]);
    assert_eq!(store.users(&wanted("RAV"), &At::Start, 5).await.unwrap().len(), 1);
    let admins = Wanted { role: Some(Role::Superadmin), is_active: Some(true), ..wanted("") };
    assert_eq!(store.users(&admins, &At::Start, 5).await.unwrap()[0].id, boss.id);

    let renamed = User { first_name: "Ravindra".into(), ..next(&ravi) };
    assert!(store.change_user(&ravi, &renamed, false, &by(&boss)).await.unwrap());
    assert!(!store.change_user(&ravi, &renamed, false, &by(&boss)).await.unwrap(), "somebody else wrote in between");
    let demoted = User { role: Role::Admin, ..next(&boss) };
    let last = store.change_user(&boss, &demoted, false, &by(&boss)).await;
    assert!(matches!(last, Err(DbError::Refused(_))), "the last superadmin stays: {last:?}");
    assert_eq!(store.user(boss.id).await.unwrap().unwrap().role, Role::Superadmin);
}

async fn grants_and_sets(store: &Store, boss: &User) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    let held = store.grants(ravi.id).await.unwrap();
    assert_eq!(held, [grant(Permission::ChallanRead)]);
    let wider = [grant(Permission::ChallanRead), grant(Permission::ChallanUpdate)];
    assert!(store.replace_grants(&ravi, &held, &wider, &by(boss)).await.unwrap());
    assert!(!store.replace_grants(&ravi, &held, &[], &by(boss)).await.unwrap(), "of an older version");
    let of = store.grants_of(&[ravi.clone(), boss.clone()]).await.unwrap();
    assert_eq!((of[&ravi.id].len(), of.get(&boss.id).map_or(0, Vec::len)), (2, 0));

    let before = store.permission_sets().await.unwrap().len();
    let set = PermissionSet { id: id(50), version: 1, name: "Gate".into(), grants: wider.to_vec(), created_at: 2_000 };
    store.create_permission_set(&set, &by(boss)).await.unwrap();
    let twice =
        store.create_permission_set(&PermissionSet { id: id(51), name: "GATE".into(), ..set.clone() }, &by(boss)).await;
    assert!(matches!(twice, Err(DbError::Duplicate(_))), "{twice:?}");
    let renamed = PermissionSet { version: 2, name: "Gate two".into(), ..set.clone() };
    assert!(store.change_permission_set(&set, &renamed, &by(boss)).await.unwrap());
    assert!(!store.change_permission_set(&set, &renamed, &by(boss)).await.unwrap());
    assert_eq!(store.permission_set(id(50)).await.unwrap().unwrap().name, "Gate two");
    assert_eq!(store.permission_sets().await.unwrap().len(), before + 1);
    assert!(store.delete_permission_set(&renamed, &by(boss)).await.unwrap());
    assert!(!store.delete_permission_set(&renamed, &by(boss)).await.unwrap());
}

async fn sessions_begin_and_end(store: &Store, boss: &User) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    let first = signed_in(store, &ravi, "one").await;
    assert_eq!((first.user_id, first.hash.as_str()), (ravi.id, hash("one").as_str()));
    let now = Utc::now().timestamp_micros();
    assert!(store.session("nothing", now).await.unwrap().is_none());
    assert!(store.session("one", first.ends_at + 1).await.unwrap().is_none(), "over by age");
    let held = store.sessions(ravi.id, now).await.unwrap();
    assert_eq!((held.len(), held[0].agent.as_str(), held[0].id), (1, "Firefox", first.id));
    let stale = User { password_hash: Some("$argon2id$older".into()), ..ravi.clone() };
    let new =
        SignIn { user: &stale, id: "no", old: None, agent: "", rehashed: None, second: &Second::None, tries: &[] };
    assert!(!store.sign_in(&new, &by(&ravi)).await.unwrap(), "the password was changed since it was read");
    store.refused_sign_in(Some(&ravi), "wrong password", &by(&ravi)).await.unwrap();

    signed_in(store, &ravi, "two").await;
    assert_eq!(store.end_sessions(&ravi, "session_ended", &by(boss), |s, _| s == first.id).await.unwrap(), 1);
    assert!(store.session("one", now).await.unwrap().is_none());
    assert!(store.signed_in("one", now).await.unwrap().is_none(), "an end is felt at once");
    let two = store.session("two", now).await.unwrap().unwrap();
    store.sign_out(&two, &ravi, &by(&ravi)).await.unwrap();
    assert!(store.sessions(ravi.id, now).await.unwrap().is_empty());
    signed_in(store, &ravi, "three").await;
    store.forget("three").await.unwrap();
    assert!(store.session("three", now).await.unwrap().is_none());
    let four = signed_in(store, &ravi, "four").await;
    store.sweep_sessions(now).await.unwrap();
    assert!(store.session("four", now).await.unwrap().is_some());
    store.sweep_sessions(four.ends_at).await.unwrap();
    assert!(store.session("four", now).await.unwrap().is_none());

    let mine = signed_in(store, &ravi, "mine").await;
    signed_in(store, &ravi, "other").await;
    let ravi = store.user(ravi.id).await.unwrap().unwrap();
    let after = User { email: "ravi.k@example.in".into(), ..next(&ravi) };
    assert!(store.change_own(&ravi, &after, &mine, "fresh", &by(&ravi)).await.unwrap());
    assert!(store.session("mine", now).await.unwrap().is_none(), "under its old id");
    assert!(store.session("other", now).await.unwrap().is_none());
    assert_eq!(store.session("fresh", now).await.unwrap().unwrap().user_id, ravi.id);
}

async fn passwords_and_links(store: &Store, boss: &User) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    let link = |hash: &str, purpose| Link { hash: hash.into(), purpose, binding: "b".into(), expires_at: 90 * SECOND };
    store.make_link(&ravi, &link("l1", Purpose::Reset), &by(boss)).await.unwrap();
    store.make_link(&ravi, &link("l2", Purpose::Reset), &by(boss)).await.unwrap();
    store.note_reset_request(&ravi, &by(&ravi)).await.unwrap();
    assert!(store.link("l1", Purpose::Reset, 0).await.unwrap().is_none(), "another took its place");
    assert!(store.link("l2", Purpose::Invitation, 0).await.unwrap().is_none(), "it is for another purpose");
    assert!(store.link("l2", Purpose::Reset, 90 * SECOND).await.unwrap().is_none(), "it is over");
    let (owner, found) = store.link("l2", Purpose::Reset, 0).await.unwrap().unwrap();
    assert_eq!((owner, found.binding.as_str()), (ravi.id, "b"));
    let after = User { password_hash: Some("$argon2id$second".into()), ..next(&ravi) };
    assert!(store.set_password(&ravi, &after, &Ground::Reset("l2"), &by(&ravi)).await.unwrap());
    let third = User { password_hash: Some("$argon2id$third".into()), ..next(&after) };
    assert!(!store.set_password(&after, &third, &Ground::Reset("l2"), &by(&ravi)).await.unwrap(), "used up");
    assert_eq!(store.user(ravi.id).await.unwrap().unwrap(), after);
    assert!(store.session("fresh", Utc::now().timestamp_micros()).await.unwrap().is_none(), "sessions end with it");
    let mine = signed_in(store, &after, "mine again").await;
    let ravi = store.user(ravi.id).await.unwrap().unwrap();
    let third = User { password_hash: Some("$argon2id$third".into()), ..next(&ravi) };
    let ground = Ground::Own { mine: &mine, new_id: "mine now" };
    assert!(store.set_password(&ravi, &third, &ground, &by(&ravi)).await.unwrap());
    assert!(store.session("mine now", Utc::now().timestamp_micros()).await.unwrap().is_some());
    store.make_link(&third, &link("l3", Purpose::Reset), &by(boss)).await.unwrap();
    store.sweep_links(90 * SECOND - 1).await.unwrap();
    assert!(store.link("l3", Purpose::Reset, 0).await.unwrap().is_some());
    store.sweep_links(90 * SECOND).await.unwrap();
    assert!(store.link("l3", Purpose::Reset, 0).await.unwrap().is_none());
}

async fn keys_are_made_used_and_ended(store: &Store, boss: &User) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    let key = |n: u128| Key {
        id: id(n),
        user_id: ravi.id,
        prefix: "dct_abc".into(),
        name: "ERP".into(),
        scopes: vec![KeyScope::IngestWrite],
        sources: Some(vec!["erp".into()]),
        created_at: 5,
        expires_at: Some(100 * SECOND),
        last_used_at: None,
    };
    assert!(store.create_key(&key(70), "k70", &ravi, 2, &by(boss)).await.unwrap());
    assert!(store.create_key(&key(71), "k71", &ravi, 2, &by(boss)).await.unwrap());
    assert!(!store.create_key(&key(72), "k72", &ravi, 2, &by(boss)).await.unwrap(), "the maker has as many as may be");
    let newest_first = |keys: Vec<Key>| keys.iter().map(|k| k.id).collect::<Vec<_>>();
    assert_eq!(newest_first(store.keys(Some(ravi.id), &At::Start, 9).await.unwrap()), [id(71), id(70)]);
    assert_eq!(newest_first(store.keys(None, &At::After(id(71)), 9).await.unwrap()), [id(70)]);
    assert_eq!(newest_first(store.keys(Some(ravi.id), &At::Before(id(70)), 1).await.unwrap()), [id(71)]);
    assert!(store.keys(Some(boss.id), &At::Start, 9).await.unwrap().is_empty());
    assert!(store.key_by_hash("k70", 100 * SECOND).await.unwrap().is_none(), "it is over");
    let found = store.key_by_hash("k70", 7 * SECOND).await.unwrap().unwrap();
    assert_eq!((found.id, found.sources.as_deref()), (id(70), Some(&["erp".to_owned()][..])));
    let used = store.key(id(70)).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(7 * SECOND));
    assert!(store.delete_key(&used, &ravi, &by(boss)).await.unwrap());
    assert!(!store.delete_key(&used, &ravi, &by(boss)).await.unwrap());
    assert!(store.key_by_hash("k70", 7 * SECOND).await.unwrap().is_none());
}

async fn second_factors(store: &Store) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    assert!(store.factor(ravi.id).await.unwrap().is_none());
    assert!(store.begin_enrolment(ravi.id, "sealed", 10).await.unwrap());
    assert!(store.begin_enrolment(ravi.id, "sealed again", 11).await.unwrap(), "an open one is replaced");
    assert!(!store.replace_recovery_codes(&ravi, &["c".into()], &by(&ravi)).await.unwrap(), "not enrolled yet");
    let codes = vec!["c1".to_owned(), "c2".to_owned()];
    let first = Second::Enrolled { step: 5, sealed: "sealed again".into(), codes };
    assert!(store.confirm_enrolment(&ravi, &first, &by(&ravi)).await.unwrap());
    assert!(!store.confirm_enrolment(&ravi, &first, &by(&ravi)).await.unwrap(), "it is confirmed once");
    assert!(!store.begin_enrolment(ravi.id, "other", 12).await.unwrap(), "enrolled already");
    let factor = store.factor(ravi.id).await.unwrap().unwrap();
    assert_eq!((factor.sealed.as_str(), factor.confirmed_at.is_some()), ("sealed again", true));
    let mut left = store.recovery_codes(ravi.id).await.unwrap();
    left.sort();
    assert_eq!(left, ["c1", "c2"]);
    let code = Second::Code { step: 6 };
    for (session, worth) in [("totp", true), ("replayed", false)] {
        let new = SignIn { user: &ravi, id: session, old: None, agent: "", rehashed: None, second: &code, tries: &[] };
        assert_eq!(store.sign_in(&new, &by(&ravi)).await.unwrap(), worth, "a code opens once");
    }
    assert!(store.replace_recovery_codes(&ravi, &["c3".into()], &by(&ravi)).await.unwrap());
    assert_eq!(store.recovery_codes(ravi.id).await.unwrap(), ["c3"]);
    assert!(store.remove_factor(&ravi, &by(&ravi)).await.unwrap());
    assert!(!store.remove_factor(&ravi, &by(&ravi)).await.unwrap());
    assert!(store.recovery_codes(ravi.id).await.unwrap().is_empty());
}

async fn tries_run_out_and_come_back(store: &Store) {
    let bucket = [Bucket::new("ip:10.0.0.1".into(), 2, 60 * SECOND)];
    let now = 1_000 * SECOND;
    assert_eq!(store.take(&bucket, now).await.unwrap(), Taken::Yes);
    assert_eq!(store.take(&bucket, now).await.unwrap(), Taken::Yes);
    assert_eq!(store.take(&bucket, now).await.unwrap(), Taken::NotYet(30 * SECOND));
    store.give_back(&bucket).await.unwrap();
    assert_eq!(store.take(&bucket, now).await.unwrap(), Taken::Yes);
    assert!(matches!(store.take(&bucket, now).await.unwrap(), Taken::NotYet(_)));
    assert_eq!(store.take(&bucket, now + 30 * SECOND).await.unwrap(), Taken::Yes, "one comes back in half a minute");
    store.sweep_tries(now + 30 * SECOND).await.unwrap();
    assert!(
        matches!(store.take(&bucket, now + 30 * SECOND).await.unwrap(), Taken::NotYet(_)),
        "it is not forgotten yet"
    );
    store.sweep_tries(now + 7_200 * SECOND).await.unwrap();
    assert_eq!(store.take(&bucket, now).await.unwrap(), Taken::Yes, "forgotten");
    let bucket = [Bucket::new("ip:10.0.0.2".into(), 10, 900 * SECOND)];
    assert_eq!(store.take(&bucket, now + SECOND).await.unwrap(), Taken::Yes);
    for _ in 1..10 {
        assert_eq!(
            store.take(&bucket, now).await.unwrap(),
            Taken::Yes,
            "others came a moment sooner, and are told later"
        );
    }
    assert!(matches!(store.take(&bucket, now + SECOND).await.unwrap(), Taken::NotYet(_)), "an eleventh is none of ten");
}

async fn users_are_deleted_and_brought_back(store: &Store, boss: &User) {
    let ravi = store.user(id(2)).await.unwrap().unwrap();
    let last = store.delete_user(boss, &by(boss)).await;
    assert!(matches!(last, Err(DbError::Refused(_))), "{last:?}");
    assert!(store.delete_user(&ravi, &by(boss)).await.unwrap());
    assert!(!store.delete_user(&ravi, &by(boss)).await.unwrap());
    assert!(store.listed_user(ravi.id).await.unwrap().is_none());
    let gone = store.deleted_user(ravi.id).await.unwrap().unwrap();
    assert_eq!((gone.is_active, gone.password_hash.clone(), gone.executive_name.clone()), (false, None, None));
    assert!(store.grants(ravi.id).await.unwrap().is_empty());
    assert!(store.keys(Some(ravi.id), &At::Start, 9).await.unwrap().is_empty());
    assert!(store.executives().await.unwrap().is_empty());
    let trash = Wanted { search: String::new(), role: None, is_active: None, deleted: true };
    assert_eq!(store.users(&trash, &At::Start, 5).await.unwrap()[0].id, ravi.id);
    assert!(store.restore_user(&gone, &by(boss)).await.unwrap());
    assert!(!store.restore_user(&gone, &by(boss)).await.unwrap());
    assert!(store.deleted_user(ravi.id).await.unwrap().is_none());
    assert!(store.listed_user(ravi.id).await.unwrap().unwrap().is_active);
}

async fn all_of_it_is_on_record(store: &Store, boss: &User) {
    let wanted = |kinds: &[&str]| audit::Wanted {
        entities: Vec::new(),
        kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
        actor: None,
        user: None,
        from: None,
        to: None,
        search: String::new(),
    };
    let all = store.recorded(&wanted(&[]), &At::Start, 500).await.unwrap();
    assert!(all.broken_off.is_none() && all.rows.len() > 20, "{}", all.rows.len());
    assert!(all.rows.windows(2).all(|w| w[0].seq == w[1].seq + 1), "newest first and without a hole");
    let first = store.recorded(&wanted(&[]), &At::Start, 3).await.unwrap();
    let then = store.recorded(&wanted(&[]), &At::After(first.rows[2].place()), 3).await.unwrap();
    assert_eq!(then.rows[0].seq + 1, first.rows[2].seq, "pages join");
    let back = store.recorded(&wanted(&[]), &At::Before(then.rows[0].place()), 2).await.unwrap();
    assert_eq!(back.rows.iter().map(|r| r.seq).collect::<Vec<_>>(), [first.rows[2].seq, first.rows[1].seq]);
    let newest = store.recorded(&wanted(&[]), &At::Before(first.rows[0].place()), 2).await.unwrap();
    assert!(newest.rows.is_empty() && newest.broken_off.is_none());
    let failed = store.recorded(&wanted(&["sign_in_failed"]), &At::Start, 9).await.unwrap();
    assert_eq!(failed.rows.len(), 1);
    let mine = audit::Wanted { actor: Some(boss.id), user: Some(id(2)), ..wanted(&["deleted"]) };
    assert_eq!(store.recorded(&mine, &At::Start, 9).await.unwrap().rows.len(), 2, "a key and a user");
    let words = audit::Wanted { search: "ravi".into(), ..wanted(&["restored"]) };
    assert_eq!(store.recorded(&words, &At::Start, 9).await.unwrap().rows.len(), 1);
    let early = audit::Wanted { to: Some(1), ..wanted(&[]) };
    assert!(store.recorded(&early, &At::Start, 9).await.unwrap().rows.is_empty());
}

async fn the_whole_story(mut settings: Vec<(&'static str, String)>) {
    settings.push(("SECRET_KEY", "a secret of the test, long enough for it".into()));
    let config = Config::read(&|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())).unwrap();
    let store = Store::open(&config).await.unwrap();
    users_are_made_found_and_changed(&store).await;
    let boss = store.user(id(1)).await.unwrap().unwrap();
    grants_and_sets(&store, &boss).await;
    sessions_begin_and_end(&store, &boss).await;
    passwords_and_links(&store, &boss).await;
    keys_are_made_used_and_ended(&store, &boss).await;
    second_factors(&store).await;
    tries_run_out_and_come_back(&store).await;
    users_are_deleted_and_brought_back(&store, &boss).await;
    all_of_it_is_on_record(&store, &boss).await;
    store.db.close().await;
    // Migrations find their work done.
    super::open_database(&config).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let folder = testkit::sqlite::folder().unwrap();
    the_whole_story(folder.settings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    let database = testkit::mariadb::database().await.unwrap();
    the_whole_story(database.settings()).await;
}

/// A function that this file does not call is one that may work on one database only.
#[test]
fn every_function_of_the_store_is_in_the_story() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let story = std::fs::read_to_string(folder.join("suite.rs")).unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let Some(rest) = line.strip_prefix("    pub async fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            assert!(
                story.contains(&format!(".{name}(")) || story.contains(&format!("::{name}(")),
                "{name} is not in the story"
            );
        }
    }
}
