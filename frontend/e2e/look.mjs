/** Whether a page as it stands is one for everybody: axe-core, its width, and what it did wrong. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assert } from './browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { SHOTS } = process.env;

/** Fails with every finding of axe-core on the page as it stands, and with every fault since the last. */
export async function look({ page, faults }, name) {
  await page.evaluate(AXE);
  // What Swagger UI draws at /api/docs/ is not ours to mend.
  const { violations } = await page.evaluate(() =>
    window.axe.run({ exclude: ['.swagger-ui'] }, { preload: false }),
  );
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name.replaceAll(/\W+/g, '-')}.png` });
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const findings = violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}\n  ${node.failureSummary}`),
  );
  if (wide > 0) findings.push(`the page is ${wide} px wider than the window`);
  // What scrolls is inside a page: one that is higher than the window scrolls away as a whole.
  const high = await page.evaluate(() => {
    const { scrollHeight, clientHeight } = document.scrollingElement;
    return scrollHeight - clientHeight;
  });
  const isDocs = new URL(page.url()).pathname.startsWith('/api/docs/');
  if (high > 0 && !isDocs) findings.push(`the page is ${high} px higher than the window`);
  const all = [...findings, ...faults.splice(0)];
  assert(all.length === 0, all.join('\n'));
}
