import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchRange } from '../api/challans';
import type { Challan } from '../api/types';
import { written } from '../finding/terms';
import type { Place } from '../grid/columns';
import { rowsOf } from '../grid/rows';
import { formatDate } from '../lib/dates';
import type { Draft } from './fields';

/** Pause after the last key before the invoice is asked for, ms. */
const PAUSE = 200;
/** Challans looked at: those of other invoices may contain the number, too. */
const LOOKED_AT = 50;

/** The number that has no date yet; null where none is to be proposed. */
export function undated(draft: Draft, record: Challan | null): string | null {
  const dated = draft.invoice_date ?? record?.invoice_date;
  return (!dated && draft.invoice_number?.trim()) || null;
}

/** The date that an invoice has on other challans, of the latest year; null where none has it. */
const dateOf = (number: string) =>
  queryOptions({
    queryKey: ['invoice date', number],
    queryFn: async ({ signal }) => {
      const range = await fetchRange(
        {
          q: `invoice:${written(number)}`,
          sort: '-date',
          limit: LOOKED_AT,
          columns: ['invoice_number', 'invoice_date'],
        },
        signal,
      );
      const folded = number.toLowerCase();
      const dates = rowsOf(range)
        .filter((row) => row.invoice_number?.toLowerCase() === folded)
        .flatMap((row) => row.invoice_date ?? []);
      return dates.sort().at(-1) ?? null;
    },
    staleTime: 30_000,
    retry: false,
  });

/**
 * The date proposed beside a new invoice number: the one that invoice has already, else today. It is
 * shown before it is sent, and gives way to one that is typed.
 */
export function useInvoiceDate(draft: Draft, record: Challan | null, place: Place) {
  const queries = useQueryClient();
  const [isByHand, setByHand] = useState(false);
  const number = isByHand ? null : undated(draft, record);
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(number), PAUSE);
    return () => clearTimeout(timer);
  }, [number]);
  const known = useQuery({ ...dateOf(asked ?? ''), enabled: asked !== null });
  const date = (number === asked && known.data) || place.today;
  return {
    /** As it is shown; undefined where nothing is proposed. */
    shown: number === null ? undefined : formatDate(date, place.timeZone),
    /** The draft with the date that goes along. */
    completed: async (): Promise<Draft> => {
      if (number === null) return draft;
      const found = await queries.ensureQueryData(dateOf(number)).catch(() => null);
      return { ...draft, invoice_date: found ?? place.today };
    },
    setByHand,
  };
}
