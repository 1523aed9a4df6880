/** What a key may be for, in words. */
export const KEY_SCOPES = [
  { name: 'ingest:write', label: 'Send challans', hint: 'Another system writes them in bulk' },
  { name: 'challan:read', label: 'Read challans', hint: 'Lists, search and single challans' },
  { name: 'changes:read', label: 'Follow changes', hint: 'The live stream of what changes' },
] as const;

export const scopeLabel = (scope: string): string =>
  KEY_SCOPES.find(({ name }) => name === scope)?.label ?? scope;

/** Reads sources as typed, separated by commas or lines; null for any. */
export function parseSources(text: string): string[] | null {
  const sources = text
    .split(/[,\n]/)
    .map((source) => source.trim())
    .filter(Boolean);
  return sources.length > 0 ? [...new Set(sources)] : null;
}
