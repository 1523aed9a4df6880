//! Challan numbers: one counter row a series and period, locked by the transaction that draws from it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use db::{Clause, DbError, Dialect, Text, Tx, on_tx};
use domain::challan::financial_year;
use uuid::Uuid;

use super::naming::{self, Names};
use super::series::{self, Stored};

/// Numbers looked up at once.
const LOOK_AHEAD: usize = 200;

/// How long numbers are looked up before they are used, after one was found to be another challan's: whoever brings numbers of
/// their own into this month brings more of them.
const CAREFUL: Duration = Duration::from_mins(1);

/// What a writer of many small groups remembers, so that a group asks the database less. Nothing depends on it: a series that
/// was changed is noticed, a number that is taken is refused by the table, and where challans left theirs they are looked up.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Whom customers' names lead to.
    pub names: Names,
    series: Mutex<Option<Stored>>,
    met: Mutex<Option<Instant>>,
}

impl Remembered {
    /// To be told when a write met something that was there already, such as an imported number.
    pub fn met(&self) {
        *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// To be told the series as it was read.
    pub fn keep(&self, series: &Stored) {
        *self.series.lock().unwrap_or_else(PoisonError::into_inner) = Some(series.clone());
    }

    fn series(&self) -> Option<Stored> {
        let met = *self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.is_some_and(|met| met.elapsed() < CAREFUL) {
            return None;
        }
        self.series.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As [`draw`] from the default series in one statement, but nobody has looked whether the numbers are taken. None where
    /// more is to be asked: the series is not known or not the same any more, its period has no counter, challans left numbers in
    /// this financial year, or numbers were met lately; or the `naming` that the writer goes by is another one, or being changed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn draw(
        &self,
        tx: &mut Tx,
        date: NaiveDate,
        count: usize,
        naming: Option<i64>,
    ) -> db::Result<Option<Vec<String>>> {
        let Some(series) = self.series() else { return Ok(None) };
        let known = Series::Remembered { financial_year: financial_year(date), naming };
        let Some(first) = take(tx, &series, &series.series.period(date), count, known).await? else {
            return Ok(None);
        };
        Ok(Some((first..first + count as u64).map_while(|sequence| series.series.number(date, sequence)).collect()))
    }
}

/// Whether a series was read in this transaction, or before.
enum Series {
    Read,
    Remembered { financial_year: i32, naming: Option<i64> },
}

/// Numbers by their financial year, each within which is one challan's only.
pub type Claimed = HashSet<(i32, String)>;

/// Numbers by their financial year, and whose each is.
pub type Taken = HashMap<(i32, String), Uuid>;

/// Draws `count` numbers of `series` for challans of `date`, in order, passing over numbers that are taken and those that are
/// `claimed`, which are about to be; fewer where the period has no more.
///
/// # Errors
/// The database's own.
pub async fn draw(
    tx: &mut Tx,
    series: &Stored,
    date: NaiveDate,
    count: usize,
    claimed: &Claimed,
) -> db::Result<Vec<String>> {
    let period = series.series.period(date);
    let year = financial_year(date);
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let ahead = (count - drawn.len()).min(LOOK_AHEAD);
        let first = match take(tx, series, &period, ahead, Series::Read).await? {
            Some(first) => first,
            None => {
                make(tx, &series.counter, &period).await?;
                let made = take(tx, series, &period, ahead, Series::Read).await?;
                made.ok_or_else(|| DbError::Corrupt(format!("the counter of {period} cannot be made")))?
            }
        };
        let sequences = first..first + ahead as u64;
        let candidates: Vec<String> = sequences.map_while(|sequence| series.series.number(date, sequence)).collect();
        let is_end = candidates.len() < ahead;
        let taken = taken(tx, &candidates.iter().map(|n| (year, n.as_str())).collect::<Vec<_>>()).await?;
        let numbers = candidates.into_iter().map(|number| (year, number));
        let free = numbers.filter(|number| !taken.contains_key(number) && !claimed.contains(number));
        drawn.extend(free.map(|(_, number)| number));
        if is_end {
            break;
        }
    }
    Ok(drawn)
}

/// Takes the next `count` of a counter, which stays locked until the transaction ends, and gives the first; none where there
/// is no such counter, or a remembered series is not the default as it stands, which stays so until then likewise, or challans
/// left numbers in the financial year. One statement, since other writers of the period wait from here on.
async fn take(tx: &mut Tx, series: &Stored, period: &str, count: usize, known: Series) -> db::Result<Option<u64>> {
    let count = i64::try_from(count).map_err(|e| DbError::Corrupt(e.to_string()))?;
    let (set, lock) = match tx.dialect() {
        Dialect::MySql => ("LAST_INSERT_ID(next_number) + ", " LOCK IN SHARE MODE"),
        Dialect::Sqlite => ("next_number + ", ""),
    };
    let mut sql = Clause::of(&format!("UPDATE tracker_counters SET next_number = {set}"));
    sql.number(count).sql(" WHERE series = ").text(&series.counter).sql(" AND period = ").text(period);
    if let Series::Remembered { financial_year, naming } = known {
        // The inner question names a column of the outer one, so that it is asked when that row is locked: see [`leave`].
        sql.sql(" AND EXISTS (SELECT 1 FROM tracker_series AS s WHERE s.default_mark = 1 AND s.id = ").id(series.id);
        sql.sql(" AND s.version = ").number(series.version.cast_signed());
        sql.sql(" AND NOT EXISTS (SELECT 1 FROM tracker_left_numbers WHERE financial_year = ")
            .number(financial_year.into());
        sql.sql(" AND s.default_mark = 1").sql(lock).sql(")").sql(lock).sql(")");
        if let Some(naming) = naming {
            sql.sql(" AND EXISTS (SELECT 1 FROM tracker_naming AS n WHERE ");
            sql.append(naming::is(tx.dialect(), naming)).sql(")");
        }
    }
    if tx.dialect() == Dialect::MySql {
        let done = tx.execute(sql).await?;
        return Ok((done.rows == 1).then_some(done.last_id));
    }
    sql.sql(" RETURNING next_number");
    let next: Vec<(i64,)> = tx.fetch(sql).await?;
    Ok(next.first().map(|(next,)| (next - count).unsigned_abs()))
}

