/**
 * What is not written, and that it says so beforehand: challans that are void or in the trash, lines of a
 * paste that are refused, and an undo that is asked for while a change only waits. Its settings are those
 * of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const customer = `Kavya ${stamp}`;
const list = (more = '') =>
  `${SITE}/start/challans?sort=challan_number&q=${encodeURIComponent(`customer:"${customer}"${more}`)}`;

const browser = await launch();

try {
  const one = await person(browser);
  const { page, context } = one;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page);
  const made = [];
  for (let i = 0; i < 5; i++) {
    const fields = {
      customer,
      date: '2026-07-01',
      dc_summary: `item ${i}`,
      amount: `${100 + i}.00`,
    };
    made.push(await api(context, 'POST', '/api/tracker/data/', fields));
  }
  const any = { 'If-Match': '*' };
  const at = (i) => `/api/tracker/data/${made[i].id}/`;
  await api(context, 'POST', `${at(3)}void/`, { reason: 'twice' }, any);
  const draft = { customer, date: '2026-07-01', dc_summary: 'thrown away', draft: true };
  const trashed = await api(context, 'POST', '/api/tracker/data/', draft);
  await api(context, 'DELETE', `/api/tracker/data/${trashed.id}/`, undefined, any);
  const cell = (row, field) =>
    page.locator(`[role=row][data-id][aria-rowindex="${row + 2}"] [data-field=${field}]`);
  const open = async (more) => {
    await page.goto(list(more));
    await cell(0, 'amount').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  };
  const said = (text) =>
    page.locator('[data-base-ui-toast-root], .toasts > *').filter({ hasText: text });
  const paste = async (text) => {
    await page.evaluate((put) => navigator.clipboard.writeText(put), text);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+v');
  };
  const drag = async (from, to) => {
    const [a, b] = [await from.boundingBox(), await to.boundingBox()];
    await page.mouse.move(a.x + 20, a.y + 10);
    await page.mouse.down();
    await page.mouse.move(b.x + 20, b.y + 10, { steps: 5 });
    await page.mouse.up();
  };

  const locked = [
    ['void', '', 3, 'A void challan is not changed.'],
    ['in the trash', ' deleted:any', 0, 'This challan is in the trash; restore it first.'],
  ];
  for (const [what, more, row, reason] of locked) {
    await step(`a challan that is ${what} is read only in the grid, and says why`, async () => {
      await open(more);
      await cell(row, 'dc_summary').click();
      await page.locator('.cell-lock').waitFor();
      assert((await cell(row, 'dc_summary').getAttribute('aria-readonly')) === 'true', 'not told');
      const before = await cell(row, 'dc_summary').textContent();
      for (const begin of [
        () => page.keyboard.type('new text'),
        () => page.keyboard.press('F2'),
        () => cell(row, 'dc_summary').dblclick(),
        () => page.keyboard.press('Delete'),
      ]) {
        await begin();
        await said(reason).first().waitFor();
        assert((await page.locator('.cell-editor').count()) === 0, 'an editor is open');
      }
      assert((await said(reason).count()) === 1, 'it is said more than once');
      assert((await cell(row, 'dc_summary').textContent()) === before, 'the text changed');
      await look(one, `cell of a challan that is ${what}`);
      await page.keyboard.press('Space');
      const drawer = page.locator('.drawer[role=dialog]');
      const field = drawer.getByLabel('Remarks');
      await field.waitFor();
      assert(await field.isDisabled(), 'the drawer lets it be typed');
      const looks = await field.evaluate((input) => {
        const { backgroundColor, borderTopColor } = getComputedStyle(input);
        return `${backgroundColor} ${borderTopColor}`;
      });
      const sunken = await page.evaluate(() => {
        const probe = document.createElement('i');
        probe.style.background = 'var(--sunken)';
        document.body.append(probe);
        const { backgroundColor } = getComputedStyle(probe);
        probe.remove();
        return backgroundColor;
      });
      assert(looks === `${sunken} rgba(0, 0, 0, 0)`, looks);
      await look(one, `drawer of a challan that is ${what}`);
    });
  }

  await step('a cell that is written has no lock', async () => {
    await open();
    await cell(0, 'dc_summary').click();
    assert((await page.locator('.cell-lock').count()) === 0, 'it has');
  });

  const panel = (title) => page.getByRole('dialog', { name: title, exact: true });
  await step('clearing passes a void challan over, and says so before', async () => {
    await drag(cell(2, 'dc_summary'), cell(3, 'dc_summary'));
    await page.keyboard.press('Delete');
    const asked = panel('Clear cells');
    await asked.getByText('1 row changes, 1 row refused.').waitFor();
    await asked.getByText('A void challan is not changed.').waitFor();
    await page.keyboard.press('Escape');
    await asked.waitFor({ state: 'detached' });
  });

  await step('undo while a change only waits lets that go, and touches nothing older', async () => {
    await cell(0, 'dc_summary').click();
    await page.keyboard.type('older');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('[data-state]'));
    for (const key of ['Control+z', 'Control+y']) {
      await drag(cell(2, 'dc_summary'), cell(3, 'dc_summary'));
      await page.keyboard.press('Delete');
      await panel('Clear cells').waitFor();
      await page.keyboard.press(key);
      await panel('Clear cells').waitFor({ state: 'detached' });
      await page.waitForTimeout(300);
      assert((await cell(0, 'dc_summary').textContent()) === 'older', `${key} went further back`);
      assert((await cell(2, 'dc_summary').textContent()) === 'item 2', `${key} left it cleared`);
    }
    await page.keyboard.press('Control+z');
    await said('Undone: the change of Description.').waitFor();
    assert((await cell(0, 'dc_summary').textContent()) === 'item 0', 'it is not undone');
  });

  await step('refused lines of a paste are named as they were pasted, each once', async () => {
    await cell(1, 'date').click();
    await paste(
      `5/7\t${customer}\tone\t5\r\nsoon\t${customer}\ttwo\tmuch\r\n7/7\t${customer}\tv\t1`,
    );
    const asked = panel('Paste');
    const entries = asked.getByRole('list', { name: 'Refused' }).getByRole('listitem');
    await entries.first().waitFor();
    const told = await entries.allTextContents();
    assert(told.length === 2, told.join('\n'));
    assert(told[0].startsWith(`Line 2, ${made[2].challan_number}Date: “soon”`), told[0]);
    assert(told[0].includes('Amount (₹): “much”'), told[0]);
    assert(told[1].startsWith(`Line 3, ${made[3].challan_number}A void challan`), told[1]);
    await look(one, 'refused lines');
    await page.keyboard.press('Escape');
  });

  await step('nothing was said on the console', async () => {
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
