/** Names of customers, executives and other systems, as they are offered while one is typed. */
import { useQuery } from '@tanstack/react-query';
import { fetchFacets } from '../api/challans';
import { fetchCustomers, fetchExecutives } from '../api/customers';
import { byBeginning } from './suggest';

/** Pause after the last key before names are asked for, ms. */
export const NAMES_PAUSE = 120;
/** Names offered at most. */
const NAMES = 6;
/** Fields whose values are names, as the filter calls them. */
const NAMED = new Set(['customer', 'executive', 'source']);

const offered = (found: { name: string }[], begun: string) =>
  byBeginning(
    found.map(({ name }) => name),
    begun,
  ).slice(0, NAMES);

/** Names that the server has for a value of `field` that begins so. */
export async function namesOf(
  field: string,
  begun: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (field === 'customer') {
    const page = await fetchCustomers(begun, null, signal);
    return offered(page.results, begun);
  }
  if (field === 'executive') {
    const page = await fetchExecutives(begun, signal);
    return offered(page.results, begun);
  }
  const facets = await fetchFacets('', 'source', signal);
  const values = facets.source?.map(({ value }) => value) ?? [];
  return values.filter((value) => value.toLowerCase().startsWith(begun.toLowerCase()));
}

/** Names that the server has for a value of `field` that begins so; of other fields, and unless `wanted`, none. */
export function useNames(field: string, begun: string, wanted: boolean): string[] {
  const enabled = wanted && NAMED.has(field);
  const names = useQuery({
    queryKey: ['names', field, begun],
    queryFn: ({ signal }) => namesOf(field, begun, signal),
    enabled,
    staleTime: 30_000,
    retry: false,
    placeholderData: (before) => before,
  });
  return enabled ? (names.data ?? []) : [];
}
