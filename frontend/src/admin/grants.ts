/**
 * Grants as people think of them: a few sets of permissions, each with one limit (which challans,
 * which columns not, until when), and the sentence that says so.
 */
import type { Grant, Scope } from '../api/people';
import { formatDate } from '../lib/dates';

interface Permission {
  name: string;
  /** What it lets a person do, after "may". */
  verb: string;
}

interface PermissionGroup {
  title: string;
  /** What the verbs are about. */
  noun: string;
  permissions: Permission[];
}

const may = (name: string, verb: string): Permission => ({ name, verb });

/** Every permission there is, in the order they are shown. */
export const PERMISSION_GROUPS: PermissionGroup[] = [
  {
    title: 'Challans',
    noun: 'challans',
    permissions: [
      may('challan:read', 'see'),
      may('challan:create', 'add'),
      may('challan:update', 'change'),
      may('challan:delete', 'delete'),
      may('challan:bulk', 'change in bulk'),
      may('challan:import', 'import'),
      may('challan:export', 'export'),
    ],
  },
  {
    title: 'Files',
    noun: 'files',
    permissions: [may('file:read', 'open'), may('file:upload', 'upload')],
  },
  {
    title: 'Administration',
    noun: '',
    permissions: [
      may('customer:manage', 'edit and merge customers'),
      may('user:manage', 'manage users and what they may do'),
      may('key:manage', 'manage API keys'),
      may('audit:read', 'read who did what'),
    ],
  },
];

/** Permissions with one limit. */
export interface Block {
  /** For the page only: keeps a block's fields together while others come and go. */
  key: number;
  permissions: string[];
  scope: Scope;
  hidden: string[];
  /** The last day, YYYY-MM-DD, or null for no end. */
  until: string | null;
  /** The instant that was stored for that day: kept as it was while the day stays. */
  instant: string | null;
}

const isOfRows = (permission: string) => /^(challan|file):/.test(permission);
const isOfColumns = (permission: string) => permission.startsWith('challan:');

let keys = 0;
export const newBlock = (): Block => {
  keys += 1;
  return { key: keys, permissions: [], scope: null, hidden: [], until: null, instant: null };
};

/** Milliseconds of a day. */
const DAY = 86_400_000;

/** How far the clocks of a place are ahead of UTC at an instant, ms. */
function ahead(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    of('year'),
    of('month') - 1,
    of('day'),
    of('hour'),
    of('minute'),
    of('second'),
  );
  return local - Math.floor(at / 1000) * 1000;
}

/** The instant at which a civil day ends in a time zone. */
export function endOfDay(day: string, timeZone: string): string {
  const midnight = Date.parse(`${day}T00:00:00Z`) + DAY;
  return new Date(midnight - ahead(midnight - ahead(midnight, timeZone), timeZone)).toISOString();
}

/** The last civil day that lies wholly before an instant, or the instant's own day. */
function lastDay(instant: string, timeZone: string): string {
  const just = new Date(Date.parse(instant) - 1).toISOString();
  const [day, month, year] = formatDate(just, timeZone).split('-');
  return `${year}-${month}-${day}`;
}

/** Gathers grants that have the same limits. */
export function blocksOf(grants: Grant[], timeZone: string): Block[] {
  const blocks: Block[] = [];
  const ordered = [...grants].sort((a, b) => rank(a.permission) - rank(b.permission));
  for (const grant of ordered) {
    const instant = grant.expires_at;
    const fits = (block: Block) =>
      block.instant === instant &&
      (!isOfRows(grant.permission) || same(block.scope, grant.scope)) &&
      (!isOfColumns(grant.permission) ||
        same([...block.hidden].sort(), [...grant.hidden_columns].sort())) &&
      !block.permissions.includes(grant.permission);
    const block = blocks.find(fits);
    if (block) block.permissions.push(grant.permission);
    else {
      const { scope, hidden_columns: hidden } = grant;
      const until = instant && lastDay(instant, timeZone);
      const permissions = [grant.permission];
      blocks.push({ ...newBlock(), permissions, scope, hidden, until, instant });
    }
  }
  return blocks;
}

const ORDER = PERMISSION_GROUPS.flatMap((group) => group.permissions.map(({ name }) => name));
const rank = (permission: string) => ORDER.indexOf(permission);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function expiryOf({ until, instant }: Block, timeZone: string): string | null {
  if (!until) return null;
  return instant && lastDay(instant, timeZone) === until ? instant : endOfDay(until, timeZone);
}

/** The grants that blocks stand for. */
export function grantsOf(blocks: Block[], timeZone: string): Grant[] {
  return blocks.flatMap((block) =>
    block.permissions.map((permission) => ({
      permission,
      scope: isOfRows(permission) ? block.scope : null,
      hidden_columns: isOfColumns(permission) ? block.hidden : [],
      expires_at: expiryOf(block, timeZone),
    })),
  );
}

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

function rows(scope: Scope, noun: string): string {
  if (noun === '') return '';
  if (scope === null) return noun === 'files' ? ' of any challan they see' : ' of every customer';
  if ('own_deliveries' in scope)
    return noun === 'files' ? ' of their own deliveries' : ' they deliver themselves';
  const count = scope.customers.length;
  return count === 1 ? ' of one chosen customer' : ` of ${count} chosen customers`;
}

export interface Words {
  /** The name of a column as people know it. */
  labelOf: (column: string) => string;
  timeZone: string;
}

/** One block in plain words, a sentence for each kind of thing. */
export function sentencesOf(block: Block, { labelOf, timeZone }: Words): string[] {
  const until = block.until ? `, until ${formatDate(block.until, timeZone)}` : '';
  return PERMISSION_GROUPS.flatMap(({ noun, permissions }) => {
    const held = permissions.filter(({ name }) => block.permissions.includes(name));
    if (held.length === 0) return [];
    const verbs = listed(held.map(({ verb }) => verb));
    const of = held.every(({ name }) => isOfRows(name)) ? rows(block.scope, noun) : '';
    const hides = held.some(({ name }) => isOfColumns(name)) && block.hidden.length > 0;
    const without = hides ? `, without ${listed(block.hidden.map(labelOf))}` : '';
    const sentence = `May ${verbs}${noun && ` ${noun}`}${of}${without}${until}`;
    // The name of a column may end in a full stop itself: Invoice no.
    return [sentence.endsWith('.') ? sentence : `${sentence}.`];
  });
}

/** What an admin should know of blocks that would not do what they seem to. */
export function doubtsOf(blocks: Block[], executiveName: string | null | undefined): string[] {
  const held = new Set(blocks.flatMap((block) => block.permissions));
  const doubts: string[] = [];
  if ([...held].some((name) => isOfRows(name)) && !held.has('challan:read')) {
    doubts.push('Without the right to see challans the other rights over them reach nothing.');
  }
  const isOwn = (block: Block) => block.scope !== null && 'own_deliveries' in block.scope;
  if (blocks.some(isOwn) && !executiveName) {
    doubts.push(
      'This person has no executive name yet, so no challan counts as their own delivery.',
    );
  }
  return doubts;
}
