/**
 * An admin makes a user, who signs in at another browser; whatever the admin changes of their rights
 * is felt in that window at once. Its settings are those of `browser.mjs`.
 */
import { api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';

const customer = `Meera ${stamp}`;
const asha = { email: `asha-${stamp}@4syz.com`, password: `copper lantern ${stamp}` };
const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const browser = await launch();

let invitation = '';
const drawerOf = (page) => page.getByRole('dialog', { name: 'Asha Rao' });

/** Changes the rights in the drawer that is open, and waits until they are stored. */
async function saveRights(page, change) {
  const drawer = drawerOf(page);
  await change(drawer);
  await drawer.getByRole('button', { name: 'Save rights' }).click();
  await page.getByText('Rights of Asha Rao saved; they hold at once').last().waitFor();
}

try {
  const admin = await person(browser);
  const user = await person(browser);

  await step('an admin makes a user', async () => {
    await signIn(admin.page);
    for (const amount of ['500.00', '700.00']) {
      await api(admin.context, 'POST', '/api/tracker/data/', {
        customer,
        amount,
        date: '2026-07-01',
      });
    }
    await admin.page.getByRole('link', { name: 'Admin' }).click();
    await admin.page.getByRole('button', { name: 'New user' }).click();
    const drawer = admin.page.getByRole('dialog', { name: 'New user' });
    await drawer.getByLabel('E-mail').fill(asha.email);
    await drawer.getByLabel('First name').fill('Asha');
    await drawer.getByLabel('Last name').fill('Rao');
    await drawer.getByRole('button', { name: 'Create user' }).click();
    invitation = await drawerOf(admin.page).getByRole('status').first().textContent();
    assert(invitation.startsWith('http'), `this is no invitation: ${invitation}`);
    await drawerOf(admin.page).getByRole('tab', { name: 'Rights' }).click();
    await drawerOf(admin.page).getByText('May sign in, and nothing else yet.').waitFor();
  });
  await step('the user takes the invitation and sees nothing yet', async () => {
    await user.page.goto(`${SITE}/${invitation.slice(invitation.indexOf('invitation'))}`);
    await user.page.getByLabel('Choose a password').fill('password');
    user.refusals.add(422);
    await user.page.getByRole('button', { name: 'Set password and go on' }).click();
    await user.page.locator('[aria-invalid=true]').waitFor();
    await user.page.getByLabel('Choose a password').fill(asha.password);
    await user.page.getByRole('button', { name: 'Set password and go on' }).click();
    await user.page.waitForURL('**/start/dashboard');
    user.refusals.clear();
    await user.page.getByRole('heading', { name: 'You may not see challans' }).waitFor();
    const admins = await user.page.getByRole('link', { name: 'Admin' }).count();
    assert(admins === 0, 'the navigation shows what this user may not open');
    await user.page.evaluate(() => {
      window.notReloaded = true;
    });
  });
  await step('a right that is given opens the other window by itself', async () => {
    await saveRights(admin.page, (drawer) => drawer.getByLabel('See', { exact: true }).check());
    await user.page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await user.page.getByRole('link', { name: 'Challans' }).first().click();
    await user.page.getByText(customer).first().waitFor();
    await user.page.getByText('Live', { exact: true }).waitFor();
    const news = await user.page.getByRole('button', { name: 'New', exact: true }).count();
    assert(news === 0, 'there is a button for what this user may not do');
  });
  await step('a column that is hidden leaves the other window', async () => {
    await user.page.getByText('700.00').first().waitFor();
    const before = Date.now();
    await saveRights(admin.page, async (drawer) => {
      await drawer.getByText('Hidden columns').click();
      await drawer.getByLabel('Amount').check();
    });
    await user.page.getByRole('columnheader', { name: 'Amount' }).waitFor({ state: 'detached' });
    console.log(`     gone ${Date.now() - before} ms after the first click`);
    await user.page.getByText(customer).first().waitFor();
    assert((await user.page.getByText('700.00').count()) === 0, 'the amount is still there');
  });
  await step('a right to add brings its button', async () => {
    await saveRights(admin.page, (drawer) => drawer.getByLabel('Add', { exact: true }).check());
    await user.page.getByRole('button', { name: 'New', exact: true }).waitFor();
  });
  await step('a right that is taken closes the other window', async () => {
    await saveRights(admin.page, async (drawer) => {
      await drawer.getByLabel('See', { exact: true }).uncheck();
      await drawer.getByLabel('Add', { exact: true }).uncheck();
    });
    user.refusals.add(403);
    await user.page.getByRole('heading', { name: 'You may not see challans' }).waitFor();
    assert((await user.page.getByText(customer).count()) === 0, 'rows are still shown');
    assert(await user.page.evaluate(() => window.notReloaded === true), 'the page was reloaded');
  });
  await step('a disabled user is signed out', async () => {
    user.refusals.add(401);
    await drawerOf(admin.page).getByRole('tab', { name: 'Details' }).click();
    await drawerOf(admin.page).getByRole('button', { name: 'Disable' }).click();
    await user.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  });
  await step('nothing was said on the console', async () => {
    const faults = [...admin.faults, ...user.faults];
    assert(faults.length === 0, faults.join('\n'));
  });
} finally {
  await browser.close();
}
steps.end();
