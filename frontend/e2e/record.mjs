/**
 * One record in its drawer: what is typed and not saved stays on the device, an issued number is
 * voided with a reason, a value of the history is put back, and one goes from record to record by
 * keys. Its settings are those of `browser.mjs`.
 */
import { ADMIN, api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const customer = `Lakshmi ${stamp}`;
const q = encodeURIComponent(`customer:"${customer}"`);
const list = `${SITE}/start/challans?q=${q}&sort=challan_number`;
const clerk = { email: `clerk-${stamp}@4syz.com`, password: `velvet harbour ${stamp}` };

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await signIn(page);
  const make = (fields) =>
    api(context, 'POST', '/api/tracker/data/', { customer, date: '2026-07-01', ...fields });
  const read = (id) => api(context, 'GET', `/api/tracker/data/${id}/`);
  const write = async (id, changes) =>
    api(context, 'PATCH', `/api/tracker/data/${id}/`, {
      ...changes,
      base_version: (await read(id)).version,
    });
  const drawer = page.locator('.drawer[role=dialog]');
  const remarks = drawer.getByLabel('Remarks');
  const gone = () => drawer.waitFor({ state: 'detached' });
  const row = (id) => page.locator(`[role=row][data-id="${id}"]`);
  /** Opens a row of the list as a person does who has the keyboard. */
  const open = async ({ id }) => {
    await row(id).locator('[data-field=customer]').click();
    await page.keyboard.press('Space');
    await drawer.getByRole('tab', { name: 'Details' }).waitFor();
  };
  const made = [];
  for (const dc_summary of ['first', 'second', 'third']) made.push(await make({ dc_summary }));
  const [first, second, third] = made;

  const leaving = [
    ['Escape', () => page.keyboard.press('Escape')],
    ['the cross', () => drawer.getByRole('button', { name: 'Close', exact: true }).click()],
    ['another row', () => open(second)],
    ['Back', () => page.goBack()],
    ['another page', () => page.getByRole('link', { name: 'Dashboard' }).click()],
    ['a reload', () => page.reload()],
  ];
  for (const [by, leave] of leaving) {
    await step(`what was typed is still there after ${by}`, async () => {
      const text = `typed before ${by} ${stamp}`;
      await page.goto(list);
      await open(first);
      await remarks.fill(text);
      await leave();
      await page.goto(list);
      await open(first);
      assert((await remarks.inputValue()) === text, `it says ${await remarks.inputValue()}`);
      await drawer.getByText(/^You left this unsaved at .*: Remarks\./).waitFor();
      assert((await read(first.id)).remarks === null, 'it was saved unasked');
    });
  }
  await step('leaving says that it is kept', async () => {
    await look(one, 'unsaved changes given back');
    await page.keyboard.press('Escape');
    await page.getByText('Not saved. What you typed is kept on this device.').waitFor();
  });
  await step('signing out says that something is unsaved', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const warning = page.getByRole('alertdialog', { name: 'Sign out with unsaved changes?' });
    await warning.getByText('What you typed into 1 challan is not saved.').waitFor();
    await look(one, 'signing out with unsaved changes');
    await warning.getByRole('button', { name: 'Cancel' }).click();
    await warning.waitFor({ state: 'detached' });
  });
  await step('discarding forgets it and shows what is stored', async () => {
    await page.goto(list);
    await open(first);
    await drawer.getByRole('button', { name: 'Discard' }).click();
    assert((await remarks.inputValue()) === '', `it says ${await remarks.inputValue()}`);
    await page.goto(list);
    await open(first);
    assert((await remarks.inputValue()) === '', `it is back: ${await remarks.inputValue()}`);
    assert((await drawer.getByText(/^You left this unsaved/).count()) === 0, 'it says unsaved');
  });
  await step(
    'what others changed since conflicts field by field, also after a reload',
    async () => {
      one.refusals.add(409);
      await remarks.fill(`mine ${stamp}`);
      await drawer.getByLabel('Received by').fill('Gate office');
      await page.goto(`${SITE}/start/dashboard`);
      await write(first.id, { remarks: `theirs ${stamp}`, dc_summary: 'first, changed' });
      await page.goto(list);
      await open(first);
      const conflict = drawer.getByRole('group', { name: 'Conflict' });
      await drawer.getByRole('button', { name: 'Save' }).click();
      await conflict.getByText(`theirs ${stamp}`).waitFor();
      // Leaving it undecided decides nothing.
      await page.goto(list);
      await open(first);
      await drawer.getByRole('button', { name: 'Save' }).click();
      await conflict.getByText(`theirs ${stamp}`).waitFor();
      await conflict.getByRole('button', { name: 'Keep mine' }).click();
      // Save cannot be pressed while it saves either, so that alone is no sign of its end.
      const answered = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
      await drawer.getByRole('button', { name: 'Save' }).click();
      await answered;
      await drawer.getByRole('button', { name: 'Save', disabled: true }).waitFor();
      const now = await read(first.id);
      const told = [now.remarks, now.received_by, now.dc_summary].join();
      assert(told === `mine ${stamp},Gate office,first, changed`, told);
      await page.goto(list);
      await open(first);
      assert((await drawer.getByText(/^You left this unsaved/).count()) === 0, 'it says unsaved');
      one.refusals.clear();
    },
  );
  await step('a new challan is kept as well, over a reload', async () => {
    await page.goto(`${SITE}/start/challans?record=new`);
    await drawer.getByLabel('Description').fill(`begun ${stamp}`);
    await page.goto(list);
    await row(first.id).waitFor();
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await drawer.getByText(/^You left this unsaved at/).waitFor();
    const text = await drawer.getByLabel('Description').inputValue();
    assert(text === `begun ${stamp}`, text);
  });
  await step('the first field that is refused has the focus', async () => {
    await drawer.getByLabel('Amount').press('Control+Enter');
    await drawer.getByLabel('Customer').and(page.locator(':focus')).waitFor();
    await drawer.getByRole('button', { name: 'Discard' }).click();
    await gone();
  });
  await step('J and K go from record to record', async () => {
    await page.goto(list);
    await open(first);
    await drawer.getByRole('tab', { name: 'History' }).click();
    await page.keyboard.press('j');
    await page.getByRole('dialog', { name: second.challan_number }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('dialog', { name: third.challan_number }).waitFor();
    await drawer.getByRole('region', { name: 'History' }).waitFor();
    // There is none after the last.
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.getByRole('dialog', { name: second.challan_number }).waitFor();
    await page.locator(`[role=row][data-id="${second.id}"] #active-cell`).waitFor();
    await drawer.getByRole('tab', { name: 'Details' }).click();
    await drawer.getByLabel('Received by').fill('');
    await drawer.getByLabel('Received by').pressSequentially('jk');
    await page.getByRole('dialog', { name: second.challan_number }).waitFor();
    await drawer.getByRole('button', { name: 'Discard' }).click();
    // They are one step of the way back.
    await page.goBack();
    await gone();
  });
  await step('a value of the history is put back, and that can be undone', async () => {
    await write(second.id, { amount: '500.00', delivery_executives: ['Ravi', 'Om'] });
    await write(second.id, { amount: '750.00', remarks: 'twice' });
    await page.goto(list);
    await open(second);
    await drawer.getByRole('tab', { name: 'History' }).click();
    const entries = drawer.getByRole('region', { name: 'History' }).getByRole('listitem');
    const beginning = entries.filter({ hasText: 'made this challan' });
    await beginning.getByText('second').waitFor();
    await beginning.getByText(customer).waitFor();
    await beginning.getByText(/on the site.*127\.0\.0\.1/).waitFor();
    assert((await beginning.getByRole('button').count()) === 0, 'there was nothing before it');
    await look(one, 'history with values to restore');
    await entries.first().getByRole('button', { name: 'Restore Amount (₹): 500.00' }).click();
    await page.getByText('Amount (₹) restored').waitFor();
    await entries.first().getByText('750.00').waitFor();
    assert((await read(second.id)).amount === '500.00', 'the amount is another');
    assert((await read(second.id)).remarks === 'twice', 'more than the amount was put back');
    await page.keyboard.press('Control+z');
    await page.getByText('Undone: restoring Amount (₹).').first().waitFor();
    assert((await read(second.id)).amount === '750.00', 'it was not undone');
  });
  await step('an invoice is put back with its date', async () => {
    const number = `INV-${stamp}`;
    await write(third.id, { invoice_number: number, invoice_date: '2026-07-03' });
    await write(third.id, { invoice_number: null, invoice_date: null });
    await page.goto(list);
    await open(third);
    await drawer.getByRole('tab', { name: 'History' }).click();
    await drawer.getByRole('button', { name: `Restore Invoice no.: ${number}` }).click();
    await page.getByText('Invoice no. restored').waitFor();
    const { invoice_number, invoice_date } = await read(third.id);
    assert(`${invoice_number} ${invoice_date}` === `${number} 2026-07-03`, `${invoice_date}`);
  });
  await step('a value that somebody changed meanwhile shows both', async () => {
    one.refusals.add(409);
    await write(third.id, { remarks: 'one' });
    await write(third.id, { remarks: 'two' });
    await page.goto(list);
    await open(third);
    await drawer.getByRole('tab', { name: 'History' }).click();
    const restore = drawer.getByRole('button', { name: 'Restore Remarks: one' });
    await restore.waitFor();
    // The change of somebody else comes while this one is on its way.
    const address = `**/api/tracker/data/${third.id}/`;
    await page.route(address, async (route) => {
      if (route.request().method() === 'PATCH' && (await read(third.id)).remarks === 'two') {
        await write(third.id, { remarks: 'three' });
      }
      await route.fallback();
    });
    await restore.click();
    const conflict = drawer.getByRole('group', { name: 'Conflict' });
    await conflict.getByText('three').waitFor();
    await look(one, 'conflict in the history');
    await conflict.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByText('Remarks restored').waitFor();
    assert((await read(third.id)).remarks === 'one', 'mine was not kept');
    await page.unroute(address);
    one.refusals.clear();
  });
  await step('a long history is read to its beginning', async () => {
    for (let i = 1; i <= 51; i++) await write(second.id, { amount: `${1000 + i}.00` });
    await page.goto(list);
    await open(second);
    await drawer.getByRole('tab', { name: 'History' }).click();
    const history = drawer.getByRole('region', { name: 'History' });
    await history.getByText('1,051.00', { exact: false }).first().waitFor();
    await history.getByRole('button', { name: 'Show older ones' }).click();
    await history.getByText('made this challan').waitFor();
  });
  await step('an issued challan is voided with a reason', async () => {
    one.refusals.add(422);
    await page.goto(list);
    await open(third);
    const acts = drawer.getByRole('button', { name: /^(Void|Delete|Issue)$/ });
    assert(
      (await acts.allTextContents()).join() === 'Void,Delete',
      `${await acts.allTextContents()}`,
    );
    await acts.first().press('Enter');
    const asked = page.getByRole('dialog', { name: `Void challan ${third.challan_number}?` });
    await asked.getByLabel('Reason').press('Enter');
    await asked.locator('[aria-invalid=true]').waitFor();
    await look(one, 'voiding');
    await asked.getByLabel('Reason').fill('Sent to the wrong gate');
    await asked.getByRole('button', { name: 'Void', exact: true }).press('Enter');
    await asked.waitFor({ state: 'detached' });
    await drawer.locator('[data-stage=void]').waitFor();
    await drawer.getByText('Sent to the wrong gate').first().waitFor();
    assert(await remarks.isDisabled(), 'what is void can be typed into');
    assert((await acts.allTextContents()).join() === 'Delete', `${await acts.allTextContents()}`);
    const now = await read(third.id);
    assert(now.void_reason === 'Sent to the wrong gate', now.void_reason);
    assert(now.challan_number === third.challan_number, 'the number is another');
    await drawer.getByRole('tab', { name: 'History' }).click();
    const history = drawer.getByRole('region', { name: 'History' });
    await history.getByText('Void reason:').waitFor();
    const restores = await history.getByRole('button', { name: /^Restore/ }).count();
    assert(restores === 0, 'what is void is changed by its history');
    await page.getByRole('button', { name: 'Undo' }).click();
    await drawer.locator('[data-stage=void]').waitFor({ state: 'detached' });
    one.refusals.clear();
  });
  await step('a draft is issued, and not voided', async () => {
    const draft = await make({ draft: true });
    await page.goto(list);
    await open(draft);
    const acts = drawer.getByRole('button', { name: /^(Void|Delete|Issue)$/ });
    const told = (await acts.allTextContents()).sort().join();
    assert(told === 'Delete,Issue', told);
    await drawer.getByRole('button', { name: 'Issue' }).click();
    await drawer.getByRole('button', { name: 'Void' }).waitFor();
  });
  await step('who sees no remarks has no heading for them, nor their past', async () => {
    const { id } = await api(context, 'POST', '/api/users/', clerk);
    const grants = ['challan:read', 'challan:update'].map((permission) => ({
      permission,
      scope: null,
      hidden_columns: ['remarks'],
    }));
    await api(context, 'PUT', `/api/users/${id}/grants/`, { grants });
    const two = await person(browser);
    await signIn(two.page, clerk);
    await two.page.goto(`${SITE}/start/challans?record=${second.id}`);
    const theirs = two.page.locator('.drawer[role=dialog]');
    await theirs.getByText('Invoice', { exact: true }).waitFor();
    assert((await theirs.getByText('Notes').count()) === 0, 'an empty heading');
    await theirs.getByRole('tab', { name: 'History' }).click();
    await theirs
      .getByRole('button', { name: /^Restore Amount/ })
      .first()
      .waitFor();
    assert((await theirs.getByText('Remarks').count()) === 0, 'the past of what is hidden');
    assert((await theirs.getByRole('button', { name: 'Delete' }).count()) === 0, 'may not delete');
    assert(two.faults.length === 0, two.faults.join('\n'));
  });
  await step('another person at this device does not see what was typed', async () => {
    one.refusals.add(401);
    await page.goto(list);
    await open(first);
    await remarks.fill(`of ${ADMIN.email}`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const warning = page.getByRole('alertdialog', { name: 'Sign out with unsaved changes?' });
    await warning.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/login**');
    await signIn(page, clerk);
    await page.goto(`${list}&record=${first.id}`);
    await drawer.getByText('Invoice', { exact: true }).waitFor();
    assert((await drawer.getByText(/^You left this unsaved/).count()) === 0, 'it is shown');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/login**');
    await signIn(page);
    await page.goto(list);
    await open(first);
    assert((await remarks.inputValue()) === `of ${ADMIN.email}`, 'it is lost');
  });
  await step('who signs in over an open record does not get what another typed', async () => {
    const receiver = drawer.getByLabel('Received by');
    const stored = await receiver.inputValue();
    await receiver.fill('of somebody else');
    await context.clearCookies();
    await drawer.getByRole('button', { name: 'Save' }).click();
    const ended = page.getByRole('dialog', { name: 'Your session has ended' });
    await ended.getByLabel('E-mail or user name').fill(clerk.email);
    await ended.getByLabel('Password').fill(clerk.password);
    await ended.getByRole('button', { name: 'Sign in' }).click();
    await ended.waitFor({ state: 'detached' });
    await remarks.waitFor({ state: 'detached' });
    assert((await receiver.inputValue()) === stored, await receiver.inputValue());
  });
  await step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
