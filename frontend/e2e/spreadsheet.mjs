/**
 * The grid as a spreadsheet, by the keyboard where a person would: ranges, paste, fill, clear, undo and
 * redo, rows chosen and changed together. Its settings are those of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

/** Wide enough for every column, since a grid draws only those in sight. */
const WIDE = { width: 2600, height: 900 };
const steps = new Steps();
const customer = `Lakshmi ${stamp}`;
const filter = `customer:"${customer}"`;
const grid = (q) => `${SITE}/start/challans?sort=challan_number&q=${encodeURIComponent(q)}`;
const rows = (page) => page.locator('[role=row][data-id]');
const cell = (page, row, field) =>
  page.locator(`[role=row][aria-rowindex="${row + 2}"] [data-field=${field}]`);
const texts = (page, field) => rows(page).locator(`[data-field=${field}]`).allInnerTexts();
const toast = (page, text) =>
  page.locator('[data-base-ui-toast-root], .floating').filter({ hasText: text }).first();

async function open(page, q = filter) {
  await page.goto(grid(q));
  await rows(page).first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
}

/** A state in light and in dark. */
async function both(someone, name) {
  await look(someone, name);
  await someone.page.emulateMedia({ colorScheme: 'dark' });
  await someone.page.locator('[data-theme=dark]').first().waitFor({ state: 'attached' });
  await look(someone, `${name} dark`);
  await someone.page.emulateMedia({ colorScheme: 'light' });
}

/** Waits until the cells of a column, from the first row on, are these. */
async function shows(page, field, wanted) {
  await page
    .waitForFunction(
      ([name, all]) =>
        all.every((text, i) => {
          const at = document.querySelector(
            `[role=row][aria-rowindex="${i + 2}"] [data-field=${name}]`,
          );
          return at?.textContent === text && !at.dataset.state;
        }),
      [field, wanted],
    )
    .catch(async () => {
      throw new Error(
        `${field} is ${JSON.stringify(await texts(page, field))}, not ${JSON.stringify(wanted)}`,
      );
    });
}

/** Whether two elements lie over one another. */
async function meet(a, b) {
  const [one, two] = [await a.boundingBox(), await b.boundingBox()];
  return (
    one.x < two.x + two.width &&
    two.x < one.x + one.width &&
    one.y < two.y + two.height &&
    two.y < one.y + one.height
  );
}

async function paste(page, text) {
  await page.evaluate((put) => navigator.clipboard.writeText(put), text);
  await page.getByRole('grid').focus();
  await page.keyboard.press('Control+v');
}

/** What the copy event puts on the clipboard. */
async function copied(page) {
  await page.keyboard.press('Control+c');
  return page.evaluate(() => navigator.clipboard.readText());
}

