//! People at the command line, beside a running program and without one.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{EMAIL, House, PASSWORD, settings};

/// Runs a command of the program with `input` on its standard input.
pub fn run(settings: &[(&'static str, String)], arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
    command.args(arguments).envs(settings.iter().map(|(name, value)| (*name, value)));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What it said, after a success.
pub fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it complained of.
pub fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

async fn people_at_the_command_line(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    let here = &house.settings();
    let make = |email: &str, password: &str| {
        run(here, &["createsuperuser", "--email", email, "--password-stdin"], &format!("{password}\n"))
    };
    assert!(said(&make("asha@4syz.com", PASSWORD)).contains("asha@4syz.com"));
    assert!(complaint(&make(" Asha@4SYZ.com", PASSWORD)).contains("already"));
    assert!(complaint(&make("asha@elsewhere.test", PASSWORD)).contains("ALLOWED_EMAIL_DOMAINS"));
    assert!(complaint(&make("ravi@4syz.com", "dctracker1")).contains("DC Tracker"));
    let asked = complaint(&run(here, &["createsuperuser"], "ravi@4syz.com\n"));
    assert!(asked.contains("--password-stdin"), "nobody to ask: {asked}");

    let boss = house.client().await;
    let new = json!({ "email": "ravi@4syz.com", "first_name": "Ravi", "password": "k8fjw02lso" });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &new).await.0, StatusCode::CREATED);
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &json!({ "email": "meera@4syz.com" })).await.0, 201);
    let list = said(&run(here, &["users", "list"], ""));
    let lines: Vec<Vec<&str>> = list.lines().map(|l| l.split('\t').collect()).collect();
    let of = |email: &str| lines.iter().find(|l| l[0] == email).unwrap_or_else(|| panic!("{email}: {list}"));
    assert_eq!((lines.len(), of("asha@4syz.com")[1], of(EMAIL)[2]), (4, "superadmin", "active"));
    assert_eq!((of("meera@4syz.com")[2], of("ravi@4syz.com")[3], of("ravi@4syz.com")[4]), ("invited", "never", "Ravi"));

    let link = said(&run(here, &["users", "reset-link", "ravi@4syz.com"], ""));
    let token = link.trim().split_once("/reset#").unwrap().1;
    let reset = json!({ "token": token, "password": "three green parrots" });
    let (status, body) = boss.send(Method::POST, "/api/reset-password/", &[], &reset).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let ravi = house.client_of("ravi@4syz.com", "three green parrots").await;
    assert!(said(&run(here, &["users", "disable", "Ravi@4syz.com"], "")).contains("signed out"));
    assert_eq!(ravi.get("/api/users/me/").await.0, StatusCode::UNAUTHORIZED);
    assert!(said(&run(here, &["users", "disable", "ravi@4syz.com"], "")).contains("already"));
    assert!(complaint(&run(here, &["users", "reset-link", "ravi@4syz.com"], "")).contains("disabled"));
    assert!(complaint(&run(here, &["users", "disable", "nobody"], "")).contains("Nobody"));
    said(&run(here, &["users", "disable", "asha@4syz.com"], ""));
    assert!(complaint(&run(here, &["users", "disable", EMAIL], "")).contains("last superadmin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_on_sqlite() {
    people_at_the_command_line(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_on_mariadb() {
    people_at_the_command_line(true).await;
}

/// At a terminal, which `script` of util-linux stands in for.
#[test]
fn a_superuser_is_asked_for_at_a_terminal() {
    let folder = testkit::sqlite::folder().unwrap();
    let here = settings(&folder, None);
    let at_terminal = |answers: [&str; 3]| {
        let mut command = Command::new("script");
        let program = format!("{} createsuperuser", env!("CARGO_BIN_EXE_dc-tracker"));
        command.args(["--quiet", "--return", "--echo", "never", "--command", &program, "/dev/null"]);
        command.envs(here.iter().map(|(name, value)| (*name, value)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (mut text, mut answers) = (String::new(), answers.into_iter());
        let mut byte = [0];
        while screen.read(&mut byte).is_ok_and(|n| n == 1) {
            text.push(char::from(byte[0]));
            // A question ends like this; what is typed before it is asked is thrown away.
            if text.ends_with(": ")
                && let Some(answer) = answers.next()
            {
                std::thread::sleep(Duration::from_millis(100));
                keyboard.write_all(format!("{answer}\n").as_bytes()).unwrap();
            }
        }
        (child.wait().unwrap().success(), text)
    };
    let (done, text) = at_terminal(["meera@4syz.com", "three green parrots", "three blue parrots"]);
    assert!(!done && text.contains("differ"), "{text}");
    let (done, text) = at_terminal(["meera@4syz.com", "three green parrots", "three green parrots"]);
    assert!(done && text.contains("meera@4syz.com may now do everything."), "{text}");
    assert!(!text.contains("parrots"), "a password is not shown: {text}");
    assert!(said(&run(&here, &["users", "list"], "")).starts_with("meera@4syz.com\tsuperadmin\tactive\tnever"));
}
