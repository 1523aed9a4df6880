/**
 * A person sets up one-time codes in the profile, signs in with one, and with a recovery code; every
 * state of it is looked at, light and on a dark phone. Its settings are those of `browser.mjs`.
 */
import { createHmac } from 'node:crypto';
import { ADMIN, api, assert, launch, person, SITE, Steps, signIn, stamp } from './browser.mjs';
import { look } from './look.mjs';

const steps = new Steps();
const step = (name, run) => steps.step(name, run);
const browser = await launch();

/** The code that an authenticator app shows for a secret (RFC 6238), `later` half minutes from now. */
function codeOf(secret, later = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const LOOKS = [
  { name: 'wide light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { name: 'phone dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];

/** Fills in name and password; a code is asked for next. */
async function begin(page, who) {
  await page.goto(`${SITE}/login`);
  await page.getByLabel('E-mail or user name').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Code', { exact: true }).waitFor();
}

async function signOut(page) {
  await page.getByRole('button', { name: /^(Account|Me)/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/login**');
}

async function run(admin, looking, number) {
  const who = { email: `kiran-${number}-${stamp}@4syz.com`, password: `teak drawer ${stamp}` };
  const one = await person(browser, looking);
  const { page, refusals } = one;
  let secret = '';
  let recovery = '';
  await step(`codes are set up in the profile, ${looking.name}`, async () => {
    await api(admin.context, 'POST', '/api/users/', { ...who, role: 'user' });
    await signIn(page, who);
    await page.goto(`${SITE}/start/profile`);
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByLabel('Your password').fill(who.password);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    secret = await page.getByText(/^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/).textContent();
    await look(one, `second step set up ${looking.name}`);
    await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, -1));
    await page.getByRole('button', { name: 'Confirm' }).click();
    const shown = page.getByRole('region', { name: 'Your recovery codes' });
    recovery = (await shown.locator('output > span > span').first().textContent()).trim();
    await look(one, `recovery codes ${looking.name}`);
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('10 recovery codes left').waitFor();
    await look(one, `second step on ${looking.name}`);
  });
  await step(`a sign-in asks for a code and takes the right one, ${looking.name}`, async () => {
    await signOut(page);
    await begin(page, who);
    await look(one, `second step of a sign-in ${looking.name}`);
    refusals.add(401);
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
    await look(one, `second step refused ${looking.name}`);
    refusals.clear();
    await page.getByLabel('Code', { exact: true }).fill(codeOf(secret));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/start/dashboard');
  });
  await step(`a recovery code lets in once, ${looking.name}`, async () => {
    await signOut(page);
    await begin(page, who);
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill(recovery);
    await look(one, `recovery code ${looking.name}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/start/dashboard');
    await page.goto(`${SITE}/start/profile`);
    await page.getByText('9 recovery codes left').waitFor();
    assert(one.faults.length === 0, one.faults.join('\n'));
  });
  await one.context.close();
}

try {
  const admin = await person(browser);
  await signIn(admin.page, ADMIN);
  for (const [number, looking] of LOOKS.entries()) await run(admin, looking, number);
} finally {
  await browser.close();
}
steps.end();
