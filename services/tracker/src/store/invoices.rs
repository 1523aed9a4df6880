//! Invoices: each a row of its own, with its customer and the number of its challans, those in the trash included.

use db::{Text, Tx, on_tx};
use uuid::Uuid;

/// A stored invoice.
#[derive(Clone, Copy, Debug)]
pub struct Invoice {
    /// Whose it is.
    pub customer_id: Uuid,
    /// How many challans are on it.
    pub challans: i64,
}

/// The invoice of a folded number in a financial year, locked until the transaction ends, also where it is not stored yet.
/// On MySQL a read locks no row that is not there: of two writers who both find none, the second meets the first's row and
/// waits with a shared lock, on which InnoDB lets them deadlock. So an empty row is put first; [`set`] fills or removes it.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, year: i32, folded: &str) -> db::Result<Option<Invoice>> {
    if let Tx::MySql(_) = tx {
        let sql = "INSERT INTO tracker_invoices (financial_year, folded, customer_id, challans) VALUES (?, ?, ?, 0)
            ON DUPLICATE KEY UPDATE challans = challans";
        on_tx!(tx, conn => {
            sqlx::query(sql).bind(year).bind(Text::from(folded)).bind(Uuid::nil()).execute(&mut *conn).await?;
        });
    }
    let sql =
        "SELECT customer_id, challans FROM tracker_invoices WHERE financial_year = ? AND folded = ? AND challans > 0";
    let row: Option<(Uuid, i64)> = on_tx!(tx, conn => {
        sqlx::query_as(sql).bind(year).bind(Text::from(folded)).fetch_optional(&mut *conn).await?
    });
    Ok(row.map(|(customer_id, challans)| Invoice { customer_id, challans }))
}

/// Sets what stands of a locked invoice; one without challans is no more.
///
/// # Errors
/// The database's own.
pub async fn set(tx: &mut Tx, year: i32, folded: &str, invoice: Invoice) -> db::Result<()> {
    let folded = Text::from(folded);
    if invoice.challans == 0 {
        on_tx!(tx, conn => {
            sqlx::query("DELETE FROM tracker_invoices WHERE financial_year = ? AND folded = ?")
                .bind(year)
                .bind(folded)
                .execute(&mut *conn)
                .await?;
        });
        return Ok(());
    }
    let sql = "REPLACE INTO tracker_invoices (financial_year, folded, customer_id, challans) VALUES (?, ?, ?, ?)";
    on_tx!(tx, conn => {
        sqlx::query(sql)
            .bind(year)
            .bind(folded)
            .bind(invoice.customer_id)
            .bind(invoice.challans)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}