async function drag(page, from, to) {
  const [a, b] = [await from.boundingBox(), await to.boundingBox()];
  await page.mouse.move(a.x + 20, a.y + 10);
  await page.mouse.down();
  await page.mouse.move(b.x + 20, b.y + 10, { steps: 5 });
  await page.mouse.up();
}

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page);
  const make = (fields) =>
    api(context, 'POST', '/api/tracker/data/', { customer, date: '2026-07-01', ...fields });
  const made = [];
  for (let i = 0; i < 6; i++)
    made.push(await make({ dc_summary: `item ${i}`, amount: `${100 + i}.00` }));
  const read = (id) => api(context, 'GET', `/api/tracker/data/${id}/`);

  await steps.step(
    'a range is drawn with the mouse, grown with Shift, and is one rectangle',
    async () => {
      await open(page);
      await drag(page, cell(page, 0, 'date'), cell(page, 2, 'dc_summary'));
      await page.getByText('3 rows chosen').waitFor();
      assert((await page.locator('.range').count()) === 1, 'one rectangle');
      await page.keyboard.press('Shift+ArrowDown');
      await page.getByText('4 rows chosen').waitFor();
      await cell(page, 1, 'amount').click({ modifiers: ['Shift'] });
      await page.getByText('2 rows chosen').waitFor();
      await page.keyboard.press('Control+Shift+ArrowDown');
      await page.getByText('6 rows chosen').waitFor();
      await both(one, 'range');
    },
  );
  await steps.step('what is refused says so beside the cells that come next', async () => {
    one.refusals.add(422);
    const note = page.getByRole('group', { name: 'Date not saved' });
    for (const row of [0, 4]) {
      await cell(page, row, 'date').click();
      await page.keyboard.type('01-01-2099');
      await page.keyboard.press('Enter');
      await note.waitFor();
      assert(!(await meet(note, page.locator('.active-cell'))), `over the cell after row ${row}`);
      for (let next = row + 1; next < 6; next++)
        assert(!(await meet(note, cell(page, next, 'date'))), `over row ${next}`);
      await both(one, `note of row ${row}`);
      await note.getByRole('button', { name: 'Discard' }).press('Enter');
      await note.waitFor({ state: 'detached' });
    }
    one.refusals.clear();
  });
  await steps.step('the whole of a heading sorts, and its edge does not', async () => {
    const heading = page.getByRole('columnheader', { name: 'Date', exact: true });
    const { width } = await heading.boundingBox();
    await heading.click({ position: { x: width - 16, y: 4 } });
    await page.waitForURL(/sort=date/);
    await heading.click({ position: { x: width - 3, y: 16 } });
    await page.waitForTimeout(300);
    assert(/sort=date/.test(page.url()), page.url());
    await heading.click({ position: { x: 2, y: 28 } });
    await page.waitForURL(/sort=-date/);
    await open(page);
  });
  await steps.step('a range is copied with its dates and zeros', async () => {
    await drag(page, cell(page, 0, 'challan_number'), cell(page, 1, 'amount'));
    const text = await copied(page);
    const [first, second] = text.split('\r\n').map((line) => line.split('\t'));
    assert(first[0] === made[0].challan_number, `number ${first[0]}`);
    assert(first[1] === '01-07-2026' && first[4] === '100.00', text);
    assert(second[3] === 'item 1', text);
  });
  await steps.step('a block is pasted at once, undone and redone by keys', async () => {
    await cell(page, 0, 'date').click();
    await paste(
      page,
      `05-07-2026\t${customer}\t"6"" pipes"\t1,24,310.50\r\n6/7\t${customer}\tbolts\t200\r\n`,
    );
    await shows(page, 'dc_summary', ['6" pipes', 'bolts', 'item 2']);
    await shows(page, 'date', ['05-07-2026', '06-07-2026', '01-07-2026']);
    await toast(page, '6 cells pasted in 2 rows').waitFor();
    await both(one, 'pasted');
    assert((await read(made[0].id)).amount === '124310.50', 'the amount');
    await page.keyboard.press('Control+z');
    await shows(page, 'dc_summary', ['item 0', 'item 1']);
    await shows(page, 'date', ['01-07-2026', '01-07-2026']);
    const pasted = page.locator('.toasts > *').filter({ hasText: '6 cells pasted in 2 rows' });
    await pasted.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
    assert((await pasted.count()) === 1, 'the line went with its button');
    await toast(page, 'Undone: pasting into 2 rows.').waitFor();
    await page.keyboard.press('Control+y');
    await shows(page, 'dc_summary', ['6" pipes', 'bolts']);
    await page.keyboard.press('Control+z');
    await shows(page, 'dc_summary', ['item 0', 'item 1']);
    await page.keyboard.press('Control+Shift+z');
    await shows(page, 'dc_summary', ['6" pipes', 'bolts']);
  });
  await steps.step(
    'one value fills the range, and what is copied can be pasted over itself',
    async () => {
      await drag(page, cell(page, 0, 'dc_summary'), cell(page, 3, 'dc_summary'));
      await paste(page, 'same for all');
      await shows(page, 'dc_summary', Array(4).fill('same for all'));
      await drag(page, cell(page, 0, 'challan_number'), cell(page, 2, 'stage'));
      const text = await copied(page);
      await paste(page, text);
      await toast(page, 'Nothing to change there.').waitFor();
    },
  );
  await steps.step('what cannot be pasted is said before anything is written', async () => {
    await cell(page, 0, 'challan_number').click();
    await paste(page, `999\t7/7\t${customer}\tnew text\r\n998\tsoon\t${customer}\tother text\r\n`);
    const panel = page.getByRole('dialog', { name: 'Paste', exact: true });
    await panel.getByText('1 row changes, 1 row refused.').waitFor();
    await panel.getByText('“soon”: Not a date.').waitFor();
    await panel.getByText('Challan is not written by hand').waitFor();
    await both(one, 'paste panel');
    assert((await read(made[0].id)).dc_summary === 'same for all', 'nothing is written yet');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await shows(page, 'dc_summary', ['same for all', 'same for all']);
    await cell(page, 0, 'date').click();
    await paste(page, `7/7\r\nsoon\r\n`);
    await panel.getByRole('button', { name: 'Write the others' }).press('Enter');
    await shows(page, 'date', ['07-07-2026']);
    await page.getByRole('group', { name: 'Date not saved' }).waitFor();
    await both(one, 'paste refused');
    await page.getByRole('button', { name: 'Discard' }).press('Enter');
    await shows(page, 'date', ['07-07-2026', '06-07-2026']);
  });
  await steps.step('what the server refuses is said by its reason', async () => {
    await drag(page, cell(page, 0, 'customer'), cell(page, 1, 'customer'));
    await page.keyboard.press('Delete');
    const panel = page.getByRole('dialog', { name: 'Clear cells', exact: true });
    await panel.getByText('2 rows refused.').waitFor();
    await both(one, 'clear refused');
    await panel.getByRole('button', { name: 'Close' }).press('Enter');
    await shows(page, 'customer', [customer, customer]);
  });
  await steps.step('lines below the last row make challans', async () => {
    await cell(page, 5, 'date').click();
    await paste(page, `01-07-2026\t${customer}\tlast\r\n02-07-2026\t${customer}\tbelow\r\n`);
    const panel = page.getByRole('dialog', { name: 'Paste', exact: true });
    await panel.getByText('1 row changes, 1 new challan.').waitFor();
    await both(one, 'paste new rows');
    await panel.getByRole('button', { name: 'Write', exact: true }).press('Enter');
    await rows(page).nth(6).waitFor();
    await shows(page, 'dc_summary', [...Array(4).fill('same for all'), 'item 4', 'last', 'below']);
    await page.keyboard.press('Control+z');
    await page.waitForFunction(() => document.querySelectorAll('[role=row][data-id]').length === 6);
    await shows(page, 'dc_summary', [...Array(4).fill('same for all'), 'item 4', 'item 5']);
  });
  await steps.step('filled down and cleared, each one step back', async () => {
    await page.setViewportSize(WIDE);
    await cell(page, 0, 'remarks').click();
    await paste(page, 'first');
    await shows(page, 'remarks', ['first']);
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Control+d');
    await shows(page, 'remarks', ['first', 'first', 'first', '']);
    await toast(page, '2 cells filled down in 2 rows').waitFor();
    await page.keyboard.press('Delete');
    await shows(page, 'remarks', ['', '', '']);
    const cleared = toast(page, '3 cells cleared in 3 rows');
    await cleared.getByRole('button', { name: 'Undo' }).click();
    await shows(page, 'remarks', ['first', 'first', 'first']);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+z');
    await shows(page, 'remarks', ['first', '', '']);
    await page.keyboard.press('Control+z');
    await shows(page, 'remarks', ['', '', '']);
  });
  await steps.step('an edit is a step too, and what others changed since stays', async () => {
    await cell(page, 0, 'remarks').click();
    await page.keyboard.type('mine');
    await page.keyboard.press('Enter');
    await shows(page, 'remarks', ['mine']);
    const two = await person(browser);
    await signIn(two.page);
    const { version } = await read(made[0].id);
    await api(two.context, 'PATCH', `/api/tracker/data/${made[0].id}/`, {
      remarks: 'theirs',
      base_version: version,
    });
    await two.context.close();
    await shows(page, 'remarks', ['theirs']);
    await page.keyboard.press('Control+z');
    await toast(page, /Not undone: the change of Remarks. .*since/).waitFor();
    await both(one, 'undo skipped');
    await shows(page, 'remarks', ['theirs']);
  });
  await steps.step('steps survive a reload of the tab', async () => {
    await cell(page, 1, 'remarks').click();
    await page.keyboard.type('kept');
    await page.keyboard.press('Enter');
    await shows(page, 'remarks', ['theirs', 'kept']);
    await open(page);
    await page.keyboard.press('Control+z');
    await shows(page, 'remarks', ['theirs', '']);
  });
  await steps.step('undo waits for an edit that is still on its way', async () => {
    await cell(page, 1, 'remarks').click();
    await page.keyboard.type('quick');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone: the change of Remarks.').waitFor();
    await shows(page, 'remarks', ['theirs', '']);
  });
  await steps.step('a paste over what others changed shows both values in the cell', async () => {
    // A stream that is never answered: this tab does not hear of it.
    await page.route('**/api/stream/**', () => {});
    await page.goto(grid(filter));
    await rows(page).first().waitFor();
    const { version } = await read(made[1].id);
    const path = `/api/tracker/data/${made[1].id}/`;
    await api(context, 'PATCH', path, { remarks: 'others', base_version: version });
    await cell(page, 0, 'remarks').click();
    await paste(page, 'a\r\nb');
    const panel = page.getByRole('dialog', { name: 'Paste', exact: true });
    await panel.getByText('1 row changes, 1 row refused.').waitFor();
    await panel.getByText('changed this meanwhile.').waitFor();
    await panel.getByRole('button', { name: 'Write the others' }).press('Enter');
    const clash = page.getByRole('group', { name: 'Conflict in Remarks' });
    await clash.getByText('set ‘others’').waitFor();
    await both(one, 'paste conflict');
    await clash.getByRole('button', { name: 'Keep mine' }).press('Enter');
    await shows(page, 'remarks', ['a', 'b']);
    await page.unroute('**/api/stream/**');
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone: the change of Remarks.').waitFor();
    await page.keyboard.press('Control+z');
    await toast(page, /^Undone: pasting into 1 row/).waitFor();
    await open(page);
    await shows(page, 'remarks', ['theirs', 'others']);
    await cell(page, 1, 'remarks').click();
    await page.keyboard.press('Delete');
    await shows(page, 'remarks', ['theirs', '']);
  });
  await steps.step('a value is chosen from the list of its cell', async () => {
    const names = page.getByRole('listbox', { name: 'Customer: to choose from' });
    const activeRow = () =>
      page.locator('[role=row]:has(#active-cell)').getAttribute('aria-rowindex');
    for (const row of [1, 5]) {
      await cell(page, row, 'customer').click();
      await page.keyboard.press('Alt+ArrowDown');
      await names.getByRole('option').first().waitFor();
      await both(one, `list of a cell in row ${row}`);
      await page.keyboard.press('Escape');
      await names.waitFor({ state: 'detached' });
      await page.locator('.cell-editor').press('Escape');
    }
    await cell(page, 1, 'delivery_executives').click();
    await page.keyboard.type(`Ravi ${stamp}`);
    await page.keyboard.press('Enter');
    await shows(page, 'delivery_executives', ['', `Ravi ${stamp}`]);
    await cell(page, 2, 'delivery_executives').click();
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.type(`ravi ${stamp}`);
    await page.getByRole('option', { name: `Ravi ${stamp}` }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await shows(page, 'delivery_executives', ['', `Ravi ${stamp}`, `Ravi ${stamp}`]);
    // The cursor stayed, and a cell without a list does not move it either.
    assert((await activeRow()) === '4', 'it moved down');
    await cell(page, 2, 'dc_summary').click();
    await page.keyboard.press('Alt+ArrowDown');
    assert((await activeRow()) === '4', 'it moved down from a cell without a list');
    await page.keyboard.press('Control+z');
    await shows(page, 'delivery_executives', ['', `Ravi ${stamp}`, '']);
    await page.keyboard.press('Control+z');
    await shows(page, 'delivery_executives', ['', '', '']);
  });
  await steps.step('a name is offered while it is typed, and a new customer is told', async () => {
    const names = page.getByRole('listbox', { name: 'Customer: to choose from' });
    await cell(page, 2, 'customer').click();
    await page.keyboard.type(customer.slice(0, -1));
    await names.getByRole('option', { name: customer }).waitFor();
    await both(one, 'names offered in a cell');
    await page.keyboard.press('Escape');
    await names.waitFor({ state: 'detached' });
    await shows(page, 'customer', [customer, customer, customer]);
    await page.keyboard.press('F2');
    await page.keyboard.type(' & Sons');
    await page.keyboard.press('Enter');
    await toast(page, `“${customer} & Sons” is a new customer.`).waitFor();
    await both(one, 'a new customer told');
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone: the change of Customer.').waitFor();
    await shows(page, 'customer', [customer, customer, customer]);
  });
  await steps.step('what was submitted by mistake is not, with its day', async () => {
    const { version } = await read(made[2].id);
    const day = made[2].date;
    await api(context, 'PATCH', `/api/tracker/data/${made[2].id}/`, {
      base_version: version,
      invoice_number: `SUB-${stamp}`,
      invoice_date: day,
      invoice_submission: true,
      invoice_submitted_on: day,
    });
    await shows(page, 'invoice_submission', ['No', 'No', 'Yes']);
    await cell(page, 2, 'invoice_submission').click();
    await page.keyboard.press('Enter');
    await shows(page, 'invoice_submission', ['No', 'No', 'No']);
    assert((await read(made[2].id)).invoice_submitted_on === null, 'its day stays');
    await page.keyboard.press('Control+z');
    await shows(page, 'invoice_submission', ['No', 'No', 'Yes']);
    const back = await read(made[2].id);
    assert(back.invoice_submitted_on === day, 'its day is not back');
    await api(context, 'PATCH', `/api/tracker/data/${made[2].id}/`, {
      base_version: back.version,
      invoice_number: null,
      invoice_date: null,
      invoice_submission: false,
      invoice_submitted_on: null,
    });
    await shows(page, 'invoice_submission', ['No', 'No', 'No']);
  });
  await steps.step('an amount whose commas are wrong is none', async () => {
    await cell(page, 2, 'amount').click();
    await page.keyboard.type('12,34');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Not an amount').waitFor();
    await page.keyboard.press('Escape');
  });
  await steps.step('Ctrl Shift L opens the filters from within the grid', async () => {
    await cell(page, 0, 'date').click();
    await page.keyboard.press('Control+Shift+l');
    await page.getByRole('dialog', { name: 'Filters' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Filters' }).waitFor({ state: 'detached' });
  });
  await steps.step('rows are chosen by their boxes and by keys', async () => {
    const boxed = async (row, options) => {
      const at = await rows(page).nth(row).boundingBox();
      if (options?.shift) await page.keyboard.down('Shift');
      await page.mouse.click(at.x + 16, at.y + at.height / 2);
      if (options?.shift) await page.keyboard.up('Shift');
    };
    const bar = page.getByRole('toolbar', { name: 'Rows chosen' });
    await boxed(0);
    await bar.getByText('1 selected').waitFor();
    await boxed(2, { shift: true });
    await bar.getByText('3 selected').waitFor();
    await both(one, 'rows chosen');
    await bar.getByRole('button', { name: 'Select all 6 matching' }).click();
    await bar.getByText('All 6 selected').waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await cell(page, 1, 'date').click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+Space');
    await bar.getByText('2 selected').waitFor();
  });
  await steps.step(
    'one field of the rows chosen is changed after a look at what it does',
    async () => {
      await page.getByRole('button', { name: 'Edit', exact: true }).press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Edit one field: 2 challans' });
      await dialog.getByLabel('Field').selectOption('Remarks');
      await dialog.getByLabel('Value').fill('together');
      await dialog.getByLabel('Value').press('Enter');
      await dialog.getByText('2 challans would be changed.').waitFor();
      await both(one, 'bulk edit');
      await dialog.getByLabel('Value').press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await shows(page, 'remarks', ['theirs', 'together', 'together']);
      await toast(page, '2 challans changed').waitFor();
      await page.keyboard.press('Control+z');
      await shows(page, 'remarks', ['theirs', '', '']);
    },
  );
  await steps.step('a refusal is told before, and what it leaves is done', async () => {
    await api(
      context,
      'POST',
      `/api/tracker/data/${made[2].id}/void/`,
      { reason: 'twice' },
      { 'If-Match': '*' },
    );
    await page.getByRole('button', { name: 'Link invoice' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Link to an invoice: 2 challans' });
    await dialog.getByLabel('Invoice no.').fill(`INV-${stamp}`);
    await dialog.getByRole('button', { name: 'Check' }).press('Enter');
    await dialog.getByText('1 challan would be linked to the invoice, 1 refused.').waitFor();
    await dialog.getByText('A void challan is not changed.').waitFor();
    await dialog.getByRole('link', { name: made[2].challan_number }).waitFor();
    await both(one, 'bulk refused');
    await dialog.getByRole('button', { name: 'Link 1 challan' }).press('Enter');
    const line = page.getByRole('region', { name: 'Done in the background' });
    await line.getByText('1 challan linked to the invoice; 1 refused').waitFor();
    await both(one, 'job line');
    await page.setViewportSize({ width: 390, height: 844 });
    await both(one, 'job line on a phone');
    await page.setViewportSize(WIDE);
    await rows(page).first().waitFor();
    await line.getByRole('button', { name: 'Why' }).press('Enter');
    await page.getByRole('dialog', { name: '1 refused' }).getByText('A void challan').waitFor();
    await both(one, 'job refusals');
    await page.keyboard.press('Escape');
    await shows(page, 'invoice_number', ['', `INV-${stamp}`, '']);
    await line.getByRole('button', { name: 'Undo' }).press('Enter');
    await shows(page, 'invoice_number', ['', '', '']);
    await line.waitFor({ state: 'detached' });
  });
  await steps.step('the whole filter is deleted, undone, and restored from the trash', async () => {
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    const bar = page.getByRole('toolbar', { name: 'Rows chosen' });
    await bar.getByText('All 6 selected').waitFor();
    await bar.getByRole('button', { name: 'Delete' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete: 6 challans' });
    await dialog.getByText('6 challans would be deleted.').waitFor();
    await both(one, 'bulk delete');
    await dialog.getByRole('button', { name: 'Delete 6 challans' }).press('Enter');
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
    await toast(page, '6 challans deleted').waitFor();
    await page.keyboard.press('Control+z');
    await rows(page).nth(5).waitFor();
    await page.keyboard.press('Control+y');
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
    await open(page, `deleted:any ${filter}`);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    await both(one, 'trash chosen');
    await bar.getByRole('button', { name: 'Restore' }).press('Enter');
    const restoring = page.getByRole('dialog', { name: /^Restore: / });
    await restoring.getByRole('button', { name: /^Restore \d+ challans/ }).press('Enter');
    await restoring.waitFor({ state: 'detached' });
    await toast(page, /challans restored/).waitFor();
    await open(page);
    await rows(page).nth(5).waitFor();
  });
  await steps.step(
    'work in the background is followed from any page, and after a reload',
    async () => {
      const lines = Array.from({ length: 1_500 }, (_, i) => ({
        id: null,
        set: { customer: `Many ${stamp}`, date: '2026-07-01', dc_summary: `line ${i}` },
      }));
      await api(context, 'POST', '/api/tracker/bulk/', { action: 'patch', rows: lines });
      await open(page, `customer:"Many ${stamp}"`);
      await page.getByRole('grid').focus();
      await page.keyboard.press('Control+a');
      await page.getByRole('button', { name: 'Edit', exact: true }).press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Edit one field: 1,500 challans' });
      await dialog.getByLabel('Field').selectOption('Remarks');
      await dialog.getByLabel('Value').fill('many');
      await dialog.getByRole('button', { name: 'Check' }).press('Enter');
      await dialog.getByRole('button', { name: 'Change 1,500 challans' }).press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await page
        .getByText(/Changing 1,500 challans: |1,500 challans changed/)
        .first()
        .waitFor();
      await both(one, 'job runs');
      await page.goto(`${SITE}/start/customers`);
      await page.getByRole('heading', { name: 'Customers' }).waitFor();
      for (;;) {
        const { results } = await api(context, 'GET', '/api/tracker/batches/?mine=1&limit=1');
        if (results[0].status !== 'running') break;
        await page.getByText(/Changing 1,500 challans: /).waitFor();
        await page.waitForTimeout(200);
      }
      await page.getByText(/Changing 1,500 challans: /).waitFor({ state: 'detached' });
      await open(page, `customer:"Many ${stamp}" remarks:many`);
      await page.getByText('1,500 challans', { exact: true }).waitFor();
      await page.keyboard.press('Control+z');
      await page
        .getByText(/Undoing the change of 1,500 challans: |1,500 challans changed back/)
        .first()
        .waitFor();
      await page.getByText('1,500 challans changed back').first().waitFor({ timeout: 60_000 });
    },
  );
  await steps.step('quick changes of the filter keep one stream, and none is refused', async () => {
    const refused = [];
    let opened = 0;
    page.on('response', (answer) => {
      if (!answer.url().includes('/api/stream/')) return;
      opened += 1;
      if (answer.status() !== 200) refused.push(answer.status());
    });
    await open(page);
    const box = page.getByRole('combobox', { name: 'Search challans' });
    for (let i = 0; i < 12; i++) {
      await box.fill(`${filter} -item${i}`);
      await page.waitForTimeout(450);
    }
    await page.waitForTimeout(3_500);
    assert(refused.length === 0, `refused with ${refused}`);
    assert(opened <= 8, `${opened} streams were opened`);
    await page.getByText('Live', { exact: true }).waitFor();
  });
  await steps.step('rows from a spreadsheet become challans where there is no list', async () => {
    await page.goto(grid(`"Nobody ${stamp}"`));
    await page.getByRole('heading', { name: 'No challan matches' }).waitFor();
    await page.evaluate(
      (put) => navigator.clipboard.writeText(put),
      `Customer\tDate\tAmount\r\nNobody ${stamp}\t5-Jul-2026\t₹ 1,000\r\nNobody ${stamp}\t06/07/2026\t\r\n`,
    );
    await page.locator('body').press('Control+v');
    const panel = page.getByRole('dialog', { name: 'Paste', exact: true });
    await panel.getByText('2 new challans.').waitFor();
    await both(one, 'paste beside');
    await panel.getByRole('button', { name: 'Write', exact: true }).press('Enter');
    await rows(page).nth(1).waitFor();
    await shows(page, 'date', ['05-07-2026', '06-07-2026']);
  });
  await steps.step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
