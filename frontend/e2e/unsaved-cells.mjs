/**
 * Cells of the grid that could not be saved: what the person typed stays with its reason, outlasts the
 * page, and is sent again when it may succeed. Its settings are those of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const customer = `Meena ${stamp}`;
const list = `${SITE}/start/challans?sort=challan_number&q=${encodeURIComponent(`customer:"${customer}"`)}`;

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await signIn(page);
  const made = [];
  for (let i = 0; i < 6; i++) {
    const fields = { customer, date: '2026-07-01', amount: `${100 + i}.00` };
    made.push(await api(context, 'POST', '/api/tracker/data/', fields));
  }
  const read = (id) => api(context, 'GET', `/api/tracker/data/${id}/`);
  const cell = (row, field) =>
    page.locator(`[role=row][data-id][aria-rowindex="${row + 2}"] [data-field=${field}]`);
  const stateOf = (row, field) => cell(row, field).getAttribute('data-state');
  const note = page.locator('.cell-note');
  const live = page.getByText('Live', { exact: true });
  const open = async () => {
    await page.goto(list);
    await cell(0, 'amount').waitFor();
    await live.waitFor();
  };
  const fails = (row, field) =>
    page
      .locator(
        `[role=row][data-id][aria-rowindex="${row + 2}"] [data-field=${field}][data-state=failed]`,
      )
      .waitFor();
  const settles = (row, field, text) =>
    page.waitForFunction(
      ([index, name, wanted]) => {
        const at = document.querySelector(`[aria-rowindex="${index}"] [data-field=${name}]`);
        return at?.textContent === wanted && !at.dataset.state;
      },
      [row + 2, field, text],
    );
  const typeInto = async (row, field, text) => {
    await cell(row, field).click();
    await page.keyboard.type(text);
  };
  const activeRow = () =>
    page.locator('[role=row]:has(#active-cell)').getAttribute('aria-rowindex');

  await step('a text that cannot be read stays in its cell when the mouse goes on', async () => {
    await open();
    await typeInto(1, 'amount', '5o000');
    await cell(3, 'customer').click();
    await fails(1, 'amount');
    assert(
      (await cell(1, 'amount').textContent()) === '5o000',
      await cell(1, 'amount').textContent(),
    );
    assert((await page.locator('.cell-editor').count()) === 0, 'the editor is open still');
    assert((await activeRow()) === '5', `the ring is in row ${await activeRow()}`);
    await note.getByText('Not an amount. Try 1,24,310.50.').waitFor();
    await look(one, 'cell with an unreadable amount');
    assert((await read(made[1].id)).amount === '101.00', 'something was sent');
    // Typing elsewhere is of that cell, and takes nothing from this one.
    await page.keyboard.press('ArrowDown');
    await typeInto(3, 'dc_summary', 'beside');
    await page.keyboard.press('Enter');
    await settles(3, 'dc_summary', 'beside');
    await fails(1, 'amount');
    await cell(1, 'amount').click();
    await note.getByRole('button', { name: 'Correct' }).click();
    const editor = page.locator('.cell-editor');
    assert((await editor.inputValue()) === '5o000', await editor.inputValue());
    // Enter says why and lets it be corrected there and then.
    await editor.press('Enter');
    await page.getByRole('alert').getByText('Not an amount').waitFor();
    await editor.fill('50000');
    await editor.press('Enter');
    await settles(1, 'amount', '50,000.00');
  });

  await step(
    'a cell that was not saved is still there after another page and a reload',
    async () => {
      one.refusals.add(422);
      await typeInto(0, 'date', '01-01-2099');
      await page.keyboard.press('Enter');
      await fails(0, 'date');
      await typeInto(2, 'amount', '7x');
      await cell(4, 'customer').click();
      await fails(2, 'amount');
      const leaving = [
        [
          'another page and Back',
          async () => {
            await page.getByRole('link', { name: 'Dashboard' }).click();
            await page.getByText('What you typed is kept on this device.').waitFor();
            await page.goBack();
          },
        ],
        ['a reload', () => page.reload()],
        ['the address', () => page.goto(list)],
      ];
      for (const [by, leave] of leaving) {
        await leave();
        await cell(0, 'date').waitFor();
        assert((await cell(0, 'date').textContent()) === '01-01-2099', `the date after ${by}`);
        assert((await cell(2, 'amount').textContent()) === '7x', `the amount after ${by}`);
        assert((await stateOf(0, 'date')) === 'failed', `no corner after ${by}`);
      }
    },
  );

  await step('what stands in an open editor when the page goes is kept at its cell', async () => {
    const leaving = [
      ['a reload', () => page.reload()],
      [
        'another page',
        async () => {
          await page.goForward();
          await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
          await page.goBack();
        },
      ],
    ];
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await page.goBack();
    await cell(4, 'dc_summary').waitFor();
    for (const [by, leave] of leaving) {
      await typeInto(4, 'dc_summary', `half a sen, ${by}`);
      await page.locator('.cell-editor').waitFor();
      await leave();
      await cell(4, 'dc_summary').waitFor();
      await fails(4, 'dc_summary');
      const shown = await cell(4, 'dc_summary').textContent();
      assert(shown === `half a sen, ${by}`, `${shown} after ${by}`);
      await cell(4, 'dc_summary').click();
      await note.getByText('This is not saved yet.').waitFor();
      assert((await read(made[4].id)).dc_summary === null, `it was sent by ${by}`);
      await note.getByRole('button', { name: 'Discard' }).click();
      await note.waitFor({ state: 'detached' });
      // Opened and left as it was: nothing of it is unsaved.
      await cell(5, 'amount').dblclick();
      await page.locator('.cell-editor').waitFor();
      await leave();
      await cell(5, 'amount').waitFor();
      assert((await stateOf(5, 'amount')) === null, `an unchanged cell after ${by}`);
    }
  });

  await step('signing out counts them', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const warning = page.getByRole('alertdialog', { name: 'Sign out with unsaved changes?' });
    await warning.getByText('What you typed into 2 challans is not saved.').waitFor();
    await warning.getByRole('button', { name: 'Cancel' }).click();
    await warning.waitFor({ state: 'detached' });
    for (const [row, field] of [
      [0, 'date'],
      [2, 'amount'],
    ]) {
      await cell(row, field).click();
      await note.getByRole('button', { name: 'Discard' }).click();
      await note.waitFor({ state: 'detached' });
    }
    await page.reload();
    await cell(0, 'date').waitFor();
    assert((await cell(0, 'date').textContent()) === '01-07-2026', 'a discarded date is back');
    one.refusals.clear();
  });

  await step('what only the network refused is sent when the server is back', async () => {
    await live.waitFor();
    await context.setOffline(true);
    await typeInto(0, 'dc_summary', 'written offline');
    await page.keyboard.press('Enter');
    await fails(0, 'dc_summary');
    await note.getByText('The server cannot be reached').waitFor();
    await context.setOffline(false);
    await settles(0, 'dc_summary', 'written offline');
    await note.waitFor({ state: 'detached' });
    assert((await read(made[0].id)).dc_summary === 'written offline', 'it is not stored');
    one.faults.length = 0;
  });

  await step('it is sent after a reload too, and overwrites nobody', async () => {
    await context.setOffline(true);
    await typeInto(0, 'dc_summary', 'mine');
    await page.keyboard.press('Enter');
    await fails(0, 'dc_summary');
    await typeInto(1, 'dc_summary', 'mine too');
    await page.keyboard.press('Enter');
    await fails(1, 'dc_summary');
    await page.goto('about:blank');
    await context.setOffline(false);
    const { version } = await read(made[0].id);
    const theirs = { dc_summary: 'theirs', base_version: version };
    await api(context, 'PATCH', `/api/tracker/data/${made[0].id}/`, theirs);
    one.refusals.add(409);
    await open();
    await settles(1, 'dc_summary', 'mine too');
    await cell(0, 'dc_summary').click();
    await page
      .getByRole('group', { name: 'Conflict in Description' })
      .getByText('set ‘theirs’')
      .waitFor();
    assert((await read(made[0].id)).dc_summary === 'theirs', 'it was overwritten');
    await note.getByRole('button', { name: 'Take theirs' }).click();
    await settles(0, 'dc_summary', 'theirs');
    one.faults.length = 0;
    one.refusals.clear();
  });

  await step('a note lies over no cell that was not saved', async () => {
    for (const row of [0, 1, 2, 3, 4]) {
      await typeInto(row, 'amount', `${row}x`);
      await cell(5, 'customer').click();
      await fails(row, 'amount');
    }
    for (const row of [4, 2, 0, 3, 1]) {
      // A click arrives only where nothing lies over the cell.
      await cell(row, 'amount').click();
      await note.getByText('Not an amount').waitFor();
    }
    await look(one, 'notes of several cells');
    for (const row of [4, 2, 0, 3, 1]) {
      await cell(row, 'amount').click();
      await note.getByRole('button', { name: 'Discard' }).click();
    }
    await note.waitFor({ state: 'detached' });
  });

  await step('what is unsaved in rows of other lists is found by its count', async () => {
    await typeInto(1, 'amount', '8x');
    await cell(5, 'customer').click();
    await fails(1, 'amount');
    await page.goto(`${SITE}/start/challans?q=${encodeURIComponent(`"Nobody ${stamp}"`)}`);
    await page.getByRole('button', { name: '1 cell not saved' }).click();
    const dialog = page.getByRole('dialog', { name: 'Not saved' });
    await dialog.getByText('A challan that is not in this list, Amount').waitFor();
    await dialog.getByText('8x').waitFor();
    await look(one, 'unsaved cells');
    await dialog.getByRole('button', { name: 'Open the challan' }).click();
    await page.getByRole('dialog', { name: made[1].challan_number }).waitFor();
    await page.getByRole('button', { name: '1 cell not saved' }).click();
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await dialog.waitFor({ state: 'detached' });
    await open();
    assert((await stateOf(1, 'amount')) === null, 'it is back');
  });

  await step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