/// Makes a counter. Only where there is none: an INSERT of a row that exists takes a shared lock, and two writers that both
/// hold one can never both make it exclusive.
async fn make(tx: &mut Tx, counter: &str, period: &str) -> db::Result<()> {
    let sql = match tx.dialect() {
        Dialect::MySql => "INSERT IGNORE INTO tracker_counters (series, period, next_number) VALUES (?, ?, 1)",
        Dialect::Sqlite => "INSERT OR IGNORE INTO tracker_counters (series, period, next_number) VALUES (?, ?, 1)",
    };
    on_tx!(tx, conn => {
        sqlx::query(sql).bind(Text::from(counter)).bind(Text::from(period)).execute(&mut *conn).await?;
    });
    Ok(())
}

/// The number that a challan of `date` would take from `series` next; none where the period has no more.
///
/// # Errors
/// The database's own.
pub async fn next(tx: &mut Tx, series: &Stored, date: NaiveDate) -> db::Result<Option<String>> {
    let counter: Option<i64> = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar("SELECT next_number FROM tracker_counters WHERE series = ? AND period = ?")
            .bind(Text(series.counter.clone()))
            .bind(Text(series.series.period(date)))
            .fetch_optional(&mut *conn)
            .await?
    });
    let mut from = counter.unwrap_or(1).unsigned_abs();
    loop {
        let ahead: Vec<String> =
            (from..from + LOOK_AHEAD as u64).map_while(|sequence| series.series.number(date, sequence)).collect();
        if ahead.is_empty() {
            return Ok(None);
        }
        let year = financial_year(date);
        let taken = taken(tx, &ahead.iter().map(|n| (year, n.as_str())).collect::<Vec<_>>()).await?;
        from += ahead.len() as u64;
        if let Some(free) = ahead.into_iter().find(|number| !taken.contains_key(&(year, number.clone()))) {
            return Ok(Some(free));
        }
    }
}

/// Keeps numbers that challans leave behind in a financial year, so that none of them is ever another challan's there: a
/// number is never reused. To be told before the challans are moved. Writers that draw without a look are waited for, and
/// those that come after look.
///
/// # Errors
/// The database's own.
pub async fn leave(tx: &mut Tx, left: &[(i32, &str, Uuid)]) -> db::Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    series::lock_all(tx).await?;
    let into = match tx.dialect() {
        Dialect::MySql => "INSERT IGNORE INTO",
        Dialect::Sqlite => "INSERT OR IGNORE INTO",
    };
    for chunk in left.chunks(LOOK_AHEAD) {
        let mut sql = Clause::of(into);
        sql.sql(" tracker_left_numbers (financial_year, challan_number, challan_id) VALUES ");
        sql.rows(chunk.iter().map(|(year, number, id)| [i64::from(*year).into(), (*number).into(), (*id).into()]));
        tx.write(sql).await?;
    }
    Ok(())
}

/// Which of these numbers some challan has in its financial year, deleted ones included, or had there once.
///
/// # Errors
/// The database's own.
pub async fn taken(tx: &mut Tx, numbers: &[(i32, &str)]) -> db::Result<Taken> {
    let mut found = Taken::new();
    let years: HashSet<i32> = numbers.iter().map(|(year, _)| *year).collect();
    for year in years {
        let of_year: Vec<&str> = numbers.iter().filter(|(y, _)| *y == year).map(|(_, n)| *n).collect();
        for chunk in of_year.chunks(LOOK_AHEAD) {
            let mut among = Clause::of(" WHERE financial_year = ");
            among.number(year.into()).sql(" AND challan_number IN (");
            among.values(chunk.iter().map(|number| (*number).into())).sql(")");
            // One statement: a number that is leaving meanwhile stands in one of the two tables.
            let mut sql = Clause::of("SELECT challan_number, id FROM tracker_challans");
            sql.append(among.clone()).sql(" UNION ALL SELECT challan_number, challan_id FROM tracker_left_numbers");
            sql.append(among);
            let rows: Vec<(Text, Uuid)> = tx.fetch(sql).await?;
            found.extend(rows.into_iter().map(|(number, id)| ((year, number.0), id)));
        }
    }
    Ok(found)
}
