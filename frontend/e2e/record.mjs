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
      await drawer.getByRole('button', { name: 'Save' }).click();
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
  await step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
